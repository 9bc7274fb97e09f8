// Package truth reckons what views and queries must answer about a story: from the exports that the stand-in for Clari made and from what a write mode
// keeps of them, in plain Go. It knows what each question means, and no SQL.
package truth

import (
	"maps"
	"slices"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// A Story is one that is told, with what the current views must hold when it has landed.
type Story struct {
	story.Story
	Now *Present
}

// An Oracle reckons the rows that a view or query must return.
type Oracle func(t *testing.T, s *Story, d *story.Database) []story.Row

// Present is what the current views must hold.
type Present struct {
	Entries   []oracle.Row
	LastKnown []oracle.Row            // with in_latest_export
	Others    map[string][]oracle.Row // by table
	Jobs      []string                // ids of those that the present state is of
	newest    map[any]string          // forecast_key to the id of its newest job
	newestDay map[any]string          // and the day on which it ended
}

// Of is a story with its truth.
func Of(s *story.Story) *Story { return &Story{*s, presentOf(s.Jobs)} }

// But is the story with other entries: in truth, and by statements in what has landed.
func (s *Story) But(change func(r oracle.Row), edits ...string) *Story {
	other, now := *s, *s.Now
	for _, list := range []*[]oracle.Row{&now.Entries, &now.LastKnown} {
		*list = slices.Clone(*list)
		for i, r := range *list {
			(*list)[i] = maps.Clone(r)
			change((*list)[i])
		}
	}
	other.Now, other.Edits = &now, edits
	return &other
}
