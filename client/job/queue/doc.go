// Package queue lets export jobs through: how many at a time, how far apart, as far as the account's limits go. It says when a job is worth a poll, from how
// long others ran, and in how long all will be done. It knows jobs only as tokens, and neither what they export nor what becomes of them.
package queue
