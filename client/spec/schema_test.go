package spec

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(JSONSchema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	require.NoError(t, err)
	return schema
}

// node is what the tests look at in a JSON schema.
type node struct {
	Description          string
	Type                 string
	Default              json.RawMessage
	Enum                 []any
	Required             []string
	AdditionalProperties *bool
	Properties           map[string]node
	Items                *node
}

func schemaNodes(t *testing.T) (root, forecast node) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(JSONSchema), &root))
	return root, *root.Properties["forecasts"].Items
}

// TestSchemaDefaults spells every default of the schema out in a document: it must mean the same as one without.
func TestSchemaDefaults(t *testing.T) {
	root, forecast := schemaNodes(t)
	require.Len(t, defaults(root), 20)
	require.Len(t, defaults(forecast), 2)
	require.Len(t, defaults(root.Properties["activities"]), 3)
	require.Len(t, defaults(root.Properties["audit"]), 1)

	doc := defaults(root)
	doc["api_key"] = json.RawMessage(`"k"`)
	entry := defaults(forecast)
	entry["id"] = json.RawMessage(`"a"`)
	list, err := json.Marshal([]any{entry})
	require.NoError(t, err)
	doc["forecasts"] = list
	for _, block := range []string{"activities", "audit", "opportunities"} {
		doc[block], err = json.Marshal(defaults(root.Properties[block]))
		require.NoError(t, err)
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)

	spelled, err := Parse(text)
	require.NoError(t, err)
	implied, err := Parse([]byte(`{"api_key":"k","forecasts":[{"id":"a"}],"activities":{},"audit":{},"opportunities":{}}`))
	require.NoError(t, err)
	require.Equal(t, implied, spelled)

	// Keys without a default in the schema are zero in Go too.
	text, err = json.Marshal(implied)
	require.NoError(t, err)
	var inGo map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &inGo))
	require.ElementsMatch(t, slices.Collect(maps.Keys(doc)), slices.Collect(maps.Keys(inGo)))
}

func defaults(n node) map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	for key, p := range n.Properties {
		if p.Default != nil {
			values[key] = p.Default
		}
	}
	return values
}

func TestSchemaIsStrictAndDescribed(t *testing.T) {
	root, forecast := schemaNodes(t)
	require.Equal(t, []string{"api_key", "forecasts"}, root.Required)
	require.Equal(t, []string{"id"}, forecast.Required)
	for _, block := range []string{"activities", "audit", "opportunities"} {
		require.Empty(t, root.Properties[block].Required, block)
	}
	var walk func(path string, n node)
	walk = func(path string, n node) {
		if n.Properties != nil || n.Type == "object" {
			require.NotNil(t, n.AdditionalProperties, path)
			require.False(t, *n.AdditionalProperties, path)
		}
		for key, p := range n.Properties {
			require.NotEmpty(t, p.Description, join(path, key))
			walk(join(path, key), p)
		}
		if n.Items != nil {
			walk(path+"[]", *n.Items)
		}
	}
	walk("", root)
}

// TestEnums holds the enum tags of the struct against the lists that Parse uses.
func TestEnums(t *testing.T) {
	root, forecast := schemaNodes(t)
	for _, list := range []struct {
		schema []any
		parse  []string
	}{
		{root.Properties["export_format"].Enum, exportFormats},
		{root.Properties["on_empty"].Enum, onEmpty},
		{root.Properties["on_unread"].Enum, onUnread},
		{forecast.Properties["types"].Items.Enum, exportTypes},
	} {
		var texts []string
		for _, value := range list.schema {
			texts = append(texts, value.(string))
		}
		require.Equal(t, list.parse, texts)
	}
	var types []string
	for _, value := range root.Properties["activities"].Properties["types"].Items.Enum {
		types = append(types, value.(string))
	}
	require.Equal(t, append(slices.Clone(activityTypes), strings.Split(strings.ToUpper(strings.Join(activityTypes, ",")), ",")...), types)
	require.ElementsMatch(t, []any{"auto", "true", "false", true, false}, forecast.Properties["include_historical"].Enum)
}

const configuration = "../../docs/configuration.md"

func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile(configuration)
	require.NoError(t, err)
	root, forecast := schemaNodes(t)
	for key := range root.Properties {
		require.Contains(t, string(text), "`"+key+"`")
	}
	for key := range forecast.Properties {
		require.Contains(t, string(text), "`forecasts[]."+key+"`")
	}
	for _, block := range []string{"activities", "audit", "opportunities"} {
		for key := range root.Properties[block].Properties {
			require.Contains(t, string(text), "`"+block+"."+key+"`")
		}
	}
}

// TestDocumentedExamples parses every YAML block of the documentation: whole configurations, and single keys of a spec.
func TestDocumentedExamples(t *testing.T) {
	text, err := os.ReadFile(configuration)
	require.NoError(t, err)
	schema := compileSchema(t)
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	require.Greater(t, len(blocks), 5)
	sources := 0
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		for document := range strings.SplitSeq(block, "\n---\n") {
			var values map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(document), &values), document)
			switch values["kind"] {
			case "destination":
				continue
			case "source":
				sources++
				source := values["spec"].(map[string]any)
				require.NotEmpty(t, source["destinations"])
				values = source["spec"].(map[string]any)
			default:
				for key, value := range map[string]any{"api_key": "k", "forecasts": []any{map[string]any{"id": "net_arr"}}} {
					if values[key] == nil {
						values[key] = value
					}
				}
			}
			if key, ok := values["api_key"].(string); ok {
				values["api_key"] = strings.ReplaceAll(key, "${CLARI_API_KEY}", "k")
			}
			data, err := json.Marshal(values)
			require.NoError(t, err)
			_, err = Parse(data)
			require.NoError(t, err, document)
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(doc), document)
		}
	}
	require.GreaterOrEqual(t, sources, 2)
}
