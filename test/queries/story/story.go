// Package story tells stories, which are some syncs of one tenant, and lands them in databases: SQLite, PostgreSQL and DuckDB. It reads rows there as
// text that is the same in all of them, and says where two lists of rows differ. It does not know which rows there ought to be.
package story

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// A Story is some syncs of one tenant, and what the stand-in exported meanwhile.
type Story struct {
	Syncs []Sync
	Jobs  []sim.Job // in the order in which they were created
	Today time.Time // the day after the last sync

	KeepsDays bool     // a row of a day is replaced by rows of that day alone
	AsTables  bool     // views are made as tables: nothing changes any more, and many questions are asked
	Edits     []string // statements that change what has landed, before the views are made
}

// Sync is what a sync sent.
type Sync struct {
	At     time.Time
	Stream []message.SyncMessage
}

// Day is a time of the bubble, which begins with the year 2000, on a Saturday.
func Day(n int, hour int) time.Time { return time.Date(2000, 1, 1+n, hour, 0, 0, 0, time.UTC) }

// Tell syncs at the given times.
func Tell(t *testing.T, cfg sim.Config, spec map[string]any, state bool, times ...time.Time) *Story {
	t.Helper()
	s := &Story{}
	synctest.Test(t, func(t *testing.T) {
		spec["delay_between_exports"] = "0s"
		w := world.New(t, cfg, spec)
		if state {
			w.State = map[string]string{}
		}
		for _, at := range times {
			time.Sleep(time.Until(at))
			landed := w.Collect()
			if landed.Err != nil {
				t.Fatal(landed.Err)
			}
			s.Syncs = append(s.Syncs, Sync{at, landed.Stream})
		}
		s.Jobs = w.Sim.Ledger().Created()
		s.Today = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	})
	s.KeepsDays = spec["history"] == true
	return s
}

// Writes are the messages that a destination gets of all syncs.
func (s *Story) Writes(writeMode string) (all []message.WriteMessage) {
	for _, sync := range s.Syncs {
		ofSchema, ofRecord := runner.Transform(writeMode, "clari", sync.At)
		for _, m := range sync.Stream {
			switch m := m.(type) {
			case *message.SyncMigrateTable:
				table, err := schema.NewTableFromArrowSchema(ofSchema(m.Table.ToArrowSchema()))
				if err != nil {
					panic(err) // the CLI does the same
				}
				all = append(all, &message.WriteMigrateTable{Table: table})
			case *message.SyncInsert:
				all = append(all, &message.WriteInsert{Record: ofRecord(m.Record)})
			}
		}
	}
	return all
}

// Remembered tells a story once.
func Remembered(tell func(*testing.T) *Story) func(*testing.T) *Story {
	var once sync.Once
	var s *Story
	return func(t *testing.T) *Story {
		t.Helper()
		once.Do(func() { s = tell(t) })
		if s == nil || len(s.Syncs) == 0 {
			t.Fatal("the story was not told")
		}
		return s
	}
}
