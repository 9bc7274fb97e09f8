package queue

import (
	"context"
	"sync"
)

// most stands for a concurrency that only the limits bound.
const most = 1 << 10

// Slots are the jobs that a run may have in flight, and those that it has. They are safe for concurrent use.
type Slots struct {
	tokens chan struct{}
	freed  chan struct{} // told when one less is waited for, so that a place in Clari's queue may be free
	fixed  int           // 0: as many as the limits leave

	mu     sync.Mutex
	waited map[any]bool // what holds a place in Clari's queue, or may
	spare  int          // places for this run as the limits said last, where they bound it
}

// NewSlots makes so many slots; with 0, the limits alone bound them.
func NewSlots(concurrency int) *Slots {
	size := concurrency
	if size == 0 {
		size = most
	}
	return &Slots{tokens: make(chan struct{}, size), freed: make(chan struct{}, 1), fixed: concurrency, waited: map[any]bool{}, spare: 1}
}

// Acquire waits until another job may be in flight. It reports false when the context has ended.
func (s *Slots) Acquire(ctx context.Context) bool {
	select {
	case s.tokens <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Release gives a slot back.
func (s *Slots) Release() { <-s.tokens }

// Begin notes that a job is waited for.
func (s *Slots) Begin(who any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waited[who] = true
}

// End notes that a job is not waited for any more, even if it still runs.
func (s *Slots) End(who any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waited, who)
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// Waiting is how many jobs are waited for.
func (s *Slots) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waited)
}

// Places is how many jobs may be in flight: as asked, else as the limits said last.
func (s *Slots) Places() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fixed > 0 {
		return s.fixed
	}
	return s.spare
}

// left notes how many places the limits leave to this run, less one for others.
func (s *Slots) left(free int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = max(1, len(s.waited)+free-1)
}
