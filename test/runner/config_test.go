package runner

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestLoad(t *testing.T) {
	config, err := Load("testdata/clari.yml", environment(map[string]string{
		"CLARI_API_KEY": "secret # not a comment", "TABLES": "[clari_forecast_entries, clari_forecast_users]",
	}))
	require.NoError(t, err)
	got, err := json.MarshalIndent(config, "", "  ")
	require.NoError(t, err)
	const golden = "testdata/clari.json"
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.Equal(t, "sqlite", config.Destination().Name)

	_, err = Load("testdata/none.yml", nil)
	require.ErrorContains(t, err, "testdata/none.yml: cannot be read: ")
}

const (
	source      = "kind: source\nspec: {name: s, tables: [t], destinations: [d]}\n"
	destination = "---\nkind: destination\nspec: {name: d}\n"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"whole", source + destination, ""},
		{"comments only, in between", "# ${UNSET}\n---\n" + source + "---\n# nothing\n" + destination, ""},
		{"empty", "", "has no document in it"},
		{"two sources", source + "---\n" + source + destination, "there is no source of Clari's"},
		{"no destination", source, `source s: destinations[0]: "d" is in no document`},
		{"twice", source + destination + destination, "source s: destinations: d is there twice"},
		{"no tables", "kind: source\nspec: {name: s, destinations: [d]}\n" + destination, "source s: tables: required; "},
		{"no name", "kind: source\nspec: {tables: [t], destinations: [d], spec: {}}\n" + destination, "source: name: required; "},
		{"other kind", "kind: addon\nspec: {name: x}\n", `document 1: kind: "addon" is none of source, destination, transformer; `},
		{"transformer", source + "---\nkind: transformer\nspec: {name: t, spec: {a: 1}}\n---\nkind: destination\nspec: {name: d, transformers: [t]}\n", ""},
		{"no such transformer", source + "---\nkind: destination\nspec: {name: d, transformers: [t]}\n", `destination d: transformers[0]: "t" is in no document of kind transformer; `},
		{"no spec", "kind: source\n", "document 1: spec: is missing; "},
		{"unknown key", source + "---\nkind: destination\nspec: {name: d, writemode: append}\n", `destination d: writemode: unknown key; the nearest known one is write_mode`},
		{"write mode", source + "---\nkind: destination\nspec: {name: d, write_mode: replace}\n", `write_mode: "replace" is none of overwrite-delete-stale, overwrite, append; `},
		{"migrate mode", source + "---\nkind: destination\nspec: {name: d, migrate_mode: unsafe}\n", `migrate_mode: "unsafe" is none of safe, forced; the nearest known one is safe`},
		{"no YAML", "kind: [", "line 1: did not find"},
		{"unset", "kind: ${UNSET}\n", "the variable UNSET is not set"},
		{"no file", "kind: ${file:testdata/none}\n", "testdata/none"},
		{"variable in a flow list", "kind: source\nspec: {name: ${NAME}, tables: [${NAME}, x], destinations: [d]}\n" + destination, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config, err := Parse([]byte(test.text), environment(map[string]string{"NAME": "s"}))
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "s", config.Source.Name)
			require.Equal(t, "d", config.Destination().Name)
		})
	}
}

func TestFileVariable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "value")
	tests := []struct {
		name, content, yaml string
		want                any
	}{
		{"text", "abc", `"${file:` + path + `}"`, "abc"},
		{"JSON over several lines, as text", "{\n  \"a\": \"b\"\n}", `"${file:` + path + `}"`, "{\n  \"a\": \"b\"\n}"},
		{"JSON text over several lines", "\"a\"\n", `"${file:` + path + `}"`, "\"a\"\n"},
		{"structure", "[1, 2.5, {a: 2025-02-01}]", `${file:` + path + `}`, []any{json.Number("1"), json.Number("2.5"), map[string]any{"a": "2025-02-01"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
			text := "kind: source\nspec:\n  name: s\n  tables: [t]\n  destinations: [d]\n  spec:\n    value: " + test.yaml + "\n" + destination
			config, err := Parse([]byte(text), nil)
			require.NoError(t, err, text)
			require.Equal(t, map[string]any{"value": test.want}, config.Source.Spec)
		})
	}
}

// FuzzParse: no document panics, and one that is accepted can be run and written out again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(source + destination))
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := Parse(data, environment(map[string]string{"A": "a: [b", "B": "b"}))
		if err != nil {
			return
		}
		require.NotEmpty(t, config.Source.Name)
		require.Equal(t, config.Source.Destinations[0], config.Destination().Name)
		again, err := json.Marshal(config.Source)
		require.NoError(t, err)
		require.NoError(t, decode(again, new(Source)))
	})
}
