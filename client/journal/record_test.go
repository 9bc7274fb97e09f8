package journal

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

type own struct {
	End  time.Time `json:"end,omitzero"`
	Text string    `json:"text,omitempty"`
}

// largest are records at their largest: every field set, ids far longer than Clari's, and a kind that keeps as much as one may.
func largest() (paid Paid, place Place, kind own) {
	at := time.Date(2026, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	id := strings.Repeat("f", 36)
	paid = Paid{
		Job:     &PaidJob{ID: id, AskedAt: at, ExportedAt: at, Listed: true, TooLarge: 1 << 40, Unread: 99},
		Trouble: at.Unix(),
		Failure: &Failure{Job: id, AskedAt: at, Cause: Cause(strings.Repeat("\x01\"é", 900)), Reader: 99, Tries: 999, NextTry: at.Truncate(24 * time.Hour)},
		Place:   PlaceKey("here"), UsedUp: true,
	}
	for i := range 9 {
		sent := at.Add(time.Duration(i) * time.Minute)
		paid.Sending(Creation{Sent: sent, GivenUp: sent.Add(time.Minute), NoList: true})
	}
	all := Contents{Types: []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}, Whole: true}
	place = Place{
		Job: id, AskedAt: at, ExportedAt: at, LandedAt: at, Expires: at,
		Contents: all, Before: &all, Schema: 99,
		Tables: []string{"clari_forecast_entries", "clari_forecast_users", "clari_forecast_fields", "clari_forecast_time_periods", "clari_forecast_time_frames"},
		Open:   true, Days: Days{Newest: 20_000, Bits: 1<<daysKept - 1},
	}
	return paid, place, own{End: at, Text: strings.Repeat("k", 30)}
}

// TestUnder1KiB: no record is longer, as some backends keep no longer values.
func TestUnder1KiB(t *testing.T) {
	paid, place, kind := largest()
	for name, ledger := range map[string]any{"paid": paid, "place": place} {
		bubble(t, name, func(t *testing.T) {
			b := newBackend()
			j := reopen(t, b, func() *Journal {
				j := Open(t.Context(), b, func(err error) { t.Error(err) })
				j.SaveRecord("a", ledger, kind)
				return j
			}())
			defer j.Close(t.Context())
			if n := len(b.durable["a"]); n > 1024 {
				t.Errorf("%d bytes: %s", n, b.durable["a"])
			}
			read, readKind := reflect.New(reflect.TypeOf(ledger)), own{}
			if err := j.LoadRecord(t.Context(), "a", read.Interface(), &readKind); err != nil {
				t.Error(err)
			}
			if !reflect.DeepEqual(read.Elem().Interface(), ledger) || readKind != kind {
				t.Errorf("read %+v %+v", read.Elem(), readKind)
			}
		})
	}
}

// TestMembersApart: what a kind keeps may have the names of the ledger's fields.
func TestMembersApart(t *testing.T) {
	bubble(t, "same names", func(t *testing.T) {
		b := newBackend()
		j := Open(t.Context(), b, func(err error) { t.Error(err) })
		j.SaveRecord("a", Place{Job: "1"}, struct {
			Job int `json:"job"`
		}{7})
		if j = reopen(t, b, j); b.durable["a"] != `{"job":{"job":"1"},"kind":{"job":7}}` {
			t.Errorf("kept %s", b.durable["a"])
		}
		var place Place
		if err := j.LoadRecord(t.Context(), "a", &place, nil); err != nil {
			t.Error(err)
		}
		if place.Job != "1" {
			t.Errorf("read %+v", place)
		}
		j.Close(t.Context())
	})
}

// TestNotUnderstood: a record of which one part cannot be understood is as if it was never written.
func TestNotUnderstood(t *testing.T) {
	for _, text := range []string{`{"job":{"job":"1"},"kind":7}`, `{"job":[],"kind":{"text":"a"}}`, `{"job":`} {
		bubble(t, text, func(t *testing.T) {
			b := newBackend()
			b.durable["a"] = text
			warnings := 0
			j := Open(t.Context(), b, func(error) { warnings++ })
			var place Place
			var kind own
			if err := j.LoadRecord(t.Context(), "a", &place, &kind); err != nil {
				t.Error(err)
			}
			if place.Job != "" || kind != (own{}) || warnings != 1 {
				t.Errorf("read %+v %+v, %d warnings", place, kind, warnings)
			}
			j.Close(t.Context())
		})
	}
}

// TestLists: a list that grows goes on under numbered keys, each under 1 KiB, and may shrink again.
func TestLists(t *testing.T) {
	bubble(t, "grows and shrinks", func(t *testing.T) {
		b := newBackend()
		j := Open(t.Context(), b, func(err error) { t.Error(err) })
		for _, n := range []int{0, 1, 300, 20, 1000, 0} {
			var list []string
			for range n {
				list = append(list, strings.Repeat("q", 1+len(list)%90))
			}
			SaveList(j, "list", list)
			j = reopen(t, b, j)
			if read, err := LoadList[string](t.Context(), j, "list"); err != nil || !reflect.DeepEqual(read, list) && len(read)+len(list) > 0 {
				t.Errorf("of %d items %d were read: %v", n, len(read), err)
			}
		}
		for key, text := range b.durable {
			if len(text) > 1024 {
				t.Errorf("%s has %d bytes", key, len(text))
			}
		}
		j.Close(t.Context())
	})
}

// TestUnclear: an answer clears its own creation and no other; too many become fewer that cover the same time, and the last stays apart.
func TestUnclear(t *testing.T) {
	var p Paid
	at := func(minute int) time.Time { return time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC) }
	send := func(minute int) { p.Sending(Creation{Sent: at(minute), GivenUp: at(minute + 1)}) }
	send(0)
	send(10)
	p.Answered(at(10))
	if len(p.Unclear) != 1 || !p.Unclear[0].Sent.Equal(at(0)) {
		t.Errorf("left: %+v", p.Unclear)
	}
	send(20)
	send(30)
	if first := p.Unclear[0]; len(p.Unclear) != 2 || !first.Sent.Equal(at(0)) || !first.GivenUp.Equal(at(21)) {
		t.Errorf("together: %+v", p.Unclear)
	}
	p.Answered(at(30))
	if len(p.Unclear) != 1 || !p.Unclear[0].Sent.Equal(at(0)) {
		t.Errorf("left of the three: %+v", p.Unclear)
	}
}

// TestCause: a text of any kind becomes short JSON that says how it began.
func TestCause(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("a", 5000), strings.Repeat("\x00", 5000), strings.Repeat("é\"", 999), "\xff\xfe" + strings.Repeat("b", 500)} {
		short := Cause(text)
		written, err := json.Marshal(short)
		if err != nil || len(written) > maxCause+2 {
			t.Errorf("%d bytes, %v", len(written), err)
		}
		if begins := strings.TrimSuffix(short, "..."); !strings.HasPrefix(strings.ToValidUTF8(text, ""), begins) || len(text) > 100 && len(begins) < 15 {
			t.Errorf("%.20q became %q", text, short)
		}
	}
}

// TestDays: 40 days are kept, and what is not known counts as there.
func TestDays(t *testing.T) {
	var d Days
	if d.Has(0) || d.Has(20_000) {
		t.Error("an empty set has a day")
	}
	for _, day := range []int32{20_000, 20_003, 19_990, 19_000} {
		d = d.With(day)
	}
	for day, want := range map[int32]bool{20_004: false, 20_003: true, 20_002: false, 20_000: true, 19_990: true, 19_989: false, 19_964: false, 19_963: true, 19_000: true} {
		if got := d.Has(day); got != want {
			t.Errorf("day %d: %t", day, got)
		}
	}
	if d = d.With(20_043); d.Bits != 1 || d.Newest != 20_043 {
		t.Errorf("40 days later: %+v", d)
	}
}
