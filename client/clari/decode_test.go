package clari

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The job of Clari's API reference, with every field that it names.
func fullJob() Job {
	return Job{
		ID: "606e23c981a6da229d75b515", Status: "DONE",
		UserID: new(int64(1)), OrgID: new(int64(101)), Version: new(int64(1)), Downloads: new(int64(0)),
		Title: "Forecast Export", Module: "FORECAST", FileName: "clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json",
		FileType: "JSON", Currency: "USD",
		StartTime: time.UnixMilli(1617830857175).UTC(), EndTime: time.UnixMilli(1617830861959).UTC(), ExpiredTime: time.UnixMilli(1620422861959).UTC(),
		Viewed: new(false), CellsTruncated: new(false), RowsTruncated: new(true),
		DeliveryStatusMap: json.RawMessage(`{}`),
	}
}

func TestDecodeJob(t *testing.T) {
	bare := fullJob()
	odd := fullJob()
	odd.Extra = json.RawMessage(`{"error":{"why":"\u003cunknown\u003e"},"newKey":null}`)
	wrong := Job{ID: "6073", Status: "STARTED", Extra: json.RawMessage(`{"deliveryTime":1,"endTime":"soon","orgId":1.5,"startTime":-1,"title":["x"],"viewed":"maybe"}`)}
	for name, want := range map[string]Job{
		"job_bare.json":    bare,
		"job_wrapped.json": bare,
		"job_strings.json": odd, // numbers and booleans as strings, floats, RFC 3339
		"job_least.json":   {ID: "j", Status: "SCHEDULED"},
		"job_nulls.json":   {ID: "j", Status: "SCHEDULED"},
		"job_wrong.json":   wrong, // known keys with values that make no sense
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeJob(file(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{}`, `{"job":{}}`, `{"job":null}`, `{"jobId":"j"}`, `{"status":"DONE"}`, `{"jobId":"","status":"DONE"}`, `{"jobId":"j","status":"DONE"`, `{"jobId":"j","status":"DONE"} x`} {
		if j, err := decodeJob([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, j)
		}
	}
}

func TestDecodeJobs(t *testing.T) {
	want := []Job{fullJob(), {ID: "j2", Status: "CANCELLED"}}
	for _, name := range []string{"jobs_bare.json", "jobs_wrapped.json"} {
		got, _, err := decodeJobs(file(t, name))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(name, err, diff)
		}
	}
	for _, body := range []string{`[]`, ` [ ] `, `{"jobs":[]}`, `{"jobs":null}`} {
		if jobs, _, err := decodeJobs([]byte(body)); err != nil || len(jobs) != 0 {
			t.Errorf("%s: %v, %v", body, jobs, err)
		}
	}
	odd := `[1, null, {"jobId":"a","status":"DONE"}, {"jobId":"b"}, [], {"status":"DONE"}, {"jobId":"c","status":"STARTED"}]`
	if jobs, _, err := decodeJobs([]byte(odd)); err != nil || len(jobs) != 2 || jobs[0].ID != "a" || jobs[1].ID != "c" {
		t.Errorf("a list with odd items: %v, %v", jobs, err)
	}
	for body, text := range map[string]string{
		``: "", `null`: "not an object", `{}`: "neither", `{"jobs":{}}`: "", `{"items":[]}`: "neither", `[`: "",
	} {
		if jobs, _, err := decodeJobs([]byte(body)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", body, jobs, err)
		}
	}
}

func TestDecodeLimits(t *testing.T) {
	full := Limits{
		ConcurrentLimit: new(3), MonthlyQuota: new(1000), AvailableConcurrentLimit: new(1), AvailableMonthlyQuota: new(995),
		RunningJobIDs: []string{"r1"}, SubmittedJobIDs: []string{"s1", "2"},
	}
	idle := full
	idle.RunningJobIDs, idle.SubmittedJobIDs = nil, []string{}
	odd := Limits{MonthlyQuota: new(30), Extra: json.RawMessage(`{"concurrentLimit":"many","requests":{"perSecond":100},"unit":"month"}`)}
	for body, want := range map[string]Limits{
		string(file(t, "limits.json")): full,
		`{"concurrentLimit":3,"monthlyQuota":1000,"runningJobIds":["r1"],"submittedJobIds":["s1",2],"availableConcurrentLimit":1,"availableMonthlyQuota":995}`:   full,
		`{"jobs":{"concurrentLimit":"3","monthlyQuota":1000.0,"submittedJobIds":[],"availableConcurrentLimit":1,"availableMonthlyQuota":995}}`:                   idle,
		`{"jobs":{"concurrentLimit":3,"monthlyQuota":1e3,"runningJobIds":null,"submittedJobIds":[],"availableConcurrentLimit":1,"availableMonthlyQuota":"995"}}`: idle,
		`{"jobs":{"concurrentLimit":"many","monthlyQuota":30,"unit":"month"},"requests":{"perSecond":100}}`:                                                      odd,
		`{}`:                                {},
		`{"jobs":{}}`:                       {},
		`{"jobs":null}`:                     {Extra: json.RawMessage(`{"jobs":null}`)},
		`{"jobs":{"runningJobIds":[null]}}`: {RunningJobIDs: []string{}},
		`{"jobs":{"runningJobIds":{}}}`:     {Extra: json.RawMessage(`{"runningJobIds":{}}`)},
	} {
		got, _, err := decodeLimits([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`} {
		if l, _, err := decodeLimits([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, l)
		}
	}
}

func TestPhases(t *testing.T) {
	if s := PhaseUnknown.String() + " " + PhaseFailed.String(); s != "unknown failed" {
		t.Error(s)
	}
	for phase, statuses := range map[Phase][]Status{
		PhaseQueued: {"SCHEDULED", "QUEUED", "PENDING", "pending"}, PhaseRunning: {"STARTED", "RUNNING", "running"},
		PhaseDone: {"DONE", "COMPLETED"}, PhaseFailed: {"FAILED", "ABORTED", "CANCELLED", "failed"}, PhaseUnknown: {"", "SUCCESS", "REVIVED"},
	} {
		for _, s := range statuses {
			if s.Phase() != phase {
				t.Errorf("%s is %s, want %s", s, s.Phase(), phase)
			}
		}
	}
}

func TestJobOfAnotherID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(200, okJob))
		if _, err := c.Job(t.Context(), "j2"); err == nil || !strings.Contains(err.Error(), `it is about another job, "j1"`) {
			t.Errorf("%v", err)
		}
		if jobs, err := c.Jobs(t.Context()); err == nil {
			t.Errorf("%v", jobs)
		}
	})
}

func FuzzJob(f *testing.F) {
	f.Add([]byte(okJob))
	f.Add([]byte(`{"job":{"jobId":6073,"status":"STARTED","startTime":1.6e12,"endTime":"2021-04-07T21:27:37.5+02:00","viewed":"true","x":[]}}`))
	f.Add([]byte("{\"jobId\":\"\xff\",\"status\":\"DONE\",\"\xfe\":\"\xfd\",\"deliveryStatusMap\":{\"a\" : \"\xff\"}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := decodeJob(data)
		if err != nil {
			if !reflect.DeepEqual(j, Job{}) {
				t.Errorf("%+v with %v", j, err)
			}
			return
		}
		sound(t, j)
	})
}

// sound checks what the type promises.
func sound(t *testing.T, j Job) {
	t.Helper()
	if j.ID == "" || j.Status == "" {
		t.Errorf("%+v", j)
	}
	for _, at := range []time.Time{j.StartTime, j.EndTime, j.ExpiredTime} {
		if at.Location() != time.UTC || at.Year() > 9999 {
			t.Errorf("time %s", at)
		}
	}
	if j.Extra != nil {
		soundObject(t, j.Extra)
	}
	if m := j.DeliveryStatusMap; m != nil && !json.Valid(m) {
		t.Errorf("%s", m)
	}
}

func soundObject(t *testing.T, data json.RawMessage) {
	t.Helper()
	var o map[string]json.RawMessage
	if err := json.Unmarshal(data, &o); err != nil || len(o) == 0 || strings.ToValidUTF8(string(data), "") != string(data) {
		t.Errorf("%q: %v", data, err)
	}
}

func FuzzJobs(f *testing.F) {
	f.Add([]byte(`[` + okJob + `,{"job":` + okJob + `}]`))
	f.Add([]byte(`{"jobs":[` + okJob + `]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		jobs, _, err := decodeJobs(data)
		if err != nil && jobs != nil {
			t.Errorf("%v with %v", jobs, err)
		}
		for _, j := range jobs {
			sound(t, j)
		}
	})
}

func FuzzLimits(f *testing.F) {
	f.Add([]byte(`{"jobs":{"concurrentLimit":3,"monthlyQuota":1000,"runningJobIds":["a"],"submittedJobIds":[],"availableConcurrentLimit":1,"availableMonthlyQuota":995}}`))
	f.Add([]byte(`{"concurrentLimit":"3","jobs":{"monthlyQuota":1e400},"runningJobIds":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, _, err := decodeLimits(data)
		if err != nil && !reflect.DeepEqual(l, Limits{}) {
			t.Errorf("%+v with %v", l, err)
		}
		if l.Extra != nil {
			soundObject(t, l.Extra)
		}
	})
}
