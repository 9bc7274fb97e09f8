package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

var activityTypes = []string{"meeting", "email_sent", "email_received", "attachment_sent", "attachment_received"}

// Activities switches on the tables of activities.
type Activities struct {
	// First day of which activities are exported, as 2026-01-31, in time_zone. Without it, 90 days back.
	Since string `json:"since,omitzero"`

	// Types of activities to export, all of them by default.
	Types []string `json:"types" jsonschema:"minItems=1,uniqueItems=true"`

	// Days that one export covers. Each export costs one of the monthly quota.
	WindowDays int `json:"window_days" jsonschema:"minimum=1,maximum=366"`

	// Days before the last export that the next one covers again, since activities arrive late. Only the newest window is exported
	// more than once.
	OverlapDays int `json:"overlap_days" jsonschema:"minimum=0,maximum=366"`
}

// Audit switches on the tables of audit events.
type Audit struct {
	// First day of which audit events are listed, as 2026-01-31, in UTC. Without it, as far as Clari reaches back: about 30 days.
	Since string `json:"since,omitzero"`

	// How far each sync reaches back behind the newest event of the last one, since events arrive late. Needs a state backend;
	// without one every sync starts at since.
	Overlap Duration `json:"overlap"`
}

// Opportunities switches on the tables of opportunities.
type Opportunities struct {
	// CRM ids of opportunities to look up.
	IDs []string `json:"ids,omitempty"`

	// Look up the opportunities of this sync's activities too. Without it, true where the block activities is there.
	FromActivities bool `json:"from_activities,omitzero"`
}

// DefaultActivities returns an Activities with every default set.
func DefaultActivities() Activities {
	return Activities{Types: slices.Clone(activityTypes), WindowDays: 30, OverlapDays: 2}
}

// DefaultAudit returns an Audit with every default set.
func DefaultAudit() Audit { return Audit{Overlap: Duration(time.Hour)} }

// activityDays is how far back activities go where since is not set.
const activityDays = 90

// SinceDay is the first day of which activities are exported: midnight UTC of the calendar day, given today's in the same form.
func (a Activities) SinceDay(today time.Time) time.Time {
	if day, ok := parseDay(a.Since); ok {
		return day
	}
	return today.AddDate(0, 0, -activityDays)
}

// SinceDay is the start of the first day of which audit events are listed, zero where none is set.
func (a Audit) SinceDay() time.Time {
	day, _ := parseDay(a.Since)
	return day
}

// parseDay reads a calendar day. YAML readers make a time of one that stands without quotes.
func parseDay(text string) (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, strings.TrimSuffix(text, "T00:00:00Z"))
	return day, err == nil
}

// Block is an optional part of the spec that switches on tables. A new one is a field of Spec, and a value here and in blocks.
type Block struct {
	Key     string // as users write it
	On      func(*Spec) bool
	Example string                // of it, in a line
	of      reflect.Type          // its keys
	check   func(*checker, *Spec) // of what the kinds of its values do not tell; nil: nothing
}

// The blocks.
var (
	ActivitiesBlock = &Block{
		Key: "activities", Example: "activities: {}", On: func(s *Spec) bool { return s.Activities != nil }, of: reflect.TypeFor[Activities](), check: (*checker).activities,
	}
	AuditBlock = &Block{
		Key: "audit", Example: "audit: {}", On: func(s *Spec) bool { return s.Audit != nil }, of: reflect.TypeFor[Audit](), check: (*checker).audit,
	}
	OpportunitiesBlock = &Block{
		Key: "opportunities", Example: `opportunities: {ids: ["..."]}`, On: func(s *Spec) bool { return s.Opportunities != nil },
		of: reflect.TypeFor[Opportunities](), check: (*checker).opportunities,
	}
)

func blocks() []*Block { return []*Block{ActivitiesBlock, AuditBlock, OpportunitiesBlock} }

// blocks checks those that are there.
func (c *checker) blocks(s *Spec) {
	for _, b := range blocks() {
		if b.On(s) && b.check != nil {
			b.check(c, s)
		}
	}
}

func (c *checker) activities(s *Spec) {
	a := s.Activities
	c.day("activities.since", a.Since)
	c.activityTypes("activities.types", a.Types)
	c.whole("activities.window_days", a.WindowDays, 1, 366)
	c.whole("activities.overlap_days", a.OverlapDays, 0, 366)
}

func (c *checker) audit(s *Spec) {
	c.day("audit.since", s.Audit.Since)
	if s.Audit.Overlap < 0 {
		c.add("audit.overlap", `is negative; write "0s" or more`)
	}
}

func (c *checker) opportunities(s *Spec) {
	o := s.Opportunities
	for i, id := range o.IDs {
		if strings.ContainsFunc(id, unicode.IsSpace) {
			c.add(fmt.Sprintf("opportunities.ids[%d]", i), "%s has white space in it; write the opportunity's id as the CRM has it", c.show(id))
		}
	}
	switch {
	case o.FromActivities && s.Activities == nil && !c.given["activities"]:
		c.add("opportunities.from_activities", "needs the activities: add the block activities, or remove the key; without activities list ids")
	case !o.FromActivities && len(o.IDs) == 0:
		c.add("opportunities", "names no opportunities; list ids, or add the block activities")
	}
}

func (c *checker) day(path, text string) {
	day, ok := parseDay(text)
	switch {
	case !ok && (text != "" || c.given[path]):
		c.add(path, "%s is no day; write one such as 2026-01-31", c.show(text))
	case ok && day.Year() < firstYear:
		c.add(path, "%s is before anything that Clari has; look at the year", c.show(text))
	case ok && day.After(time.Now().AddDate(0, 0, 1)): // it may be tomorrow elsewhere
		c.add(path, "%s is still to come; write a day that has passed", c.show(text))
	}
}

func (c *checker) activityTypes(path string, types []string) {
	if len(types) == 0 {
		c.add(path, "is empty; list one type or more, or remove the key")
	}
	for i, t := range types {
		at := fmt.Sprintf("%s[%d]", path, i)
		asClariWrites := t == strings.ToUpper(t) && slices.Contains(activityTypes, strings.ToLower(t))
		if !asClariWrites && !slices.Contains(activityTypes, t) {
			c.oneOf(at, t, activityTypes)
		} else if first := slices.IndexFunc(types, func(o string) bool { return strings.EqualFold(o, t) }); first < i {
			c.add(at, "repeats types[%d]; remove one", first)
		}
	}
}
