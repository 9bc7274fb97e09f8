// Package sim stands in for the Clari API in tests, benchmarks and the demo: forecast exports, their jobs and results, limits,
// and everything that is known to go wrong with them.
//
// A Server is made from a Config: a Tenant of any size, made up from a seed, the time that jobs take, limits, and faults. It
// reads the clock with time.Now, so inside a testing/synctest bubble a job of half an hour, or a year of daily syncs, takes no
// time; which quarter is current follows from the tenant's fiscal calendar. Nothing runs in the background and nothing of a
// tenant is held in memory, so a server costs next to nothing, and a result may be larger than memory.
//
//	synctest.Test(t, func(t *testing.T) {
//		s := sim.New(sim.Config{Run: sim.Fixed(time.Minute)})
//		defer s.Close()
//		s.Add(sim.Fault{Op: sim.Status, From: 2, Do: sim.Throttled().RetryAfter(30 * time.Second)})
//		client := newClient(s.MemoryURL(), s.Key(), s.Transport())
//		... // let it export something
//		job, _ := s.Job(1)
//		for entry := range job.Export.Entries() {
//			... // must have landed
//		}
//		if early := s.Ledger().TooEarly(); len(early) > 0 {
//			t.Errorf("sent before Retry-After ran out: %v", early)
//		}
//	})
//
// Outside a bubble Start listens on a loopback socket.
//
// What a test may want to know afterwards is in three places: Ledger has every request and every job, and checks what must hold
// for all of them; an Export, found in its Job or made by hand, yields the rows that each table must hold; and Kinds lists
// the faults, for tests that go through all of them.
//
// This package only names what is in rooms of their own, so that a test imports one: tenant is who there is, result what an export of it
// holds, around what it has beside forecasts, ledger what was asked and made; server answers, and fault is what goes wrong.
//
// The sim shares no code with the client it is there to test, lest both be wrong in the same way.
package sim
