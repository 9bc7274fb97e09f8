package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuestions: what people ask first has its answer below a heading, and the README leads to that page.
func TestQuestions(t *testing.T) {
	readme := readPage(t, "README.md")
	for _, q := range []struct{ question, page, heading, answer string }{
		{"What does it cost me a month?", "docs/operation.md", "## What it costs", `tabs x quarters x syncs a day x 30`},
		{"What happens if I press Ctrl-C?", "docs/reliability.md", "## What Ctrl-C and a crash lead to", `CloudQuery kills a plugin that it started, at once`},
		{"Why are my manager's numbers double?", "docs/troubleshooting.md", "## The numbers look wrong", `a manager's row includes the team`},
		{"Where do I get a token, and whose should it be?", "docs/overview.md", "## Your own forecasts", `Generate New API Token(.|\n)*integration user`},
		{"Can I look at it without an account?", "docs/overview.md", "## The first rows", `clari-try demo`},
		{"Which hosts must the firewall open?", "docs/operation.md", "## Rights and hosts", "`api.clari.com`"},
		{"What may the warehouse's account do?", "docs/destinations.md", "## What its account must be allowed", `roles/bigquery.dataEditor`},
		{"How long may a sync take?", "docs/operation.md", "### The longest that a sync can take", `export_attempts`},
		{"May two syncs run at once, and share a state table?", "docs/reliability.md", "## Several configurations, several syncs", `must not overlap`},
		{"Why has last year's quarter vanished?", "docs/troubleshooting.md", "## The numbers look wrong", `a quarter has vanished`},
		{"How do I rotate the token?", "docs/operation.md", "## Secrets", `same user`},
		{"How do I notice that rows are missing, and bring them back?", "docs/operation.md", "## Alerts", "`reload`"},
		{"What will a backfill of three years lack?", "docs/operation.md", "### A first backfill", `People who are no longer opted in`},
		{"What does it cost to add a type?", "docs/operation.md", "## Changes of the configuration", `a type more`},
		{"Do I pay again if the scheduler tries again?", "docs/operation.md", "## Schedule it", `buys only what is missing`},
		{"What did it make of my labels?", "docs/troubleshooting.md", "## What the first sync understood", `labels_unknown`},
		{"Which columns are about people?", "docs/data.md", "## Personal data", `clari_forecast_users`},
		{"How do I export a quarter once more?", "docs/configuration.md", "## With a state backend", "`refresh`"},
		{"What does CloudQuery charge?", "docs/overview.md", "### What CloudQuery asks for", `price page`},
	} {
		t.Run(q.question, func(t *testing.T) {
			require.Regexp(t, regexp.MustCompile(q.answer), chapter(t, readPage(t, q.page), q.heading))
			require.True(t, strings.Contains(readme, "]("+q.page), "the README does not lead to %s", q.page)
		})
	}
}
