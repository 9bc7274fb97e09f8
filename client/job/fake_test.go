package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// census is a kind of export job made up for the tests: it counts the heads of a village. It knows no forecast, no quarter and no week.
type census struct {
	name    string
	parts   [][]string    // villages; those of a later part are planned once those before were read
	change  func(i *Item) // what is odd about an item
	chosen  string        // the place that a result tells, where none was planned
	stuck   bool          // the destination takes nothing
	passing bool          // an empty village says nothing of the next count
	api     *clari.Client

	mu      sync.Mutex
	read    int            // results read whole
	counted map[string]int // what was emitted
	order   []string       // in which villages were reported, with the outcome
	planned []string       // "after 2: c", two being read
	exports map[string]*Export
}

type village struct {
	Defaults
	kind *census
	name string
	kept struct {
		Heads int `json:"heads,omitempty"`
	}
}

func (k *census) Next(context.Context, *journal.Journal) (Part, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.parts) == 0 {
		return Part{}, nil
	}
	var p Part
	for _, name := range k.parts[0] {
		p.Items = append(p.Items, k.item(name))
	}
	for _, later := range k.parts[1:] {
		for _, name := range later {
			p.Later = append(p.Later, k.item(name))
		}
	}
	k.planned = append(k.planned, fmt.Sprintf("after %d: %s", k.read, strings.Join(k.parts[0], " ")))
	k.parts = k.parts[1:]
	return p, nil
}

func (k *census) item(name string) Item {
	i := Item{
		Work: &village{kind: k, name: name}, Name: k.name + " of " + name, Labels: []Label{{"village", name}}, Class: k.name, Tab: k.name + name,
		Request: "paid/" + k.name + "/" + name,
		Item: due.Item{
			Place: "place/" + k.name + "/" + name, Why: "wanted",
			Wants: due.Wants{Types: []string{"heads"}, Whole: true, Tables: []string{"villages"}, Schema: 1},
		},
	}
	if k.change != nil {
		k.change(&i)
	}
	return i
}

func (k *census) Preview(context.Context, *journal.Journal) (Preview, error) { return Preview{}, nil }

func (k *census) Describe(exports []*Export) string {
	names := make([]string, len(exports))
	for i, e := range exports {
		names[i] = e.Work.(*village).name
	}
	return k.name + " of " + strings.Join(names, " ")
}

func (k *census) Advice() Advice { return Advice{Truncated: "count fewer", Lacking: "count again"} }

func (v *village) Matches(j clari.Job) bool {
	return j.Title == v.kind.name+" "+v.name || j.Title == ""
}
func (v *village) Similar(j clari.Job) bool { return strings.HasPrefix(j.Title, v.kind.name) }
func (v *village) State() any               { return &v.kept }
func (v *village) Landed(e *Export)         { v.kept.Heads = int(e.Rows) }
func (v *village) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	return v.kind.api.CreateForecastExport(ctx, v.kind.name+" "+v.name, clari.ForecastExport{}, sending)
}

func (v *village) Report(_ context.Context, e *Export) error {
	k := v.kind
	k.mu.Lock()
	defer k.mu.Unlock()
	k.order = append(k.order, v.name+" "+string(e.Outcome))
	if k.exports == nil {
		k.exports = map[string]*Export{}
	}
	k.exports[v.name] = e
	return nil
}

type heads struct {
	v *village
	n int
}

var (
	errNobody = errors.New("check: nobody lives there")
	errDisk   = errors.New("no space left on device")
)

func (v *village) Read(_ context.Context, e *Export, body Body) (Result, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if string(text) == "full disk" {
		return nil, errDisk
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, &ContentError{Err: err, Damaged: true}
	}
	v.kind.mu.Lock()
	defer v.kind.mu.Unlock()
	v.kind.read++
	if e.Place == "" {
		e.Place = v.kind.chosen
	}
	return &heads{v, n}, nil
}

func (h *heads) Check(context.Context, *Export) error {
	if h.n == 0 {
		return &ContentError{Err: errNobody, Passing: h.v.kind.passing}
	}
	return nil
}

func (h *heads) Emit(ctx context.Context, e *Export) (int64, error) {
	if h.v.kind.stuck {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	h.v.kind.mu.Lock()
	defer h.v.kind.mu.Unlock()
	if h.v.kind.counted == nil {
		h.v.kind.counted = map[string]int{}
	}
	h.v.kind.counted[h.v.name]++
	return int64(h.n), nil
}

func (*heads) Close() error { return nil }

// registry is a Clari in memory: it queues jobs, runs each for some time, and can be told to fail.
type registry struct {
	mu        sync.Mutex
	run       time.Duration
	places    int // jobs at a time; 0: nobody counts
	quota     int
	jobs      []*registered
	requests  []string                                                                 // "POST create x"
	fault     func(op, what string, n int) func(*http.Request) (*http.Response, error) // n counts the requests of this op, from 1
	result    func(title string) string
	counts    map[string]int
	processed func(op string, j *registered) // called once a request has been processed, before it is answered

	fails    func(title string, n int) bool // whether the n-th job ends FAILED, from 1
	late     time.Duration                  // after which a job is in the list
	untitled bool                           // a job has its title only once it is done
	flaps    bool                           // a job's status changes with every look
}

type registered struct {
	id, title      string
	created, ended time.Time
	cancelled      bool
	failed         bool
	gone           bool
}

func (r *registry) status(j *registered) string {
	switch {
	case j.cancelled:
		return "ABORTED"
	case time.Now().Before(j.ended) && r.flaps && r.counts["status"]%2 == 0:
		return "SCHEDULED"
	case time.Now().Before(j.ended):
		return "STARTED"
	case j.failed:
		return "FAILED"
	}
	return "DONE"
}

func (r *registry) active() (n int) {
	for _, j := range r.jobs {
		if s := r.status(j); s == "STARTED" || s == "SCHEDULED" {
			n++
		}
	}
	return n
}

func (r *registry) spent() (n int) {
	for _, j := range r.jobs {
		if !j.cancelled {
			n++
		}
	}
	return n
}

func reply(status int, body any) *http.Response {
	text, ok := body.(string)
	if !ok {
		data, _ := json.Marshal(body)
		text = string(data)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body: io.NopCloser(bytes.NewReader([]byte(text))), ContentLength: int64(len(text)),
	}
}

func (r *registry) describe(j *registered) map[string]any {
	m := map[string]any{"jobId": j.id, "status": r.status(j), "title": j.title, "module": "CENSUS", "startTime": j.created.UnixMilli()}
	if r.untitled && time.Now().Before(j.ended) {
		delete(m, "title")
	}
	if !time.Now().Before(j.ended) {
		m["endTime"] = j.ended.UnixMilli()
	}
	return m
}

func (r *registry) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	op, what := "", ""
	path := strings.TrimPrefix(req.URL.Path, "/v4")
	switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
	case path == "/admin/limits":
		op = "limits"
	case path == "/export/jobs":
		op = "list"
	case req.Method == http.MethodPost:
		op, what = "create", parts[len(parts)-1]
	case req.Method == http.MethodPatch:
		op, what = "cancel", parts[2]
	case strings.HasSuffix(path, "/results"):
		op, what = "results", parts[2]
	default:
		op, what = "status", parts[2]
	}
	r.mu.Lock()
	r.requests = append(r.requests, op)
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[op]++
	n, fault := r.counts[op], r.fault
	r.mu.Unlock()
	if fault != nil {
		if answer := fault(op, what, n); answer != nil {
			return answer(req)
		}
	}
	return r.process(op, what)
}

func (r *registry) process(op, what string) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var job *registered
	for _, j := range r.jobs {
		if j.id == what && !j.gone {
			job = j
		}
	}
	switch op {
	case "limits":
		limits := map[string]any{"availableMonthlyQuota": r.quota - r.spent()}
		if r.places > 0 {
			limits["availableConcurrentLimit"] = r.places - r.active()
		}
		return reply(200, map[string]any{"jobs": limits}), nil
	case "list":
		list := []any{}
		for _, j := range r.jobs {
			if time.Since(j.created) < r.late {
				continue
			}
			list = append(list, r.describe(j))
		}
		return reply(200, list), nil
	case "create":
		if r.spent() >= r.quota || r.places > 0 && r.active() >= r.places {
			return reply(400, map[string]any{"code": "export_monthly_quota_reached", "message": "reached"}), nil
		}
		job = &registered{id: fmt.Sprintf("job%d", len(r.jobs)+1), title: what, created: time.Now(), ended: time.Now().Add(r.run)}
		r.jobs = append(r.jobs, job)
		job.failed = r.fails != nil && r.fails(what, len(r.jobs))
		if r.processed != nil {
			r.processed(op, job)
		}
		return reply(200, map[string]any{"jobId": job.id}), nil
	}
	if job == nil {
		return reply(404, map[string]any{"message": "no such job", "errorId": "e1"}), nil
	}
	switch op {
	case "cancel":
		job.cancelled = true
		return reply(200, map[string]any{"successful": true}), nil
	case "results":
		if r.status(job) != "DONE" {
			return reply(400, map[string]any{"code": "invalid_jobId", "message": "not finished"}), nil
		}
		text := "7"
		if r.result != nil {
			text = r.result(job.title)
		}
		return reply(200, text), nil
	}
	return reply(200, r.describe(job)), nil
}

// store is a state backend in memory. A flush makes durable what was set.
type store struct {
	mu           sync.Mutex
	set, durable map[string]string
	flush        func() error // what happens at a flush
	flushes      int
}

func newStore() *store { return &store{set: map[string]string{}, durable: map[string]string{}} }

func (s *store) GetKey(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable[key], nil
}

func (s *store) SetKey(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[key] = value
	return nil
}

func (s *store) Flush(ctx context.Context) error {
	s.mu.Lock()
	flush, set := s.flush, maps.Clone(s.set)
	s.flushes++
	s.mu.Unlock()
	if flush != nil {
		if err := flush(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.durable, set)
	return nil
}

// paid is what the ledger durably has of a village's request, and there what it has of its place.
func (s *store) paid(t *testing.T, village string) (p journal.Paid) {
	t.Helper()
	s.record(t, "paid/people/"+village, &p)
	return p
}

func (s *store) there(t *testing.T, village string) (p journal.Place) {
	t.Helper()
	s.record(t, "place/people/"+village, &p)
	return p
}

func (s *store) record(t *testing.T, key string, v any) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if text := s.durable[key]; text != "" {
		if err := json.Unmarshal([]byte(text), &struct {
			Job any `json:"job"`
		}{v}); err != nil {
			t.Fatal(err)
		}
	}
}

// keep puts a record into the ledger, as an earlier sync would.
func (s *store) keep(key string, v any) {
	text, err := json.Marshal(struct {
		Job any `json:"job"`
	}{v})
	if err != nil {
		panic(err)
	}
	s.durable[key] = string(text)
}

// rig is what a run needs.
type rig struct {
	Config
	registry *registry
	store    journal.Store
	barriers int
	log      *bytes.Buffer
}

// newRig is a run of kinds against a registry with three places, whose jobs run for 40 s.
func newRig(t *testing.T, r *registry, kinds ...*census) *rig {
	t.Helper()
	log := &bytes.Buffer{}
	api, err := clari.New(clari.Config{BaseURL: "http://127.0.0.1/v4", APIKey: "k-0123456789", Transport: r, MaxRetries: 2})
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{registry: r, log: log, Config: Config{
		Bounds: Bounds{
			Concurrency: 1, DelayBetweenExports: 10 * time.Second, PollInterval: 5 * time.Second, PollMaxInterval: time.Minute,
			ExportAttempts: 3,
			Policy: due.Policy{
				QueueTimeout: 10 * time.Minute, RunTimeout: 10 * time.Minute, MaxResultBytes: 1 << 20, ResumeWithin: 45 * time.Minute, Reader: 1,
			},
		},
		Client: api, Scope: "test", Log: zerolog.New(zerolog.SyncWriter(log)), Summary: &Summary{},
		Opening: func(context.Context) (bool, error) { return true, nil },
	}}
	g.Barrier = func(ctx context.Context) error { g.barriers++; return ctx.Err() }
	for _, k := range kinds {
		k.api = api
		g.Kinds = append(g.Kinds, k)
	}
	return g
}

// sync is a whole run: with the ledger that it opens, and the places closed where it ended well.
func (g *rig) sync(ctx context.Context) error {
	g.Backend = g.store != nil
	g.Ledger = journal.Open(ctx, g.store, func(err error) { g.Log.Warn().Err(err).Msg("state backend does not work") })
	finish, err := Run(ctx, g.Config)
	if err == nil {
		finish(ctx)
	}
	g.Ledger.Close(ctx)
	return err
}

func newRegistry() *registry { return &registry{run: 40 * time.Second, places: 3, quota: 100} }

// outcomes sorts what became of each village.
func (k *census) outcomes() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Join(slices.Sorted(slices.Values(k.order)), ", ")
}

// creations are the times between them.
func (r *registry) gaps() (gaps []time.Duration) {
	for i := range r.jobs[1:] {
		gaps = append(gaps, r.jobs[i+1].created.Sub(r.jobs[i].created))
	}
	return gaps
}
