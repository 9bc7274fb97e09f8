// Package spending reckons which exports have to be bought, from the table in section 3.2 of the design and the budget in 3.3. It is
// written from the design alone, is independent of the engine, and knows nothing of Clari's HTTP, of tables and of rows.
//
// A History is told of one sync after the other, as plain data: when it ran, what it wanted, which jobs it bought and what became of
// each, and what it landed. It answers with the jobs that did not have to be bought, and why. Tell it when all is over: a job's
// fate counts, also where the sync could not know it yet.
//
//	for _, sync := range syncs {
//		for _, e := range h.Add(sync) {
//			t.Error(e) // "net_arr current: job 7 bought at ...: row 6: landed 12m0s ago by a sync that has not ended well"
//		}
//	}
//
// The example shows such a sync whole.
//
// The answer is a bound: what is due at the beginning or at the end of a sync may be bought. A job that Clari failed or lost, and a
// creation whose end could not be told, may be bought again. What costs nothing (adopting, landing again, keeping) is not checked here, and
// so the rows of the table that say which of these happens are told apart only by their reasons.
package spending
