package plugin

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// TestPersonalDataIsDocumented holds docs/data.md against the tables: what it names is there, and what a description calls personal is named.
func TestPersonalDataIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/data.md")
	require.NoError(t, err)
	all := allTables(table.Options{}).FlattenTables()
	named := map[string][]string{} // table -> columns
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "`clari_") {
			continue
		}
		var columns []string
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			columns = append(columns, m[1])
		}
		var tables schema.Tables
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			of := all.Get(m[1])
			require.NotNil(t, of, m[1])
			tables = append(tables, of)
			named[of.Name] = columns
		}
		for _, column := range columns {
			require.True(t, slices.ContainsFunc(tables, func(of *schema.Table) bool { return of.Columns.Get(column) != nil }), "%s of %s", column, cells[1])
		}
	}
	require.GreaterOrEqual(t, len(named), 9)
	for _, of := range all {
		for _, c := range of.Columns {
			if strings.Contains(c.Description, "ersonal data") {
				require.Contains(t, named[of.Name], c.Name, of.Name)
			}
			if c.Name == "email" || c.Name == "subject" || c.Name == "ip_address" {
				require.Contains(t, named[of.Name], c.Name, of.Name)
			}
		}
	}
}

// TestTransformationsFit: what the spec to copy leaves out or obfuscates is there, no key that CloudQuery needs is removed, and only text is
// obfuscated.
func TestTransformationsFit(t *testing.T) {
	text, err := os.ReadFile("../../docs/data.md")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(text), "```yaml\n")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "```")
	all := allTables(table.Options{}).FlattenTables()
	n := 0
	for document := range strings.SplitSeq(block, "\n---\n") {
		var d struct {
			Kind string
			Spec struct {
				Spec struct {
					Transformations []struct {
						Kind            string
						Tables, Columns []string
					}
				}
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(document), &d))
		for _, tr := range d.Spec.Spec.Transformations {
			require.Contains(t, []string{"obfuscate_columns", "remove_columns"}, tr.Kind)
			for _, name := range tr.Tables {
				of := all.Get(name)
				require.NotNil(t, of, name)
				for _, column := range tr.Columns {
					c := of.Columns.Get(column)
					require.NotNil(t, c, "%s.%s", name, column)
					require.False(t, c.PrimaryKey)
					if tr.Kind == "obfuscate_columns" {
						require.Equal(t, "utf8", c.Type.String(), "%s.%s", name, column)
					}
					n++
				}
			}
		}
	}
	require.Greater(t, n, 5)
}
