package world

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Sent is what came out of a sync, for tests that judge rows and messages as they were sent.
type Sent struct {
	Err      error
	Rows     map[string][]Row // by table, in the order sent
	Messages []Message
	Stream   []message.SyncMessage // the messages themselves
	Log      string                // lines of the log, from debug on
}

// A Message is one that the plugin sent. Rows is 0 for that a table is there.
type Message struct {
	Table string
	Rows  int64
}

// Collect runs one sync of all tables to its end, with ids as the CLI asks for them, and keeps what it sent in place of the destination.
func (w *World) Collect() *Sent {
	w.T.Helper()
	s := &Sent{Rows: map[string][]Row{}}
	var log Logs
	s.Err = w.Sync(SyncOptions{SyncOptions: sdk.SyncOptions{DeterministicCQID: true}, Logs: &log, discard: true, Message: func(m message.SyncMessage) {
		s.Stream = append(s.Stream, m)
		switch m := m.(type) {
		case *message.SyncMigrateTable:
			s.Messages = append(s.Messages, Message{Table: m.Table.Name})
		case *message.SyncInsert:
			name := TableName(m.Record)
			s.Messages = append(s.Messages, Message{name, m.Record.NumRows()})
			for i := range int(m.Record.NumRows()) {
				r, err := RowAt(m.Record, i)
				if err != nil {
					w.T.Errorf("%s: %v", name, err)
				}
				s.Rows[name] = append(s.Rows[name], r)
			}
		}
	}})
	s.Log = log.String()
	return s
}

// ResultRows is how many rows were sent that come from a result.
func (s *Sent) ResultRows() (n int) {
	for _, table := range ResultTables {
		n += len(s.Rows[table])
	}
	return n
}

// Body answers requests for results with a body, in place of the tenant's own. It is for sim.Config.Intercept.
func Body(body []byte) func(*sim.Exchange) bool {
	return Answer(func(w http.ResponseWriter) { w.Write(body) })
}

// Answer answers requests for results. It is for sim.Config.Intercept.
func Answer(do func(http.ResponseWriter)) func(*sim.Exchange) bool {
	return func(x *sim.Exchange) bool {
		if x.Op != sim.Results {
			return false
		}
		x.Writer.Header().Set("Content-Type", "application/json")
		do(x.Writer)
		return true
	}
}

// Rewritten answers requests for results with the tenant's own, as rewrite returns it. It is for sim.Config.OnJob and Intercept.
func Rewritten(cfg *sim.Config, rewrite func([]byte) []byte) {
	var mu sync.Mutex
	jobs := map[int]*sim.Job{}
	cfg.OnJob = func(j *sim.Job) {
		mu.Lock()
		defer mu.Unlock()
		jobs[j.Number] = j
	}
	cfg.Intercept = func(x *sim.Exchange) bool {
		mu.Lock()
		j := jobs[x.Job]
		mu.Unlock()
		if x.Op != sim.Results || j == nil {
			return false
		}
		e := j.Export
		e.At = j.EndsAt()
		var body bytes.Buffer
		e.WriteTo(&body)
		x.Writer.Header().Set("Content-Type", map[string]string{"JSON": "application/json", "CSV": "text/csv"}[j.Format])
		io.Copy(x.Writer, bytes.NewReader(rewrite(body.Bytes())))
		return true
	}
}
