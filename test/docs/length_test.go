package docs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
)

// words counts what a person has to read: not what is generated.
func words(text string) int { return len(strings.Fields(parts.Any.ReplaceAllString(text, ""))) }

// TestTenMinutes: a page for users is read in ten minutes, and the first rows are reached in three.
func TestTenMinutes(t *testing.T) {
	for page, most := range map[string]int{
		"README.md": 1300, "docs/overview.md": 2500, "docs/configuration.md": 2500, "docs/operation.md": 2500, "docs/data.md": 2500, "docs/queries/README.md": 2500,
		"docs/troubleshooting.md": 2500, "docs/reliability.md": 2500, "docs/upgrade.md": 2500,
	} {
		require.LessOrEqual(t, words(readPage(t, page)), most, page)
	}
	first, _, ok := strings.Cut(readPage(t, "docs/overview.md"), "\n## In production\n")
	require.True(t, ok)
	require.LessOrEqual(t, words(first), 600)
	require.Greater(t, strings.Index(first, "SELECT"), 0, "the first rows are looked at")
}
