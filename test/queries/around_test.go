package queries

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestAPIUseByActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(sim.Config{}), open(t)
		defer s.Close()
		now := time.Now()
		d.sync(t, s, map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "audit": map[string]any{"since": "1999-12-20"}})
		type key struct{ day, actor string }
		calls, exports := map[key]int{}, map[key]int{}
		for e := range s.AuditEvents(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now) {
			k := key{e.At.Format(time.DateOnly), e.ActorID}
			switch {
			case strings.HasPrefix(e.Event, "api."):
				calls[k]++
			case strings.HasPrefix(e.Event, "export"):
				exports[k]++
			}
		}
		rows, err := d.Query(query(t, "api_use_by_actor"))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n, averages := 0, 0
		for rows.Next() {
			var k key
			var actorType, name, email string
			var gotCalls, gotExports, addresses, sessions int
			var average sql.NullFloat64
			if err := rows.Scan(&k.day, &k.actor, &actorType, &name, &email, &gotCalls, &gotExports, &addresses, &sessions, &average); err != nil {
				t.Fatal(err)
			}
			n++
			if wantName, wantEmail := s.Actor(k.actor); gotCalls != calls[k] || gotExports != exports[k] || name != wantName || email != wantEmail || sessions == 0 {
				t.Errorf("%v %s %s: %d calls, %d exports, want %d and %d", k, name, email, gotCalls, gotExports, calls[k], exports[k])
			}
			before, days := 0, 0
			for back := 1; back < 12 && days < 7; back++ { // only days with use count
				day, _ := time.Parse(time.DateOnly, k.day)
				b := key{day.AddDate(0, 0, -back).Format(time.DateOnly), k.actor}
				if use := calls[b] + exports[b]; use > 0 {
					before, days = before+use, days+1
				}
			}
			if average.Valid != (days > 0) || average.Valid && fmt.Sprintf("%.3f", average.Float64) != fmt.Sprintf("%.3f", float64(before)/float64(days)) {
				t.Errorf("%v: average %v, want %d in %d days", k, average, before, days)
			}
			if average.Valid {
				averages++
			}
		}
		if err := rows.Err(); err != nil || n < 20 || averages == 0 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}
