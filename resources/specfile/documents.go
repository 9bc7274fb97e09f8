package specfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is one of a file.
type document struct {
	place   string // such as clari.yml: source clari
	kind    string
	members map[string]any
	spec    map[string]any
}

func (d *document) at(key string) string { return d.place + ": " + key }

// unset stands for the value of a variable that is not set, until it is known where it is.
const unset = "variable-not-set(%s)"

var (
	unsetForm = regexp.MustCompile(`variable-not-set\((.*?)\)`)
	nameForm  = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	quoteMark = regexp.MustCompile(`^[“”„‚‘’«»]`)
)

// notSet says what to do about the variable whose value is missing in a text, empty where none is.
func notSet(text string) string {
	m := unsetForm.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	longest := "CLARI_API_KEY"
	for i, name := range nameForm.FindAllString(m[1], -1) {
		if i == 0 || len(name) > len(longest) {
			longest = name
		}
	}
	if longest == m[1] {
		return fmt.Sprintf("the variable %s is not set; export it where the sync runs", m[1])
	}
	return fmt.Sprintf("%q is no name of a variable, and CloudQuery knows no default values; write ${%s}", m[1], longest)
}

// read returns the documents of a file.
func (r *report) read(file string, data []byte, lookup func(string) (string, bool)) (documents []*document) {
	if line, what := unreadable(data); what != "" {
		r.fail(fmt.Sprintf("%s: line %d", file, line), "%s", what)
		return nil
	}
	texts, err := expand(data, func(name string) (string, bool) {
		if value, ok := lookup(name); ok {
			return value, true
		}
		return fmt.Sprintf(unset, name), true
	}, func(node *yaml.Node) {
		if decimal, read := octal(node); read != "" {
			r.fail(fmt.Sprintf("%s: line %d", file, node.Line), "YAML reads %s as %s; write %s", node.Value, read, decimal)
		}
	})
	if err != nil {
		place, what := broken(file, data, err)
		r.fail(place, "%s", what)
		return nil
	}
	if len(texts) == 0 {
		r.fail(file, "has no document in it; write a source and a destination: docs/examples has one file for each destination")
	}
	for i, raw := range texts {
		d := &document{place: fmt.Sprintf("%s: document %d", file, i+1)}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber() // a long number keeps its digits
		if err := decoder.Decode(&d.members); err != nil {
			r.fail(d.place, "is no object; write kind: and spec:")
			continue
		}
		if r.document(file, d) {
			documents = append(documents, d)
		}
	}
	return documents
}

// document finds out what a document is, and says whether it is any of those that are known.
func (r *report) document(file string, d *document) bool {
	kind, _ := d.members["kind"].(string)
	if _, known := byKind[kind]; !known {
		written, there := d.members["kind"]
		switch {
		case notSet(kind) != "":
			r.fail(d.place+": kind", "%s", notSet(kind))
		case !there:
			r.fail(d.place, "has no kind; write kind: source or kind: destination")
		case byKind[strings.ToLower(kind)] != nil:
			r.fail(d.place+": kind", "%q has a capital letter; write %s", kind, strings.ToLower(kind))
		default:
			r.fail(d.place+": kind", "%q is none of source, destination, transformer; %s", fmt.Sprint(written), nearOr(kind, []string{"source", "destination", "transformer"}, "write one of them"))
		}
		if kind = strings.ToLower(kind); byKind[kind] == nil {
			return false
		}
	}
	d.kind = kind
	var ok bool
	if d.spec, ok = d.members["spec"].(map[string]any); !ok {
		d.spec = map[string]any{}
		if value, there := d.members["spec"]; there && value != nil {
			r.fail(d.place+": spec", "is %s; write an object: %s", kindOf(value), samples["spec"])
		} else if d.members["name"] == nil {
			r.fail(d.place+": spec", "is missing; write spec: and its keys below it, indented")
		}
	}
	d.place = file + ": " + kind
	if name := nameOf(d); name != "" {
		d.place += " " + name
	}
	return true
}

func nameOf(d *document) string {
	if name, ok := d.spec["name"].(string); ok {
		return name
	}
	name, _ := d.members["name"].(string)
	return name
}

// texts finds variables that are not set, and quotation marks of a word processor, in one document.
func (r *report) texts(d *document, inPlace bool) {
	if inPlace && d.kind != "source" {
		return
	}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case string:
			if what := notSet(value); what != "" {
				r.fail(d.at(path), "%s", what)
			} else if quoteMark.MatchString(value) && path != "spec.api_key" { // of which the plugin itself says so
				r.fail(d.at(path), "has typographic quotes around it; write plain ones")
			}
		case []any:
			for i, item := range value {
				walk(fmt.Sprintf("%s[%d]", path, i), item)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(strings.TrimPrefix(path+"."+key, "."), value[key])
			}
		}
	}
	walk("", d.spec)
}
