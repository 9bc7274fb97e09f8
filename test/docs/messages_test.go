package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	page     = "docs/messages.md"
	question = "docs/troubleshooting.md" // has the codes of test-connection
)

var quoted = regexp.MustCompile("`([^`]+)`")

// TestMessages: whatever the plugin can say has its line in the documentation, and no line is about something that it cannot say. A line
// quotes a part of the message, with ... for what is filled in.
func TestMessages(t *testing.T) {
	content := readPage(t, page)
	phrases := append(firstColumn(chapter(t, content, "## Messages")), quotes(chapter(t, content, "### Messages that nobody should see"))...)
	stages := firstColumn(chapter(t, content, "## What was being done"))
	all := texts(t, "client", "resources")
	for _, x := range all {
		has := slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(x.words, p) })
		if !has && !onlySays(x.words, stages) {
			t.Errorf("%s says %q, and %s has no line about it", x.where, x.words, page)
		}
	}
	for _, p := range phrases {
		if !slices.ContainsFunc(all, func(x text) bool { return strings.Contains(x.words, p) }) {
			t.Errorf("%s has a line about %q, which nothing says", page, p)
		}
	}
	for _, s := range stages {
		if !slices.ContainsFunc(all, func(x text) bool { return slices.Contains(clauses(x.words), s) }) {
			t.Errorf("%s explains %q, which no message begins with", page, s)
		}
	}
}

// TestAnswers: each code of Clari's that the plugin knows, and each code of test-connection.
func TestAnswers(t *testing.T) {
	content := readPage(t, page)
	known := matches(t, "client/clari/wire/errors.go", `\tcode\w+ += "(\w+)"`)
	var told []string
	for _, p := range firstColumn(chapter(t, content, "## What Clari answers")) {
		if fields := strings.Fields(p); len(fields) == 3 {
			told = append(told, fields[2])
		}
	}
	require.ElementsMatch(t, known, told)
	require.ElementsMatch(t, matches(t, "resources/plugin/testconnection.go", `= "([A-Z_]+)"`), firstColumn(chapter(t, readPage(t, question), "## Testing the connection")))
}

func matches(t *testing.T, file, pattern string) (all []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(readPage(t, file), -1) {
		all = append(all, m[1])
	}
	require.NotEmpty(t, all)
	return all
}

func readPage(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(root + file)
	require.NoError(t, err)
	return string(content)
}

// chapter is what stands between a heading and the next of its level.
func chapter(t *testing.T, content, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(content, "\n"+heading+"\n")
	require.True(t, ok, heading)
	level, _, _ := strings.Cut(heading, " ")
	for i := range rest {
		if after, ok := strings.CutPrefix(rest[i:], "\n#"); ok && len(after)-len(strings.TrimLeft(after, "#")) < len(level) {
			return rest[:i]
		}
	}
	return rest
}

// firstColumn is what is quoted in the first column of tables.
func firstColumn(content string) (all []string) {
	for line := range strings.Lines(content) {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ := strings.Cut("`"+row, " |")
			all = append(all, quotes(cell)...)
		}
	}
	return all
}

func quotes(content string) (all []string) {
	for _, m := range quoted.FindAllStringSubmatch(content, -1) {
		all = append(all, m[1])
	}
	return all
}

// onlySays tells whether a message has no words of its own: only where it happened, and what it wraps.
func onlySays(words string, stages []string) bool {
	for _, part := range clauses(words) {
		if !slices.Contains(stages, part) && part != "then" {
			return false
		}
	}
	return true
}

var between = regexp.MustCompile(`\.\.\.|[:;,()]`)

func clauses(words string) (all []string) {
	for _, part := range between.Split(words, -1) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
