package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

var yamlBlock = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```")

// TestDocumentsInDocs: whatever a reader may copy as a whole works.
func TestDocumentsInDocs(t *testing.T) {
	documents, copied := map[string]int{}, filepath.Join(t.TempDir(), "clari.yml")
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/*/*.md", "docs/examples/*.yml"} {
		pages, err := filepath.Glob("../../" + pattern)
		require.NoError(t, err)
		require.NotEmpty(t, pages, pattern)
		for _, page := range pages {
			content, err := os.ReadFile(page)
			require.NoError(t, err)
			blocks := []string{string(content)}
			if filepath.Ext(page) == ".md" {
				blocks = nil
				for _, block := range yamlBlock.FindAllStringSubmatch(string(content), -1) {
					if strings.Contains(block[1], "kind: source") {
						blocks = append(blocks, block[1])
					}
				}
			}
			for _, block := range blocks {
				documents[strings.TrimPrefix(page, "../../")]++
				require.NoError(t, os.WriteFile(copied, []byte(block), 0o644))
				_, problems := command.Load([]string{copied}, specfile.Env{Lookup: func(string) (string, bool) { return "dummy-value", true }})
				require.Empty(t, problems, "what check says of %s:\n%s", page, block)
			}
		}
	}
	for page, blocks := range documents {
		if filepath.Ext(page) == ".yml" {
			require.Equal(t, 1, blocks, page)
			delete(documents, page)
		}
	}
	require.Equal(t, map[string]int{"README.md": 1, "docs/configuration.md": 2, "docs/data.md": 1}, documents)
}
