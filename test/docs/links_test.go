package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

var (
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	block = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```")
)

func pages(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(root + pattern)
		require.NoError(t, err)
		all = append(all, found...)
	}
	return all
}

// TestLinks: links within the project lead to a file, and to a heading in it.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(content), -1) {
			file, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			text, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				continue
			}
			require.NoError(t, err, "%s links to %s", page, m[1])
			if heading != "" {
				require.Contains(t, headings(string(text)), heading, "%s links to %s", page, m[1])
			}
		}
	}
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// headings are the anchors that GitHub gives to headings.
func headings(content string) (all []string) {
	for line := range strings.Lines(content) {
		if strings.HasPrefix(line, "#") {
			text := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			all = append(all, strings.ReplaceAll(notInAnchor.ReplaceAllString(text, ""), " ", "-"))
		}
	}
	return all
}

// TestYAML: every block of YAML is YAML, whoever reads it.
func TestYAML(t *testing.T) {
	for _, page := range pages(t) {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range block.FindAllStringSubmatch(string(content), -1) {
			for document := range strings.SplitSeq(m[1], "\n---\n") {
				var value map[string]any
				require.NoError(t, yaml.Unmarshal([]byte(document), &value), "%s:\n%s", page, document)
			}
		}
	}
}

// TestSchedules: the files to copy are YAML where they say so, and never let two syncs run at once.
func TestSchedules(t *testing.T) {
	once := map[string]string{
		"sync.sh": "flock -n", "airflow.py": "max_active_runs=1", "kubernetes.yml": "concurrencyPolicy: Forbid", "kubernetes_shards.yml": "concurrencyPolicy: Forbid",
		"github_actions.yml": "concurrency: clari", "Dockerfile": "FROM ",
	}
	files, err := filepath.Glob(root + "docs/schedules/*")
	require.NoError(t, err)
	require.Len(t, files, len(once))
	for _, file := range files {
		name := filepath.Base(file)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(content), once[name], name)
		if filepath.Ext(name) == ".yml" {
			var value map[string]any
			require.NoError(t, yaml.Unmarshal(content, &value), name)
		}
	}
}

var (
	named    = regexp.MustCompile("(?m)(?:^|`)(?:\\S*[/\\\\])?(cq-source-clari|clari-try)(?:\\.exe)? +([a-z]+)\\b")
	declared = regexp.MustCompile(`Use: *"([a-z]+)`)
)

// TestCommands: every command that a page names is one that the program has.
func TestCommands(t *testing.T) {
	has := map[string]map[string]bool{"cq-source-clari": {"serve": true}, "clari-try": {}} // serve is every plugin's
	for program, dir := range map[string]string{"cq-source-clari": "resources/command", "clari-try": "test/try"} {
		files, err := filepath.Glob(root + dir + "/*.go")
		require.NoError(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range declared.FindAllStringSubmatch(string(content), -1) {
				has[program][m[1]] = true
			}
		}
		require.Greater(t, len(has[program]), 2, program)
	}
	found := 0
	for _, page := range pages(t) {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, code := range regexp.MustCompile("(?s)```.*?```|`[^`]+`").FindAllString(string(content), -1) {
			for _, m := range named.FindAllStringSubmatch(code, -1) {
				require.True(t, has[m[1]][m[2]], "%s: %s %s", page, m[1], m[2])
				found++
			}
		}
	}
	require.Greater(t, found, 10)
}
