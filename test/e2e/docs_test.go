package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

var yamlBlock = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```")

// TestDocumentsInDocs: whatever a reader may copy as a whole works.
func TestDocumentsInDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	deeper, err := filepath.Glob("../../docs/*/*.md")
	require.NoError(t, err)
	pages = append(append(pages, deeper...), "../../README.md")
	documents := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(block[1], "kind: source") {
				continue
			}
			documents++
			config, err := runner.Parse([]byte(block[1]), func(string) (string, bool) { return "dummy-value", true })
			require.NoError(t, err, "%s:\n%s", page, block[1])
			data, err := json.Marshal(config.Source.Spec)
			require.NoError(t, err)
			_, err = spec.Parse(data)
			require.NoError(t, err, "%s:\n%s", page, block[1])
		}
	}
	require.GreaterOrEqual(t, documents, 2)
}
