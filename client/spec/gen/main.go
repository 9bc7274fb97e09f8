// Program gen writes schema.json, the JSON schema of the spec, from the struct: descriptions from the doc comments,
// defaults from what Parse fills in. Run it by `go generate` in client/spec.
package main

import (
	"encoding/json"
	"log"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

func main() {
	text, err := generate()
	if err != nil {
		log.Fatal("schema: ", err)
	}
	if err := os.WriteFile("schema.json", text, 0o644); err != nil {
		log.Fatal("schema: ", err)
	}
}

// generate expects the directory of package spec to be the working directory.
func generate() ([]byte, error) {
	r := jsonschema.Reflector{
		Anonymous:                  true,
		DoNotReference:             true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			switch t {
			case reflect.TypeFor[spec.Duration]():
				return &jsonschema.Schema{Type: "string", Pattern: duration}
			case reflect.TypeFor[spec.Concurrency]():
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer", Minimum: "1"}, {Const: "auto"}}}
			case reflect.TypeFor[spec.Refresh]():
				return refresh()
			case reflect.TypeFor[spec.Size]():
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
					{Type: "integer", Minimum: "1"}, {Type: "string", Pattern: size},
				}}
			}
			return nil
		},
	}
	if err := r.AddGoComments(reflect.TypeFor[spec.Spec]().PkgPath(), "."); err != nil {
		return nil, err
	}
	for name, comment := range r.CommentMap { // source lines are not paragraphs
		r.CommentMap[name] = strings.Join(strings.Fields(comment), " ")
	}
	root := r.Reflect(spec.Spec{})
	tab := property(root, "forecasts").Items
	refine(root, tab)
	if err := setDefaults(root, spec.Default()); err != nil {
		return nil, err
	}
	if err := setDefaults(tab, spec.DefaultForecast()); err != nil {
		return nil, err
	}
	if err := setDefaults(property(root, "activities"), spec.DefaultActivities()); err != nil {
		return nil, err
	}
	if err := setDefaults(property(root, "audit"), spec.DefaultAudit()); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// setDefaults copies what the struct marshals to: keys without a default are left out by omitzero and omitempty.
func setDefaults(s *jsonschema.Schema, defaults any) error {
	text, err := json.Marshal(defaults)
	if err != nil {
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	for key, value := range values {
		if !slices.Contains(s.Required, key) {
			property(s, key).Default = value
		}
	}
	return nil
}

func property(s *jsonschema.Schema, key string) *jsonschema.Schema {
	p, ok := s.Properties.Get(key)
	if !ok {
		log.Panicf("schema: no property %s", key) // the keys above and below are those of the struct
	}
	return p
}
