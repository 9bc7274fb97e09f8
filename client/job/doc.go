// Package job takes Clari export jobs of any kind from their request to rows that have landed:
//
//	plan -> admit -> create -> wait -> read -> check -> emit -> record
//
// A file each, in that order: run.go, admit.go, create.go, wait.go, read.go, land.go, record.go. It knows what all jobs share: one
// quota, one queue, one gap between creations, jobs that are lost and found again, results that are not there yet, a barrier, and a
// journal in a state backend that makes each step survive a crash, so that a paid export is never asked for twice.
//
// It does not know what is exported: no forecast, no quarter, no table. That is a [Kind]'s, which gives the exports ([Subject]) and
// reads their results ([Result]).
package job
