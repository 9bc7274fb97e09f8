package spec

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// Refresh names periods to export again whatever the state says: written as a list of periods, or as an object.
type Refresh struct {
	// Periods to export again: one, or a list.
	Periods []string `json:"periods" accept:"text"`

	// Day (in time_zone) or instant such as 2026-03-01T12:00:00Z: what was exported before it is exported again, once.
	Before string `json:"before,omitzero"`
}

// ParsedRefresh are the periods to export again whatever state says. They have been validated by Parse.
func (s *Spec) ParsedRefresh() []Period { return parsePeriods(s.Refresh.Periods) }

// RefreshBefore is the instant before which something must have been exported for refresh to export it again. It is zero where refresh
// is a list: that exports again in every sync.
func (s *Spec) RefreshBefore() time.Time {
	before, _ := parseInstant(s.Refresh.Before, s.Location())
	return before
}

// parseInstant reads an instant, or the start of a calendar day in a time zone.
func parseInstant(text string, at *time.Location) (time.Time, bool) {
	if day, ok := parseDay(text); ok {
		return fiscal.Begins(day.Year(), day.Month(), day.Day(), at), true
	}
	instant, err := time.Parse(time.RFC3339, text)
	return instant, err == nil
}

// refresh checks both forms.
func (c *checker) refresh(s *Spec) {
	if !c.given["refresh"] || !c.asObject["refresh"] {
		c.periods("refresh", s.Refresh.Periods)
		return
	}
	if !c.given["refresh.periods"] {
		c.add("refresh.periods", "required; write the periods to export again, such as 2024_Q1..2025_Q4")
	}
	c.periods("refresh.periods", s.Refresh.Periods)
	before, ok := parseInstant(s.Refresh.Before, s.Location())
	switch {
	case !c.given["refresh.before"]:
		c.add("refresh.before", "required; write the day before which something must have been exported, such as 2026-03-01, or make refresh a list")
	case !ok:
		c.add("refresh.before", "%s is no day; write one such as 2026-03-01, or an instant such as 2026-03-01T12:00:00Z", c.show(s.Refresh.Before))
	case before.After(time.Now()):
		c.add("refresh.before", "%s is still to come; write a day or an instant that has passed", c.show(s.Refresh.Before))
	}
}
