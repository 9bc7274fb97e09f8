package story

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// A Step is a sync of a world in which something is unlike the sync before.
type Step struct {
	Day    int
	Spec   map[string]any // what changes
	Killed bool           // while it sends entries: half of them arrive, and nothing after them
	Again  bool           // its exports count as landed once more, not as exported
}

// Sent is what arrived of a sync.
type Sent struct {
	Rows   map[string][]world.Row
	Landed bool
}

// Play runs the syncs of a world, and cuts what those sent that were killed.
func Play(t *testing.T, steps []Step) (*Story, []Sent) {
	t.Helper()
	s, all := &Story{}, []Sent(nil)
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{
			People: 6, Span: 2, ChangeEvery: 12 * time.Hour, Leavers: map[int]time.Time{4: Day(3, 0), 5: Day(9, 0)},
			Tabs: []sim.Tab{{ID: "net_arr", Encoding: sim.Arrays, Fields: sim.Fields(3)}},
		}}, map[string]any{"periods": []string{"current"}, "delay_between_exports": "0s", "fiscal_year_start_month": 2})
		for _, st := range steps {
			time.Sleep(time.Until(Day(st.Day, 6)))
			for name, v := range st.Spec {
				if name == "include_historical" || name == "types" {
					w.Spec["forecasts"].([]map[string]any)[0][name] = v
				} else {
					w.Spec[name] = v
				}
			}
			l := w.Collect()
			if l.Err != nil {
				t.Fatal(l.Err)
			}
			one := Sent{l.Rows, !st.Killed}
			if st.Killed {
				l.Stream, one.Rows = cut(l)
			}
			s.Syncs, all = append(s.Syncs, Sync{time.Now(), l.Stream}), append(all, one)
		}
		s.Jobs, s.Today = w.Sim.Ledger().Created(), time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	})
	return s, all
}

// cut is what a destination has of a sync that was killed when half of the entries were written. That tables are there came before.
func cut(l *world.Sent) (stream []message.SyncMessage, rows map[string][]world.Row) {
	rows, done := map[string][]world.Row{}, false
	for _, m := range l.Stream {
		insert, ok := m.(*message.SyncInsert)
		if !ok {
			stream = append(stream, m)
			continue
		}
		name, _ := insert.Record.Schema().Metadata().GetValue("cq:table_name")
		n := insert.Record.NumRows()
		if name == "clari_forecast_entries" && !done {
			n /= 2
		}
		if !done {
			stream = append(stream, &message.SyncInsert{Record: insert.Record.NewSlice(0, n)})
			before := len(rows[name])
			rows[name] = append(rows[name], l.Rows[name][before:before+int(n)]...)
		}
		done = done || name == "clari_forecast_entries"
	}
	return stream, rows
}

// ThreeExports are of all weeks of one tab, each kept whole. Two of six people leave between them.
func ThreeExports(t *testing.T, spec map[string]any) *Story {
	t.Helper()
	s, _ := Play(t, []Step{{Day: 1}, {Day: 5, Spec: spec}, {Day: 12}})
	return s
}
