package world

import (
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
)

// Destination stands in for the CLI and a destination behind it: what it loses and keeps is what was measured of them. Inserts are
// buffered. A migrate message writes out those that the CLI has handed over, which takes it up to a second. The end of a
// successful sync writes out all. A sync that fails or dies loses what is buffered.
type Destination struct {
	mu          sync.Mutex
	DeleteStale bool
	Batches     bool                      // it also writes out every 10,000 rows, and what has waited for 20 seconds
	Tables      map[string]map[string]Row // table -> _cq_id -> row
	stale       map[string]map[string]time.Time
	incremental map[string]bool
}

// load is what one sync brings to a destination.
type load struct {
	*Destination
	buffer   []buffered
	waiting  int64 // rows in the buffer
	syncTime time.Time
}

type buffered struct {
	at     time.Time
	record arrow.Record
}

// What the SDK's batch writers do by default.
const (
	batchRows = 10_000
	batchTime = 20 * time.Second
)

const cliHandOver = time.Second

func NewDestination() *Destination {
	return &Destination{Tables: map[string]map[string]Row{}, stale: map[string]map[string]time.Time{}, incremental: map[string]bool{}}
}

func (w *Destination) begin() *load { return &load{Destination: w, syncTime: time.Now()} }

// take takes a message in. A destination that is slow holds up whoever sends to it.
func (l *load) take(m message.SyncMessage, takes time.Duration) error {
	arrived := time.Now()
	time.Sleep(takes)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m := m.(type) {
	case *message.SyncMigrateTable:
		if l.Tables[m.Table.Name] == nil {
			l.Tables[m.Table.Name], l.stale[m.Table.Name] = map[string]Row{}, map[string]time.Time{}
		}
		l.incremental[m.Table.Name] = m.Table.IsIncremental
		return l.write(arrived.Add(-cliHandOver))
	case *message.SyncInsert:
		name := TableName(m.Record)
		if l.Tables[name] == nil {
			return fmt.Errorf("record of %s before its migrate message", name)
		}
		if m.Record.NumRows() > 5000 || m.Record.NumRows() == 0 {
			return fmt.Errorf("record of %d rows", m.Record.NumRows())
		}
		l.buffer = append(l.buffer, buffered{arrived, m.Record})
		if l.waiting += m.Record.NumRows(); l.Batches && l.waiting >= batchRows {
			return l.write(arrived)
		}
		return l.writeOld(arrived)
	default:
		return fmt.Errorf("message %T", m)
	}
}

// writeOld writes out what has waited for too long, where the destination does.
func (l *load) writeOld(now time.Time) error {
	if !l.Batches {
		return nil
	}
	return l.write(now.Add(-batchTime - cliHandOver))
}

// write writes out what had arrived by then.
func (l *load) write(until time.Time) error {
	for len(l.buffer) > 0 && !l.buffer[0].at.After(until) {
		record := l.buffer[0].record
		l.buffer, l.waiting = l.buffer[1:], l.waiting-record.NumRows()
		name := TableName(record)
		seen := map[string]bool{}
		for i := range int(record.NumRows()) {
			r, err := RowAt(record, i)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			id := r["_cq_id"].(string)
			if seen[id] {
				return fmt.Errorf("%s: key %s twice in one record", name, id)
			}
			seen[id] = true
			l.Tables[name][id], l.stale[name][id] = r, l.syncTime
		}
	}
	return nil
}

// end is what the CLI does when the sync has returned. backend says whether one was configured.
func (l *load) end(err error, backend bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		written := l.writeOld(time.Now())
		l.buffer = nil
		return written
	}
	if err := l.write(time.Now()); err != nil {
		return err
	}
	for name, rows := range l.Tables {
		if !l.DeleteStale || l.incremental[name] && backend {
			continue
		}
		for id := range rows {
			if l.stale[name][id].Before(l.syncTime) {
				delete(rows, id)
			}
		}
	}
	return nil
}

// Rows are the rows of a table that match.
func (w *Destination) Rows(table string, match func(Row) bool) []Row {
	var found []Row
	for _, r := range w.Tables[table] {
		if match == nil || match(r) {
			found = append(found, r)
		}
	}
	return found
}
