package export

import (
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

func TestCandidates(t *testing.T) {
	sent := time.Date(2026, 8, 15, 12, 0, 0, 0, time.UTC)
	from, to := sent.Add(-windowSlack), sent.Add(time.Minute)
	const file = "clari_export_forecast_net_arr_2026_Q12915_20260815_120003.json"
	fits := clari.Job{ID: "new", Module: "FORECAST", StartTime: sent, Currency: "USD", FileName: file}
	with := func(change func(*clari.Job)) clari.Job {
		job := fits
		change(&job)
		return job
	}
	request := Request{Tab: Tab{ForecastID: "net_arr", Currency: "USD"}, Period: "2026_Q1"}
	current := Request{Tab: request.Tab}
	for _, test := range []struct {
		name    string
		request Request
		job     clari.Job
		want    bool
	}{
		{"fits", request, fits, true},
		{"fits the current quarter", current, fits, true},
		{"other module", request, with(func(j *clari.Job) { j.Module = "ACTIVITY" }), false},
		{"module not told, file fits", request, with(func(j *clari.Job) { j.Module = "" }), true},
		{"neither module nor file told", request, with(func(j *clari.Job) { j.Module, j.FileName = "", "" }), false},
		{"no file yet", request, with(func(j *clari.Job) { j.FileName = "" }), true},
		{"file of another tab", request, with(func(j *clari.Job) { j.FileName = "clari_export_forecast_other_2026_Q1.json" }), false},
		{"file of a tab whose name goes on", current, with(func(j *clari.Job) { j.FileName = "clari_export_forecast_net_arr_ps_2026_Q1.json" }), false},
		{"file of another quarter", request, with(func(j *clari.Job) { j.FileName = "clari_export_forecast_net_arr_2026_Q2915.json" }), false},
		{"other currency", request, with(func(j *clari.Job) { j.Currency = "EUR" }), false},
		{"currency not told", request, with(func(j *clari.Job) { j.Currency = "" }), true},
		{"started before the request", request, with(func(j *clari.Job) { j.StartTime = from.Add(-time.Second) }), false},
		{"started after it was given up", request, with(func(j *clari.Job) { j.StartTime = to.Add(time.Second) }), false},
		{"start not told", request, with(func(j *clari.Job) { j.StartTime = time.Time{} }), false},
		{"known already", request, with(func(j *clari.Job) { j.ID = "known" }), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &run{books: newBooks()}
			r.books.adopted(&Export{}, "known")
			got := r.candidates(&Export{Request: test.request}, []clari.Job{test.job}, from, to)
			if (len(got) == 1) != test.want {
				t.Errorf("candidate: %t, want %t", len(got) == 1, test.want)
			}
		})
	}

	t.Run("two unclear creations of one tab and quarter", func(t *testing.T) {
		r := &run{books: newBooks()}
		a, b := &Export{Request: request, key: "a"}, &Export{Request: request, key: "b"}
		b.ScopeID = "1::MGR"
		r.books.lose(a)
		r.books.lose(b)
		if got := r.candidates(a, []clari.Job{fits}, from, to); len(got) != 0 {
			t.Error("a job that may be the other's was taken")
		}
		r.books.created(b, "other")
		if got := r.candidates(a, []clari.Job{fits}, from, to); len(got) != 1 {
			t.Error("a job that can only be this one's was not taken")
		}
	})
}

// TestOtherShardsTabs: what another shard exports of the same forecast cannot be told apart from ours, and is not in our journal.
func TestOtherShardsTabs(t *testing.T) {
	s := parseSpec(t, `"periods": ["2026_Q1"], "forecasts": [
		{"id": "net_arr"}, {"id": "net_arr", "scope_id": "1::MGR"}, {"id": "net_arr", "scope_id": "2::MGR"}, {"id": "net_arr", "scope_id": "3::MGR"}]`)
	job := clari.Job{ID: "new", Module: "FORECAST", StartTime: now}
	for _, shards := range []int{1, 2} {
		r := &run{books: newBooks()}
		p := newPlanner(t.Context(), s, Shard{1, shards}, memory{}.journal(t), newCalendar(), now)
		exports := p.rest(t.Context(), fiscal.Quarter{}, false)
		if len(exports) == 0 || shards == 2 && len(exports) == 4 {
			t.Fatalf("%d exports in the first of %d shards", len(exports), shards)
		}
		for _, e := range exports {
			if found := len(r.candidates(e, []clari.Job{job}, now, now)) > 0; found != (shards == 1) {
				t.Errorf("%s of %d shards: a job is taken: %t", e, shards, found)
			}
		}
	}
}
