package lifecycle

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestBadResults fail the export by name and with advice, and the same bad result is not fetched again by the next sync.
func TestBadResults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		do   sim.Effect
		says string
	}{
		{"wrong quarter", sim.WrongQuarter(-1), "1998_Q4"},
		{"rows truncated", sim.RowsTruncated(), "scope_id"},
		{"cells truncated", sim.CellsTruncated(), "scope_id"},
		{"an entry twice", sim.RepeatEntry(), "twice"},
		{"an entry without a person", sim.MissingID(), "user"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q1", Do: test.do})
				err := w.Sync()
				if text := fmt.Sprint(err); !strings.Contains(text, "period 1999_Q1") || !strings.Contains(text, test.says) || strings.Contains(text, "period 1999_Q2") {
					t.Errorf("error %v", err)
				}
				if n := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["requested_period"] == "1999_Q1" })); n != 0 {
					t.Errorf("%d rows of a bad result", n)
				}
				if n := w.Landed(); n != 1 {
					t.Errorf("%d exports landed", n)
				}
				time.Sleep(24 * time.Hour) // it is not tried again before
				w.MustSync()
				w.Landed()
				w.Spent(3)
				if n := len(w.Exports("adopted")); n != 0 {
					t.Error("a bad result was adopted")
				}
			})
		})
	}
}

// TestOnEmpty goes through the cases of on_empty.
func TestOnEmpty(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		onEmpty string
		backend bool
		period  string
		before  bool // it had rows before
		fails   bool
	}{
		{"fail", true, "1999_Q1", false, true},
		{"fail", false, "1999_Q1", false, true},
		{"warn", true, "current", true, false},
		{"warn", false, "1999_Q1", false, false},
		{"auto", true, "1999_Q1", false, false},
		{"auto", true, "1999_Q1", true, true},
		{"auto", true, "current", false, true},
		{"auto", true, "2000_Q4", false, true}, // the current one by name
		{"auto", true, "next", false, false},
		{"auto", false, "1999_Q1", false, true},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"on_empty": test.onEmpty, "periods": []string{test.period}, "fiscal_year_start_month": 2})
				if test.backend {
					w.WithState()
				}
				if test.before {
					w.MustSync()
					w.Spec["refresh"] = []string{test.period}
				}
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Empty()})
				err := w.Sync(world.ExportsOnly())
				if test.fails != (err != nil) {
					t.Errorf("error %v", err)
				}
				if n := w.Logs.Count("warn", "no entries"); n != map[bool]int{true: 0, false: 1}[test.fails] {
					t.Errorf("%d warnings", n)
				}
				if test.fails && !errors.Is(err, export.ErrEmpty) {
					t.Errorf("error %v", err)
				}
				if n := len(w.Destination.Tables["clari_forecast_entries"]); test.before && n == 0 {
					t.Error("the rows of before are gone")
				}
			})
		})
	}
}

// TestEmptyCountsAsDone: a quarter without entries settles like any other.
func TestEmptyCountsAsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{FirstQuarter: sim.Quarter{Year: 2000, Number: 1}}}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
		for range 3 {
			w.MustSync()
		}
		w.Spent(1)
		if n := len(w.Exports("settled")); n != 1 {
			t.Errorf("%d rows say settled", n)
		}
	})
}
