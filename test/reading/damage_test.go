package reading

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// small is a result of two people, two fields, one week.
func small(t *testing.T, shape sim.Encoding) given { return resultOf(t, shape, 2, 2, allTypes...) }

func resultOf(t *testing.T, shape sim.Encoding, people, fields int, types ...string) given {
	t.Helper()
	all := []sim.Field{{ID: "f", Name: `Commit, "net"`, Type: "forecast"}, {ID: "q", Name: "Quota", Type: "quota"}}
	tenant := sim.New(sim.Config{Tenant: sim.Tenant{People: people, Tabs: []sim.Tab{{ID: "forecast", Fields: all[:fields]}}}}).Tenant()
	return given{period: "2000_Q4", csv: shape == sim.CSV, body: bodyOf(t, sim.Export{
		Tenant: &tenant, Tab: tenant.Tabs[0], Quarter: sim.Quarter{Year: 2000, Number: 4}, Types: types, Encoding: shape,
		At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
	})}
}

func bodyOf(t *testing.T, x sim.Export) string {
	t.Helper()
	var b strings.Builder
	if _, err := x.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// impatient is a spec that does not try again where it has the choice.
var impatient = map[string]any{"max_retries": 0, "export_attempts": 1}

// TestEveryPrefixIsRefused cuts results after each of their bytes. A cut of the connection is always seen; JSON itself tells an end that
// came too early where the connection does not.
func TestEveryPrefixIsRefused(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			g := resultOf(t, shape, 1, 1, "forecast", "forecast_updated")
			g.spec = impatient
			whole := lands(t, g).ResultRows()
			if whole == 0 {
				t.Fatal("nothing to cut")
			}
			for n := range len(g.body) {
				cut := g
				cut.answer = func(w http.ResponseWriter) {
					w.Write([]byte(g.body[:n]))
					http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				refused(t, cut, "")
				if shape != sim.CSV {
					cut.answer = func(w http.ResponseWriter) { w.Write([]byte(g.body[:n])) }
					refused(t, cut, "")
				}
				if t.Failed() {
					t.Fatalf("cut after %d bytes of %d", n, len(g.body))
				}
			}
		})
	}
}

// TestCutThenWhole: a cut download leaves nothing behind that the next one could meet.
func TestCutThenWhole(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			g := small(t, shape)
			want := sorted(lands(t, g))
			other := strings.NewReplacer("Ada", "Eve", "0", "1").Replace(g.body) // what came before the cut counts for nothing
			for _, n := range []int{1, len(g.body) / 3, len(g.body) - 1} {
				tries := 0
				again := g
				again.answer = func(w http.ResponseWriter) {
					if tries++; tries < 3 {
						w.Write([]byte(other[:n]))
						http.NewResponseController(w).Flush()
						panic(http.ErrAbortHandler)
					}
					w.Write([]byte(g.body))
				}
				if got := sorted(lands(t, again)); !slices.Equal(got, want) || tries != 3 {
					t.Errorf("after %d tries:\n got %q\nwant %q", tries, got, want)
				}
			}
		})
	}
}

// sorted are all rows that came from a result, without what differs from sync to sync.
func sorted(l *world.Sent) (all []string) {
	for _, table := range world.ResultTables {
		for _, r := range l.Rows[table] {
			delete(r, "exported_at")
			all = append(all, table+r.Text())
		}
	}
	slices.Sort(all)
	return all
}

// packed serves a result as gzip, after spoil.
func packed(body string, spoil func([]byte) []byte) func(http.ResponseWriter) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Write([]byte(body))
	zip.Close()
	bytes := spoil(b.Bytes())
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", fmt.Sprint(len(bytes)))
		w.Write(bytes)
	}
}

// TestDamagedGzip cuts a packed result at some bytes, and flips a bit of them: it lands as it was, or not at all.
func TestDamagedGzip(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			g := small(t, shape)
			g.spec = impatient
			want := sorted(lands(t, g))
			length := 0
			whole := g
			whole.answer = packed(g.body, func(b []byte) []byte {
				length = len(b)
				return b
			})
			if got := sorted(lands(t, whole)); !slices.Equal(got, want) {
				t.Error("a packed result lands in another way")
			}
			for n := 0; n < length; n += 1 + n%5 + n/40 {
				bad := g
				bad.answer = packed(g.body, func(b []byte) []byte { return b[:n] })
				refused(t, bad, "")
				bad.answer = packed(g.body, func(b []byte) []byte {
					b[n] ^= 1 << (n % 8)
					return b
				})
				l := land(t, bad)
				switch got := sorted(l); {
				case l.Err == nil && !slices.Equal(got, want):
					t.Errorf("damaged, and landed as %q", got)
				case l.Err != nil && len(got) > 0:
					t.Errorf("%d rows were sent before the error: %v", len(got), l.Err)
				}
				if t.Failed() {
					t.Fatalf("damaged at byte %d of %d", n, length)
				}
			}
		})
	}
}

// TestSlow: a result that trickles in lands; one that stalls is given up.
func TestSlow(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			g := small(t, shape)
			want := sorted(lands(t, g))
			slow := g
			slow.answer = func(w http.ResponseWriter) {
				for i := range len(g.body) {
					w.Write([]byte{g.body[i]})
					http.NewResponseController(w).Flush()
					time.Sleep(2 * time.Second)
				}
			}
			if got := sorted(lands(t, slow)); !slices.Equal(got, want) {
				t.Error("a slow result lands in another way")
			}
			stalled := g
			stalled.spec = impatient
			stalled.answer = func(w http.ResponseWriter) {
				w.Write([]byte(g.body[:len(g.body)-1]))
				http.NewResponseController(w).Flush()
				time.Sleep(24 * time.Hour)
			}
			refused(t, stalled, "")
		})
	}
}

// TestMaxResultBytes counts what is unpacked.
func TestMaxResultBytes(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			g := small(t, shape)
			bound := func(n any) map[string]any {
				return map[string]any{"max_result_bytes": n, "max_retries": 0, "export_attempts": 1}
			}
			g.spec = bound(len(g.body))
			lands(t, g)
			g.spec = bound("1KiB")
			if len(g.body) <= 1<<10 {
				t.Fatalf("%d bytes", len(g.body))
			}
			refused(t, g, "max_result_bytes")
			g.spec = bound(len(g.body) - 1)
			refused(t, g, "max_result_bytes")
			g.answer = packed(g.body, func(b []byte) []byte { return b })
			refused(t, g, "max_result_bytes")
		})
	}
	// One that would never end.
	endless := given{period: "2000_Q4", spec: map[string]any{"max_result_bytes": "16MiB", "max_retries": 0, "export_attempts": 1}}
	endless.answer = func(w http.ResponseWriter) {
		w.Write([]byte(`{"entries":[` + object(usualEntry, members{"timePeriodId": "2000_Q4"})))
		blank := bytes.Repeat([]byte(" "), 1<<20)
		for range 1 << 10 {
			if _, err := w.Write(blank); err != nil {
				return
			}
		}
	}
	refused(t, endless, "max_result_bytes")
}

func TestBounds(t *testing.T) {
	deep := func(n int) any {
		var v any = 1
		for range n {
			v = []any{v}
		}
		return v
	}
	for name, g := range map[string]given{
		"nesting":    {body: arrays{entries: []members{{"x": deep(1200)}}}.String()},
		"value":      {body: arrays{entries: []members{{"x": strings.Repeat("v", 33<<20)}}}.String()},
		"CSV record": {csv: true, body: flat(members{}, members{"User": strings.Repeat("v", 1<<20+1)})["csv"]},
	} {
		t.Run(name, func(t *testing.T) { refused(t, g, "") })
	}
	l := lands(t, given{body: arrays{entries: []members{{"x": deep(900), "y": strings.Repeat("v", 1<<20)}}}.String()})
	only(t, l, "entries")
	l = lands(t, given{csv: true, body: flat(members{"Data Value": strings.Repeat("v", 900_000)})["csv"]})
	only(t, l, "entries")
	// Few rows may be more than a record takes.
	var large []members
	for i := range 12 {
		large = append(large, members{"userId": fmt.Sprint(i, ":00E"), "x": strings.Repeat("v", 1<<20+i)})
	}
	l = lands(t, given{body: arrays{entries: large}.String()})
	if n := len(l.Rows["clari_forecast_entries"]); n != len(large) {
		t.Errorf("%d large rows landed, want %d", n, len(large))
	}
	// A byte order mark is skipped.
	for _, g := range []given{{body: arrays{}.String()}, {csv: true, body: flat(members{})["csv"]}} {
		g.body = "\ufeff" + g.body
		only(t, lands(t, g), "entries")
	}
}

// huge is a tenant whose rows do not stay in memory.
func huge(t *testing.T, shape sim.Encoding, test func(*world.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{
			Tenant: sim.Tenant{People: 450, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(10)}}}, JSON: shape,
			Quirks: sim.Quirks{UniqueKeys: true, SplitEntries: true},
		}
		spec := map[string]any{"periods": []string{"2000_Q3"}}
		if shape == sim.CSV {
			cfg.JSON, spec["export_format"] = "", "csv"
		}
		test(world.New(t, cfg, spec))
	})
}
