package docs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// otherLabels is a tenant that calls everything by other names, as far as an export may, and writes quotas in words.
func otherLabels(now time.Time) sim.Config {
	tenant := sim.SalesTeam(12, now)
	tenant.Tabs = tenant.Tabs[:1]
	quota := regexp.MustCompile(`("Data Type":"Quota Value","Data Value":")[^"]+`)
	names := strings.NewReplacer(
		`"Forecast Value"`, `"Submission"`, `"Forecast Updated"`, `"Has Submitted"`, `"Adjustment Value"`, `"Override"`,
		`"Email":`, `"E-Mail Address":`, `"CRM User ID":`, `"Salesforce Id":`, `"Role":`, `"Title":`, `"Parent Role":`, `"Reports To":`,
	)
	return sim.Config{Tenant: tenant, JSON: sim.FlatObjects, Run: sim.Fixed(time.Second), Faults: []sim.Fault{{
		Op: sim.Results, Count: sim.Always, Do: sim.Rewritten("other labels", func(body []byte) []byte {
			return []byte(names.Replace(string(quota.ReplaceAll(body, []byte("${1}1.2 Mio")))))
		}),
	}}}
}

// TestFirstSync: the screen of a first sync that the docs show is what such a tenant's sync says.
func TestFirstSync(t *testing.T) {
	_, screen, ok := strings.Cut(readPage(t, question), "```first-sync\n")
	require.True(t, ok)
	screen, _, _ = strings.Cut(screen, "```")
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, otherLabels(time.Now()), map[string]any{"periods": []string{"previous", "current", "next"}, "fiscal_year_start_month": 2})
		w.MustSync(world.ExportsOnly())
		warnings := 0
		for _, line := range w.Logs.Parsed(t) {
			if line["level"] != "warn" {
				continue
			}
			warnings++
			shown := false
			for l := range strings.Lines(screen) {
				shown = shown || strings.Contains(l, "WRN "+fmt.Sprint(line["message"])) && strings.Contains(l, "example="+quotedIfSpaced(fmt.Sprint(line["example"])))
			}
			require.True(t, shown, "%v", line)
		}
		require.Equal(t, strings.Count(screen, "WRN"), warnings)
		require.Positive(t, warnings)
	})
}

// quotedIfSpaced is how the screen writes a value.
func quotedIfSpaced(s string) string {
	if strings.Contains(s, " ") {
		return `"` + s + `"`
	}
	return s
}
