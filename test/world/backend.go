package world

import (
	"context"
	"maps"
	"time"
)

// Flush is how one call of a state backend goes.
type Flush struct {
	Takes time.Duration
	Hangs bool
	Err   error
}

// stateClient is CloudQuery's state client (v3, of SDK v4.69.0) over a map: it reads all at the start, and writes what changed at a flush.
// One mutex is held for the whole of a flush, which SetKey and GetKey need too, whatever their context says. The write itself ends with
// its context; what it was to write is written by the next one.
type stateClient struct {
	world   *World
	process *Process
	flush   func(n int) Flush
	flushes int
	mutex   chan struct{} // a bubble's clock stands still while somebody waits for a sync.Mutex
	seen    map[string]string
	changed map[string]string
}

func newStateClient(w *World, p *Process, flush func(int) Flush) *stateClient {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return &stateClient{
		world: w, process: p, flush: flush, mutex: make(chan struct{}, 1), seen: maps.Clone(w.State), changed: map[string]string{},
	}
}

// lock reports false when the process has ended instead.
func (c *stateClient) lock() bool {
	select {
	case c.mutex <- struct{}{}:
		return true
	case <-c.process.gone:
		return false
	}
}

func (c *stateClient) unlock() { <-c.mutex }

func (c *stateClient) GetKey(_ context.Context, key string) (string, error) {
	if !c.lock() {
		return "", ErrKilled
	}
	defer c.unlock()
	return c.seen[key], nil
}

func (c *stateClient) SetKey(_ context.Context, key, value string) error {
	if !c.lock() {
		return ErrKilled
	}
	defer c.unlock()
	if c.seen[key] != value {
		c.seen[key], c.changed[key] = value, value
	}
	return nil
}

func (c *stateClient) Flush(ctx context.Context) error {
	if !c.lock() {
		return ErrKilled
	}
	defer c.unlock()
	for key, value := range c.changed {
		if len(value) > 1024 {
			c.world.T.Errorf("state %s has %d bytes", key, len(value))
		}
	}
	c.flushes++
	var how Flush
	if c.flush != nil {
		how = c.flush(c.flushes)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var over <-chan time.Time // never, of one that hangs
	if !how.Hangs {
		timer := time.NewTimer(how.Takes)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.process.gone:
		return ErrKilled
	}
	if c.process.dead.Load() {
		return ErrKilled
	}
	if how.Err != nil {
		return how.Err
	}
	c.world.Mu.Lock()
	defer c.world.Mu.Unlock()
	maps.Copy(c.world.State, c.changed)
	c.changed = map[string]string{}
	return nil
}

func (*stateClient) Close() error { return nil }
