package queries

import (
	"maps"
	"slices"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// TestDuckDB: views and queries answer in DuckDB what the stand-in knows, also where days and times are text. It is the one that comes with dbt: no
// C compiler is needed.
func TestDuckDB(t *testing.T) {
	t.Parallel()
	program := story.DBT(t, "DBT_NEWEST", "NOT TESTED ON DUCKDB")
	for name, tell := range story.All {
		for _, mode := range []string{"overwrite", "append", "text"} {
			if mode == "append" && name != "weekly" || mode == "text" && name != "history" && name != "designed" { // like the others
				continue
			}
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				s := *truth.Of(tell(t))
				s.AsTables = true
				d := &story.Database{Mode: mode}
				if mode == "text" {
					d.Mode = "append"
				}
				texts := map[string]string{}
				for name := range truth.Oracles {
					if name == "salesforce" || name == "clari_limits_current" { // these ask the database themselves
						continue
					}
					q := story.ByName(name)
					if texts[name] = q.Without("activities"); q.IsView {
						texts[name] = "SELECT * FROM " + name
					}
				}
				got := s.InDuckDB(t, program, d.Mode, mode == "text", texts)
				for _, name := range slices.Sorted(maps.Keys(texts)) {
					want := truth.Oracles[name](t, &s, d)
					if len(want) == 0 && s.MayBeEmpty(name, d) && len(got[name]) == 0 {
						continue
					}
					story.Equal(t, name, got[name], want)
				}
			})
		}
	}
}
