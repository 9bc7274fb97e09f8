package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Store is a state backend: CloudQuery's state client is one. GetKey returns "" for a key that was never set.
type Store interface {
	GetKey(ctx context.Context, key string) (string, error)
	SetKey(ctx context.Context, key, value string) error
	Flush(ctx context.Context) error
}

// state is where an export stands in the journal.
type state string

const (
	creating state = "creating" // flushed before the request that creates a job: a job may exist
	running  state = "running"  // a job exists, its rows are not known to have landed
	done     state = "done"     // its rows were handed over past a barrier
	failed   state = "failed"   // its job or its result is of no use
)

// entry is what the journal keeps of one request: under 1 KiB of JSON, overwritten in place since a state backend cannot delete.
type entry struct {
	State      state     `json:"state,omitempty"`
	JobID      string    `json:"job_id,omitempty"`
	At         time.Time `json:"at,omitzero"`          // when the job was asked for, on Clari's clock
	ExportedAt time.Time `json:"exported_at,omitzero"` // first known: a re-download is no second snapshot

	// What is known of the quarter, kept over the exports of it.
	Quarter string    `json:"quarter,omitempty"`
	End     time.Time `json:"end,omitzero"` // its last day
	HadRows bool      `json:"had_rows,omitempty"`

	// What the last export that is done landed.
	DoneJobID string   `json:"done_job_id,omitempty"`
	Tables    []string `json:"tables,omitempty"`
	Schema    int      `json:"schema,omitempty"`
	// When exports of the quarter later than its end and settle_days were made; two, of two syncs, settle it.
	Settled []time.Time `json:"settled,omitempty"`
}

// journal keeps entries in a state backend. All of it is a no-op without one.
type journal struct {
	store Store
	warn  func(err error) // told once of a backend that does not take writes: a paid export goes on
}

func fingerprint(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fingerprint of plain data: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// exportKey is the journal's key of a request: whatever changes what Clari is asked for is another request.
func exportKey(baseURL string, r Request, history bool) string {
	r.Types = slices.Sorted(slices.Values(r.Types))
	return "clari/export/" + fingerprint(struct {
		BaseURL string
		Request
		History bool
	}{baseURL, r, history})
}

// tabKey is the key of the quarters of a tab that were exported as current and are not settled yet.
func tabKey(baseURL string, t Tab) string {
	return "clari/tab/" + fingerprint(struct {
		BaseURL string
		Tab
	}{baseURL, t})
}

// calendarKey is the key of the fiscal calendar as far as results have shown it.
func calendarKey(baseURL string) string {
	return "clari/calendar/" + fingerprint(baseURL)
}

// load reads a key into v, and leaves v as it is where there is none. What cannot be read or understood is as if it was never written.
func (j *journal) load(ctx context.Context, key string, v any) {
	if j.store == nil {
		return
	}
	text, err := j.store.GetKey(ctx, key)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), reflect.New(reflect.TypeOf(v).Elem()).Interface()) // half of it would be worse than nothing
	}
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		j.warn(fmt.Errorf("journal: read: %w", err))
	}
}

func (j *journal) save(ctx context.Context, key string, v any) {
	if j.store == nil {
		return
	}
	text, err := json.Marshal(v)
	if err == nil {
		err = j.store.SetKey(ctx, key, string(text))
	}
	if err != nil {
		j.warn(fmt.Errorf("journal: write: %w", err))
	}
}

func (j *journal) flush(ctx context.Context) {
	if j.store == nil {
		return
	}
	if err := j.store.Flush(ctx); err != nil && ctx.Err() == nil { // a sync that is stopped says nothing of the backend
		j.warn(fmt.Errorf("journal: flush: %w", err))
	}
}
