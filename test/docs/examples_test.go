// Package docs holds the documents to what the program does: specs to copy, messages, notices.
package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

const root = "../../"

var variable = regexp.MustCompile(`\$\{\w+\}`) // the CLI fills them in

// document is one YAML document of a CloudQuery configuration.
type document struct {
	Kind string
	Spec documentSpec
	raw  map[string]any // what stands under spec
}

// documentSpec has the keys that the CLI knows and the examples use.
type documentSpec struct {
	Name, Registry, Path, Version string
	Tables                        []string
	SkipTables                    []string `yaml:"skip_tables"`
	Destinations                  []string
	BackendOptions                *struct {
		TableName  string `yaml:"table_name"`
		Connection string
	} `yaml:"backend_options"`
	WriteMode string `yaml:"write_mode"`
	Spec      map[string]any
}

// TestExamples: every spec to copy is one that the plugin takes, and its destinations' blocks have keys that those destinations know.
func TestExamples(t *testing.T) {
	schema := compile(t, spec.JSONSchema)
	files, err := filepath.Glob(root + "docs/examples/*.yml")
	require.NoError(t, err)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			documents := read(t, file)
			require.Equal(t, "source", documents[0].Kind, "the source comes first")
			source, used := documents[0].Spec, map[string]bool{}
			checkSource(t, schema, source.Spec)
			require.NotEmpty(t, source.Tables)
			for _, name := range source.Destinations {
				used[name] = true
			}
			backend := ""
			if source.BackendOptions != nil {
				require.NotEmpty(t, source.BackendOptions.TableName)
				backend = strings.TrimSuffix(strings.TrimPrefix(source.BackendOptions.Connection, "@@plugins."), ".connection")
				used[backend] = true
			}
			for _, d := range documents[1:] {
				require.Equal(t, "destination", d.Kind)
				require.True(t, used[d.Spec.Name], "%s: nothing uses it", d.Spec.Name)
				delete(used, d.Spec.Name)
				checkDestination(t, d, d.Spec.Name == backend)
			}
			require.Empty(t, used, "named, but not there")
		})
	}
}

// TestExampleOfEachDestination: with a state backend and without. What is not kept cannot be had later, so rows that would be
// overwritten are kept as history where there is a state backend.
func TestExampleOfEachDestination(t *testing.T) {
	for _, p := range destination.Profiles() {
		for _, state := range []bool{true, false} {
			file := "docs/examples/" + p.Name + "_without_state.yml"
			if state {
				file = "docs/examples/" + p.Name + ".yml"
			}
			t.Run(file, func(t *testing.T) {
				documents := read(t, root+file)
				source := documents[0].Spec
				require.Equal(t, []string{p.Name}, source.Destinations)
				require.Equal(t, state, source.BackendOptions != nil)
				require.Equal(t, []any{"previous", "current", "next"}, source.Spec["periods"])
				require.Equal(t, p.WriteMode, documents[1].Spec.WriteMode)
				if state && p.Overwrites() {
					require.Equal(t, true, source.Spec["history"])
				} else {
					require.NotContains(t, source.Spec, "history")
				}
				if state && p.State != destination.NoState {
					require.Equal(t, "@@plugins."+p.Name+".connection", source.BackendOptions.Connection, "the state is kept where the rows are")
				}
			})
		}
	}
}

func read(t *testing.T, file string) (documents []document) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	d := yaml.NewDecoder(bytes.NewReader(variable.ReplaceAll(content, []byte("filled-in"))))
	d.KnownFields(true)
	for {
		var one document
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		documents = append(documents, one)
	}
	require.Greater(t, len(documents), 1)
	raw := yaml.NewDecoder(bytes.NewReader(variable.ReplaceAll(content, []byte("filled-in"))))
	for i := range documents {
		var one struct{ Spec map[string]any }
		require.NoError(t, raw.Decode(&one))
		documents[i].raw = one.Spec
	}
	return documents
}

// checkSource holds a spec against the schema and against what the plugin itself accepts.
func checkSource(t *testing.T, schema *jsonschema.Schema, s map[string]any) {
	t.Helper()
	data, err := json.Marshal(s)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
	_, err = spec.Parse(data)
	require.NoError(t, err)
}

func checkDestination(t *testing.T, d document, keepsState bool) {
	t.Helper()
	p, ok := destination.For(d.Spec.Path)
	require.True(t, ok, d.Spec.Path)
	require.Equal(t, "cloudquery", d.Spec.Registry)
	require.Equal(t, p.Example.Version, d.Spec.Version)
	require.Empty(t, p.Check(d.raw))
	if keepsState {
		require.NotEqual(t, destination.NoState, p.State)
	}
}

func compile(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("spec.json", value))
	schema, err := c.Compile("spec.json")
	require.NoError(t, err)
	return schema
}

var pinned = regexp.MustCompile(`path: (cloudquery/\w+)\n +version: (\S+)`)

// TestVersionsInDocs: a destination has the same version wherever the docs name one.
func TestVersionsInDocs(t *testing.T) {
	pages, err := filepath.Glob(root + "docs/*.md")
	require.NoError(t, err)
	found := 0
	for _, page := range append(pages, root+"README.md") {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range pinned.FindAllStringSubmatch(string(content), -1) {
			if p, known := destination.For(m[1]); known {
				require.Equal(t, p.Example.Version, m[2], "%s in %s", m[1], page)
				found++
			}
		}
	}
	require.Positive(t, found)
}
