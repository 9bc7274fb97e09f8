// Package journal is what one sync leaves for the next in a state backend. One goroutine writes it ([Journal]), and it holds two ledgers:
//
//   - what was paid for, by request ([Paid]): the job that has not landed yet, creations whose end is not known, and what failed;
//   - what is there, by place in the destination ([Place]): what landed last, when, and how much of it.
//
// Several requests may fill one place: the same quarter with other types, say. So what is due follows from both.
//
// A record is one JSON object of two members, {"job": ..., "kind": ...}: the first is this package's, the second is the kind's that asked.
// Nobody reads the other's. A backend cannot delete: records are overwritten, and each value stays under 1 KiB.
//
// This package knows no Clari, no forecast and no quarter.
package journal
