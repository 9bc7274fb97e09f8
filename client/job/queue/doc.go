// Package queue lets export jobs through: how many at a time, how far apart, as far as the account's limits go; and it says when a job is worth a poll.
// It knows jobs only as tokens, and neither what they export nor what becomes of them.
package queue
