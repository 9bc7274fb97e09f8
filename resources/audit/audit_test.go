package audit

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

func TestDigest(t *testing.T) {
	event := func(edit func(*clari.AuditEvent)) clari.AuditEvent {
		e := clari.AuditEvent{
			At: time.Unix(1702906200, 5), ActorID: "7", Event: "api.accessed", Parameters: json.RawMessage(`{"a":1,"b":[1.0,{"y":2,"x":null}]}`),
			Extra: json.RawMessage(`{"k":12345678901234567890}`),
		}
		edit(&e)
		return e
	}
	same := digestOf(event(func(*clari.AuditEvent) {}))
	for name, edit := range map[string]func(*clari.AuditEvent){
		"zone":         func(e *clari.AuditEvent) { e.At = e.At.In(time.FixedZone("", 3600)) },
		"order, space": func(e *clari.AuditEvent) { e.Parameters = json.RawMessage(`{ "b":[1.0,{"x":null,"y":2}], "a":1 }`) },
	} {
		if digestOf(event(edit)) != same {
			t.Errorf("%s makes another event", name)
		}
	}
	seen := map[digest]string{same: "the event"}
	for name, edit := range map[string]func(*clari.AuditEvent){
		"nanosecond": func(e *clari.AuditEvent) { e.At = e.At.Add(1) },
		"actor":      func(e *clari.AuditEvent) { e.ActorID = "8" },
		"shifted":    func(e *clari.AuditEvent) { e.ActorID, e.ActorType = "", "7" },
		"parameter":  func(e *clari.AuditEvent) { e.Parameters = json.RawMessage(`{"a":1,"b":[1.0,{"y":2,"x":false}]}`) },
		"none":       func(e *clari.AuditEvent) { e.Parameters = nil },
		"last digit": func(e *clari.AuditEvent) { e.Extra = json.RawMessage(`{"k":12345678901234567891}`) },
	} {
		d := digestOf(event(edit))
		if other, again := seen[d]; again {
			t.Errorf("%s is %s", name, other)
		}
		seen[d] = name
	}
	if id := eventID(same, 3); len(id) != 34 || id[32:] != "-3" {
		t.Error(id)
	}
}

// TestPlaces: equal events that stand close together are counted, and memory does not grow with the list.
func TestPlaces(t *testing.T) {
	var p places
	event := func(n int) digest { return digestOf(clari.AuditEvent{CorrelationID: fmt.Sprint(n)}) }
	for n := range 4 * span {
		if place := p.next(event(n)); place != 0 {
			t.Fatalf("event %d has place %d", n, place)
		}
		if n%1000 != 999 {
			continue
		}
		for _, back := range []int{0, 1, 500} {
			if place := p.next(event(n - back)); place != 1 {
				t.Fatalf("event %d has place %d the second time", n-back, place)
			}
		}
	}
	if n := len(p.recent) + len(p.older); n > 2*span {
		t.Errorf("%d events are kept", n)
	}
	var q places
	for want := range 5 {
		if got := q.next(event(1)); got != want {
			t.Errorf("place %d, want %d", got, want)
		}
	}
}

func TestStart(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	now := at("2026-03-31T12:00:00Z")
	for _, test := range []struct {
		name, since, want string
		cursor            Cursor
		warnings          int
	}{
		{name: "first", want: "0001-01-01T00:00:00Z"},
		{name: "first, since", since: "2026-03-01", want: "2026-03-01T00:00:00Z"},
		{name: "goes on", cursor: Cursor{Newest: at("2026-03-30T10:00:59Z"), SyncedAt: at("2026-03-30T12:00:00Z")}, want: "2026-03-30T09:00:00Z"},
		{name: "goes on, since earlier", since: "2026-03-01", cursor: Cursor{Newest: at("2026-03-30T10:00:00Z"), SyncedAt: at("2026-03-30T12:00:00Z")}, want: "2026-03-30T09:00:00Z"},
		{name: "goes on, since later", since: "2026-03-31", cursor: Cursor{Newest: at("2026-03-30T10:00:00Z"), SyncedAt: at("2026-03-30T12:00:00Z")}, want: "2026-03-31T00:00:00Z"},
		{name: "saw nothing", since: "2026-03-01", cursor: Cursor{SyncedAt: at("2026-03-30T12:00:00Z")}, want: "2026-03-01T00:00:00Z"},
		{name: "quiet", cursor: Cursor{Newest: at("2026-01-01T00:00:00Z"), SyncedAt: at("2026-03-30T12:00:00Z")}, want: "2025-12-31T23:00:00Z"},
		{name: "gap", cursor: Cursor{Newest: at("2026-02-28T10:00:00Z"), SyncedAt: at("2026-02-28T12:00:00Z")}, want: "2026-02-28T09:00:00Z", warnings: 1},
	} {
		warnings := 0
		log := zerolog.Nop().Hook(zerolog.HookFunc(func(_ *zerolog.Event, level zerolog.Level, _ string) {
			if level == zerolog.WarnLevel {
				warnings++
			}
		})).Level(zerolog.InfoLevel)
		cfg := Config{Spec: spec.Audit{Since: test.since, Overlap: spec.Duration(time.Hour)}, Log: log}
		if got := cfg.start(test.cursor, now); !got.Equal(at(test.want)) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if test.warnings != warnings {
			t.Errorf("%s: %d warnings", test.name, warnings)
		}
	}
}
