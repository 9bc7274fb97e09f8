package warehouse

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

const entries = "clari_forecast_entries"

var shapes = []sim.Encoding{sim.Arrays, sim.FlatObjects}

func inEachShape(t *testing.T, test func(t *testing.T, shape sim.Encoding)) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, shape) })
		})
	}
}

// TestSizes: from few rows to more than any destination takes in one batch.
func TestSizes(t *testing.T) {
	for _, size := range []struct{ people, fields int }{{1, 1}, {120, 12}} {
		t.Run(fmt.Sprint(size.people), func(t *testing.T) {
			inEachShape(t, func(t *testing.T, shape sim.Encoding) {
				w := newSetup(t, sim.Config{JSON: shape, Tenant: sim.Tenant{People: size.people, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(size.fields)}}}}, twoQuarters)
				w.sync()
				w.arrived()
				if size.people == 1 {
					require.Less(t, w.sentRows(entries), 30)
				} else {
					require.Greater(t, w.sentRows(entries), 30_000)
				}
			})
		})
	}
}

var twoQuarters = map[string]any{"periods": []string{"previous", "current"}}

// escaped is a piece of a JSON text that grows when it is escaped once more: HTML with quotes, some of them escaped already.
const escaped = `<p class=\"a\">\\\"&</p>`

var rowStart = regexp.MustCompile(`\{"(fieldId|User)":`)

// unknown puts a key that nobody knows, with a NUL in it, into each row of a result: its value is a piece of JSON text, as often as
// times says of the nth row.
func unknown(piece string, times func(n int) int) func([]byte) []byte {
	return func(body []byte) []byte {
		n := -1
		return rowStart.ReplaceAllFunc(body, func(head []byte) []byte {
			n++
			return fmt.Appendf(nil, `{"more\u0000":"%s",%s`, strings.Repeat(piece, times(n)), head[1:])
		})
	}
}

// TestFullRows: odd texts in every column, and rows of all sizes, some long among many short.
func TestFullRows(t *testing.T) {
	inEachShape(t, func(t *testing.T, shape sim.Encoding) {
		cfg := sim.Config{JSON: shape, Tenant: sim.Tenant{Staff: sim.OddTextStaff()[:10], Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.OddTextFields()[:10]}}}}
		world.Rewritten(&cfg, unknown(escaped, func(n int) int {
			if n%400 == 0 {
				return 8_000
			}
			return n % 7 * 10
		}))
		w := newSetup(t, cfg, twoQuarters)
		w.sync()
		w.arrived()
	})
}

// TestUnevenRows: the SDK's writers reckon with the average of a record. Long rows side by side among short ones then make batches much
// longer than they are told, and each byte may become six in a request.
func TestUnevenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{Tenant: sim.Tenant{People: 20, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(8)}}}}
		world.Rewritten(&cfg, unknown("<", func(n int) int {
			if n < 5 {
				return 700_000
			}
			return 20
		}))
		w := newSetup(t, cfg, twoQuarters)
		w.sync()
		w.arrived()
	})
}

// TestTwoSyncs: forecasts and the audit trail, a day apart, with and without a snapshot of each day.
func TestTwoSyncs(t *testing.T) {
	inEachShape(t, func(t *testing.T, shape sim.Encoding) {
		for _, history := range []bool{false, true} {
			w := newSetup(t, sim.Config{JSON: shape, Tenant: sim.Tenant{People: 12, ChangeEvery: time.Hour}}, map[string]any{
				"periods": []string{"previous", "current", "next"}, "history": history, "audit": map[string]any{},
			})
			w.twoDays()
			w.arrived()
		}
	})
}

// TestWindows: all tables, with windows of activities that touch and overlap.
func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSetup(t, sim.Config{}, map[string]any{
			"activities": map[string]any{"window_days": 7}, "audit": map[string]any{}, "opportunities": map[string]any{},
		})
		w.twoDays()
		w.arrived()
		require.Len(t, w.sent, len(w.sinks[0].tables), "rows of every table")
	})
}

// twoDays are two syncs, of which the second knows what the first one did.
func (w *setup) twoDays() {
	w.Helper()
	a := &appender{}
	for range 2 {
		w.state = a.open(w.T)
		w.sync()
		time.Sleep(24 * time.Hour)
	}
}
