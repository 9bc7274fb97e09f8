package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A fact has one home: the page that states it. Other pages link there.
type fact struct {
	what    string
	home    string
	pattern string   // without regard to case; a blank stands for any white space
	told    []string // how pages told it, or may: the pattern has to find each
}

var facts = []fact{
	{
		"the order of the plan", "docs/operation.md", `newest to( the)? oldest|every tab's (current|next)|what is newest is there`,
		[]string{
			"every tab's current quarter first, then every tab's next, then newest to\noldest", "current quarters, next ones, then from the newest to the oldest",
			"if the quota ends before the plan does, what is newest is there",
		},
	},
	{
		"what a month costs", "docs/operation.md", `x 30\b|exports of one tab in 30 days`,
		[]string{"tabs x quarters x syncs a day x 30", "three tabs, once a day, are 3 x 3 x 30 = 270", "| every | periods | exports of one tab in 30 days |"},
	},
	{
		"what delete-stale does", "docs/configuration.md", `delete-stale.{0,200}(deletes?|deleted|mirrors?)\b`,
		[]string{
			"`overwrite-delete-stale` (CloudQuery's default) | each sync exports every period of the spec, and the tables mirror it",
			"With `overwrite-delete-stale`, CloudQuery's default, and no state backend,\nthe day a quarter leaves `periods`, its rows are deleted",
			"Do not take `backend_options` out under `write_mode: overwrite-delete-stale`. The plugin exports those of `periods`, and CloudQuery deletes the rows of all others.",
		},
	},
	{
		"how a token is made", "docs/overview.md", `generate new api token|your avatar|settings\*?, \*?api token`,
		[]string{"In Clari, your avatar, Settings, API Token, Generate New API Token.", "Generate a token in Clari under *Settings, API Token*"},
	},
	{
		"what Ctrl-C does", "docs/reliability.md", `ctrl-c|ctrl\+c`,
		[]string{"on Ctrl-C CloudQuery kills the plugin at once", "Ctrl-C ends a sync gently: jobs that no later sync would take up are cancelled."},
	},
	{
		"when a quarter settles", "docs/reliability.md", `exported twice (more|since)|final.{0,60} exported once more|lands? in (one more|two) syncs?`,
		[]string{
			"a quarter that ended two weeks ago and was exported twice since", "a quarter is exported twice more from 14\ndays after its end on, and then costs nothing",
			"A final quarter is exported once more. Its result lands in one more sync, at no cost; then the quarter has settled",
		},
	},
	{
		"where the id of a tab is", "docs/overview.md", `app\.clari\.com/forecast|last part of (its|the tab's) address`,
		[]string{"the last part of the tab's address in Clari: `app.clari.com/forecast/net_arr`", "The `id` of a forecast tab is the last part of its\naddress"},
	},
	{
		"that two tenants need two schemas", "docs/reliability.md", `two (clari )?tenants`,
		[]string{"Two tenants of Clari need two schemas", "Two Clari tenants need two schemas in the destination and two state tables"},
	},
	{
		"how long a backfill takes", "docs/operation.md", `length of a job \+ 10 s`,
		[]string{"exports x (length of a job + 10 s) / concurrency"},
	},
	{
		"the longest that a sync can take", "docs/operation.md", `2 x .?queue_timeout`,
		[]string{"exports x (2 x queue_timeout + run_timeout)", "2 x `queue_timeout` + `run_timeout`"},
	},
	{
		"when to change the number of shards", "docs/operation.md", `(change|changing) the number of shards`,
		[]string{"Change the number of shards under `write_mode: overwrite` only."},
	},
	{
		"what the monthly quota is", "docs/operation.md", `(so many|how many)( exports)? in any 30 days`,
		[]string{"Clari lets an organisation run so many exports in any 30 days", "a monthly quota: so many in any 30 days"},
	},
	{
		"what a forced migration does", "docs/troubleshooting.md", `migrate_mode: forced`,
		[]string{"Do not use `migrate_mode: forced`, which the CLI advises: it makes the table anew, empty"},
	},
	{
		"how to compare with Clari's screen", "docs/overview.md", `\| on the screen \|`,
		[]string{"| on the screen | column of `clari_forecast_entries` |"},
	},
	{
		"that --no-migrate takes the barrier away", "docs/reliability.md", `--no-migrate`,
		[]string{"Under `cloudquery sync --no-migrate` there is no barrier"},
	},
	{
		"that CloudQuery's Hub asks for an account", "docs/overview.md", `cloudquery login|hub,? (from which .*)?asks for an account`,
		[]string{"logged in once with `cloudquery login`: the Hub, from which it takes\nthe destinations, asks for an account", "CloudQuery's Hub asks for an account"},
	},
	{
		"whose jobs a token sees", "docs/operation.md", `jobs belong to the token's user`,
		[]string{"Jobs belong to the token's user"},
	},
}

// generated tells of pages that programs write.
func generated(page string) bool {
	return page == "docs/faults.md" || page == "docs/destinations.md" || filepath.Dir(page) == "docs/tables"
}

// TestOneHome: each fact stands on its page, and on no other that a person writes.
func TestOneHome(t *testing.T) {
	texts := map[string]string{}
	for _, page := range pages(t) {
		name := strings.TrimPrefix(page, root)
		if !generated(name) {
			texts[name] = link.ReplaceAllString(readPage(t, name), "]") // where a link leads to tells nothing
		}
	}
	for _, f := range facts {
		t.Run(f.what, func(t *testing.T) {
			pattern := regexp.MustCompile(`(?is)` + strings.ReplaceAll(f.pattern, " ", `\s+`))
			for _, sentence := range f.told {
				require.True(t, pattern.MatchString(sentence), "the pattern does not find %q", sentence)
			}
			require.Regexp(t, pattern, texts[f.home], "its home does not tell it")
			for name, text := range texts {
				if at := pattern.FindStringIndex(text); name != f.home && at != nil {
					t.Errorf("%s tells it too, where a link to %s would do: %q", name, f.home, text[max(0, at[0]-60):min(len(text), at[1]+60)])
				}
			}
		})
	}
}
