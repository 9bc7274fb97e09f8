package world

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// Logs keeps the lines of all syncs.
type Logs struct {
	mu   sync.Mutex
	Text bytes.Buffer
}

func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Text.Write(p)
}

func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Text.String()
}

// Count is how many lines of a level contain a text.
func (l *Logs) Count(level, text string) (n int) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, `"level":"`+level+`"`) && strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// Parsed are the lines of a log.
func (l *Logs) Parsed(t testing.TB) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		all = append(all, fields)
	}
	return all
}
