package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"
)

// Store is a state backend: CloudQuery's state client is one. GetKey returns "" for a key that was never set.
type Store interface {
	GetKey(ctx context.Context, key string) (string, error)
	SetKey(ctx context.Context, key, value string) error
	Flush(ctx context.Context) error
}

const (
	// FlushPatience is how long Flushed waits: a creation waits so long for the journal to say that it is about to be sent.
	FlushPatience = 30 * time.Second

	readPatience = 30 * time.Second // how long a key is waited for
	callPatience = 45 * time.Second // how long the end of a run waits for one call of the backend
	stopPatience = time.Second      // how long a stopped sync, whose process may be about to end, still writes
	flushRetry   = 5 * time.Second  // the first gap after a flush that failed; it doubles up to FlushPatience
)

// Journal keeps what is known in a state backend, and does nothing without one.
//
// CloudQuery's state client holds one lock over the whole of a flush and ignores its contexts, so one goroutine talks to it. Everybody
// else works on a copy in memory, and waits only as long as is said.
type Journal struct {
	store Store
	warn  func(err error) // told of a backend that does not work: a paid export goes on

	mu      sync.Mutex
	known   map[string]string // what has been read, and what was saved since
	dirty   map[string]string // what was saved and has not been flushed
	saves   int               // so many times something was saved
	flushed int               // of them have been flushed
	tried   int               // of them a flush was tried for, be it that it failed
	hung    bool              // the backend let somebody wait in vain, and has not answered since

	saved    chan struct{} // told when something was saved
	written  chan struct{} // closed, and made anew, at the end of each flush
	answered chan struct{} // told when the backend has answered a call
	reads    chan read
	closing  chan struct{}
	ended    chan struct{} // closed when the goroutine has ended
	stopped  func() error  // why the run is over; nil while it is not
	cancel   context.CancelFunc
}

type read struct {
	key    string
	answer chan<- answer
}

type answer struct {
	text string
	err  error
}

// Open starts the goroutine; Close ends it. Without a store nothing is read or kept. warn is told of each failure of the backend.
func Open(ctx context.Context, store Store, warn func(error)) *Journal {
	j := &Journal{
		store: store, warn: warn, known: map[string]string{}, dirty: map[string]string{},
		saved: make(chan struct{}, 1), written: make(chan struct{}), answered: make(chan struct{}, 1), reads: make(chan read), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if store == nil {
		return j
	}
	j.stopped = ctx.Err
	ctx, j.cancel = context.WithCancel(context.WithoutCancel(ctx)) // a stopped sync still has to save the id of a paid job
	go j.work(ctx)
	return j
}

func (j *Journal) work(ctx context.Context) {
	defer close(j.ended)
	gap := flushRetry
	retry := time.NewTimer(0)
	retry.Stop()
	defer retry.Stop()
	for {
		select {
		case r := <-j.reads:
			text, err := j.store.GetKey(ctx, r.key)
			r.answer <- answer{text, err}
			j.told()
			continue
		case <-j.saved:
		case <-retry.C:
		case <-j.closing:
			if err := j.flush(ctx); err != nil && j.stopped() == nil { // else it says nothing of the backend
				j.warn(fmt.Errorf("journal: flush: %w", err))
			}
			return
		}
		if err := j.flush(ctx); err != nil {
			j.warn(fmt.Errorf("journal: flush: %w", err))
			retry.Reset(gap)
			gap = min(2*gap, FlushPatience)
		} else {
			gap = flushRetry
		}
	}
}

// told notes that the backend has answered a call.
func (j *Journal) told() {
	j.mu.Lock()
	j.hung = false
	j.mu.Unlock()
	select {
	case j.answered <- struct{}{}:
	default:
	}
}

// flush writes what has been saved since it was last written.
func (j *Journal) flush(ctx context.Context) error {
	j.mu.Lock()
	batch, saves := maps.Clone(j.dirty), j.saves
	j.mu.Unlock()
	var err error
	for _, key := range slices.Sorted(maps.Keys(batch)) {
		err = errors.Join(err, j.store.SetKey(ctx, key, batch[key]))
		j.told()
	}
	if err == nil && len(batch) > 0 { // else all that was saved is there already
		err = j.store.Flush(ctx)
	}
	j.told()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tried = saves
	if err == nil {
		j.flushed = saves
		for key, text := range batch {
			if j.dirty[key] == text {
				delete(j.dirty, key)
			}
		}
	}
	close(j.written)
	j.written = make(chan struct{})
	return err
}

// Load reads a key into v, and leaves v as it is where there is none. What cannot be understood is as if it was never written. An error says that the key could
// not be read, so that nobody knows what was done before; warn was told of it, and who can do without what was kept goes on.
func (j *Journal) Load(ctx context.Context, key string, v any) error {
	if j.store == nil {
		return nil
	}
	text, err := j.get(ctx, key)
	set, wrong := decode([]byte(text), v)
	switch wrong = cmp.Or(err, wrong); {
	case wrong == nil:
		set()
	case ctx.Err() == nil:
		j.warn(fmt.Errorf("journal: read: %w", wrong))
	}
	return err
}

// decode reads a text for v, and set takes over what it says: half of it would be worse than nothing. Of an empty text that is nothing.
func decode(text []byte, v any) (set func(), err error) {
	if len(text) == 0 || v == nil {
		return func() {}, nil
	}
	whole := reflect.New(reflect.TypeOf(v).Elem())
	err = json.Unmarshal(text, whole.Interface())
	return func() { reflect.ValueOf(v).Elem().Set(whole.Elem()) }, err
}

var errHung = errors.New("it does not answer")

func (j *Journal) get(ctx context.Context, key string) (string, error) {
	j.mu.Lock()
	text, ok := j.known[key]
	hung := j.hung
	j.mu.Unlock()
	switch {
	case ok:
		return text, nil
	case hung:
		return "", errHung
	}
	patience := time.NewTimer(readPatience)
	defer patience.Stop()
	answers := make(chan answer, 1)
	send := j.reads
	for {
		select {
		case send <- read{key, answers}:
			send = nil
		case a := <-answers:
			if a.err != nil {
				return "", a.err
			}
			j.mu.Lock()
			defer j.mu.Unlock()
			if saved, ok := j.known[key]; ok {
				return saved, nil
			}
			j.known[key] = a.text
			return a.text, nil
		case <-patience.C:
			return "", j.gaveUp(readPatience)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (j *Journal) gaveUp(after time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hung = true
	return fmt.Errorf("no answer within %s", after)
}

// Save sets a key. It is written soon, and at the latest at the end of the run.
func (j *Journal) Save(key string, v any) {
	if j.store == nil {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		j.warn(fmt.Errorf("journal: write: %w", err))
		return
	}
	text := string(data)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.known[key] == text && j.dirty[key] == "" {
		return
	}
	j.known[key], j.dirty[key] = text, text
	j.saves++
	select {
	case j.saved <- struct{}{}:
	default:
	}
}

// Flushed returns when all that was saved so far has been written, or when nobody should wait any longer for that: after FlushPatience, or
// at once where a flush has failed or the backend has not answered. It reports whether all was written.
func (j *Journal) Flushed(ctx context.Context) bool {
	if j.store == nil {
		return false
	}
	timer := time.NewTimer(FlushPatience)
	defer timer.Stop()
	j.mu.Lock()
	saves := j.saves
	for j.tried < saves && !j.hung { // after one that failed nobody waits for the next try
		written := j.written
		j.mu.Unlock()
		select {
		case <-written:
		case <-timer.C:
			j.warn(fmt.Errorf("journal: flush: %w", j.gaveUp(FlushPatience)))
			return false
		case <-ctx.Done():
			return false
		}
		j.mu.Lock()
	}
	defer j.mu.Unlock()
	return j.flushed >= saves
}

// Close writes what is left, and ends the goroutine. It waits for a slow backend as long as that answers, and not for one that hangs.
func (j *Journal) Close(ctx context.Context) {
	if j.store == nil {
		return
	}
	close(j.closing)
	patience := callPatience
	timer := time.NewTimer(patience)
	defer timer.Stop()
	stopped := ctx.Done()
	for {
		select {
		case <-j.ended:
			j.cancel()
			return
		case <-j.answered:
			if ctx.Err() == nil {
				timer.Reset(patience)
			}
		case <-stopped:
			stopped, patience = nil, stopPatience
			timer.Reset(patience)
		case <-timer.C:
			j.warn(fmt.Errorf("journal: flush: %w", j.gaveUp(patience)))
			j.cancel()
			return
		}
	}
}
