// Package export runs Clari export jobs: it plans which forecast tab and fiscal quarter to export, and takes each export from its
// request to a verified, spooled result:
//
//	plan -> admit -> create -> wait -> download -> (check, decode, emit) -> record
//
// What is in brackets belongs to a [Lander], which knows tables and destinations; this package knows neither. With a state
// backend ([Store]) a journal makes each step survive a crash, so that a paid export is never asked for twice.
package export
