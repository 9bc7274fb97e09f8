package reading

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestLocaleOfATab: 1.234 is what an earlier result of the tab makes it, of this sync or of one before, and a person hears of it once.
func TestLocaleOfATab(t *testing.T) {
	for name, state := range map[string]bool{"with a state backend": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// By what is asked for, which is the quarter of the rows too.
				amount := map[string]string{"2026_Q1": "3.000.190,00 €", "2025_Q4": "1.234"}
				var mu sync.Mutex
				asked := map[int]string{}
				cfg := sim.Config{OmitKeys: []string{"currency", "fileName"}}
				cfg.OnJob = func(j *sim.Job) {
					mu.Lock()
					defer mu.Unlock()
					asked[j.Number] = j.Asked
				}
				cfg.Intercept = func(x *sim.Exchange) bool {
					mu.Lock()
					quarter := asked[x.Job]
					mu.Unlock()
					year, number, _ := strings.Cut(quarter, "_Q")
					return world.Answer(func(w http.ResponseWriter) {
						label := "FY" + strings.TrimPrefix(year, "20") + " Q" + number
						first := map[string]string{"1": "02/03/2025", "4": "11/04/2024", "3": "08/05/2024"}[number]
						_, _ = w.Write([]byte(flat(members{"Timeframe": label, "Start Day": first, "End Day": "", "Data Value": amount[quarter]})["objects"]))
					})(x)
				}
				w := world.New(t, cfg, map[string]any{"periods": []string{"2026_Q1", "2025_Q4"}})
				if state {
					w.WithState()
				}
				const told = "commas before the decimals"
				landed := func(want map[string]any, lines int) {
					t.Helper()
					l := w.Collect()
					if l.Err != nil {
						t.Fatal(l.Err)
					}
					for _, r := range l.Rows["clari_forecast_entries"] {
						if quarter, _ := r["requested_period"].(string); r["forecast_value"] != want[quarter] {
							t.Errorf("%s: %v, want %v", quarter, r["forecast_value"], want[quarter])
						} else {
							delete(want, quarter)
						}
					}
					if len(want) > 0 {
						t.Errorf("no rows of %v", want)
					}
					if n := strings.Count(l.Log, told); n != lines {
						t.Errorf("%d lines say %q, want %d:\n%s", n, told, lines, l.Log)
					}
				}
				landed(map[string]any{"2026_Q1": 3000190.0, "2025_Q4": 1234.0}, 1)
				time.Sleep(10 * 24 * time.Hour)
				amount["2025_Q3"], w.Spec["periods"] = "1.500", []string{"2025_Q3"}
				want := 1.5
				if state {
					want = 1500
				}
				landed(map[string]any{"2025_Q3": want}, 0)
			})
		})
	}
}
