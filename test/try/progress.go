package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// What the plugin's log says of one export, and what that is to somebody who waits. Other lines are shown only where all are.
var (
	starts = []string{"export started", "landing the job of an earlier sync"}
	lands  = []string{"rows sent"} // what makes them durable comes at the end
	loses  = []string{"export did not land"}
)

// progress shows what a sync does: at a terminal one line that moves, and warnings and errors above it; else, or if all events are asked
// for, plain lines.
type progress struct {
	mu      sync.Mutex
	out     io.Writer
	lines   io.Writer // plain ones
	moving  bool
	began   time.Time
	drawn   time.Time
	waiting map[string]string // export -> what it is called
	newest  string
	landed  int
	lost    int
	planned int // exports of the sync, as far as is known
	quota   int // exports left; -1: nobody has said
	rows    int64
}

func newProgress(out io.Writer, verbose bool) *progress {
	file, ok := out.(*os.File)
	return &progress{
		out: out, lines: runner.Console(out), moving: ok && !verbose && movable(file),
		began: time.Now(), quota: -1, waiting: map[string]string{},
	}
}

// Write takes one line of the plugins' log.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var event struct {
		Level    string `json:"level"`
		Message  string `json:"message"`
		Forecast string `json:"forecast_id"`
		Period   string `json:"requested_period"`
		Of       int    `json:"of"`         // exports planned
		Quota    *int   `json:"quota_left"` // of the limits
	}
	if json.Unmarshal(line, &event) == nil {
		name := strings.TrimSpace(event.Forecast + " " + event.Period)
		p.planned = max(p.planned, event.Of)
		if event.Quota != nil {
			p.quota = *event.Quota
		}
		switch {
		case has(starts, event.Message):
			p.waiting[name], p.newest = name, name
		case has(lands, event.Message):
			delete(p.waiting, name)
			p.landed++
		case has(loses, event.Message):
			delete(p.waiting, name)
			p.lost++
		}
	}
	if !p.moving {
		return p.lines.Write(line)
	}
	if event.Level == "warn" || event.Level == "error" {
		fmt.Fprint(p.out, clearLine)
		if _, err := p.lines.Write(line); err != nil {
			return 0, err
		}
	}
	p.draw(true)
	return len(line), nil
}

// message counts rows.
func (p *progress) message(m runner.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows += m.Rows
	p.draw(false)
}

const (
	clearLine = "\r\x1b[K"
	least     = 100 * time.Millisecond // between two drawings
)

func (p *progress) draw(now bool) {
	if !p.moving || !now && time.Since(p.drawn) < least {
		return
	}
	p.drawn = time.Now()
	fmt.Fprint(p.out, clearLine, p.text())
}

// text is the line, at most 78 letters.
func (p *progress) text() string {
	text := fmt.Sprintf("%s  %d", time.Since(p.began).Round(time.Second), p.landed)
	if p.planned > 0 {
		text += fmt.Sprintf(" of %d", p.planned)
	}
	text += " exports"
	if p.lost > 0 {
		text += fmt.Sprintf(", %d lost", p.lost)
	}
	text += fmt.Sprintf(", %d rows", p.rows)
	if p.quota >= 0 {
		text += fmt.Sprintf(", quota left %d", p.quota)
	}
	switch n := len(p.waiting); {
	case n == 1:
		for _, name := range p.waiting {
			text += "; waiting for " + name
		}
	case n > 1:
		text += fmt.Sprintf("; waiting for %s and %d more", p.newest, n-1)
	}
	if letters := []rune(text); len(letters) > 78 {
		text = string(letters[:75]) + "..."
	}
	return text
}

// end takes the line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moving {
		fmt.Fprint(p.out, clearLine)
	}
	p.moving = false
}

func has(all []string, message string) bool {
	for _, m := range all {
		if m == message {
			return true
		}
	}
	return false
}
