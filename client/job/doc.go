// Package job takes items of any kind of plan from their decision to rows that have landed:
//
//	plan -> decide -> admit -> create -> wait -> read -> check -> emit -> record
//
// One goroutine walks an export down that way (walk.go), and nothing climbs back: what has to be done again is another item of the plan (plan.go).
// What is due is a pure function of two ledgers, package journal's ([due.Decide]). Money is a budget (package budget): what is bought and not sent is bounded,
// a service that is down stops the buying, and nothing that was paid for is given up for one answer (doubt.go).
//
// It does not know what is exported: no forecast, no quarter, no table. That is a [Kind]'s, which gives the items ([Item]) and works on each ([Work]).
package job
