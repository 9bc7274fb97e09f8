package specfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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
const unset = "variable-not-set-"

// read returns the documents of a file.
func (r *report) read(file string, data []byte, lookup func(string) (string, bool)) (documents []*document) {
	texts, err := Expand(data, func(name string) (string, bool) {
		if value, ok := lookup(name); ok {
			return value, true
		}
		return unset + name, true
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
		switch _, name, isUnset := strings.Cut(kind, unset); {
		case isUnset:
			r.fail(d.place+": kind", "the variable %s is not set; export it where the sync runs", name)
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

var (
	tabForm = regexp.MustCompile(`(?m)^ *\t`)
	lineOf  = regexp.MustCompile(`line (\d+): (.*)`)
	keyForm = regexp.MustCompile(`mapping key "([^"]*)" already defined`)
)

// broken is where a file is no YAML, and what to do.
func broken(file string, data []byte, err error) (place, what string) {
	if at := tabForm.FindIndex(data); at != nil {
		return fmt.Sprintf("%s: line %d", file, bytes.Count(data[:at[1]], []byte("\n"))+1), "is indented with a tab; put spaces in its place"
	}
	m := lineOf.FindStringSubmatch(err.Error())
	if m == nil {
		return file, fmt.Sprintf("%s; mend it there", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	place, what = file+": line "+m[1], m[2]
	key := keyForm.FindStringSubmatch(what)
	switch {
	case key != nil && (key[1] == "kind" || key[1] == "spec"):
		return place, fmt.Sprintf("has %s a second time; put a line --- between the two documents", key[1])
	case key != nil:
		return place, fmt.Sprintf("has %s a second time; remove one of the two", key[1])
	case strings.Contains(what, "cannot start any token"):
		return place, what + "; put text that begins with @, % or ` in quotes"
	}
	return place, what + "; look at the indentation and the quotes of this line and the ones around it"
}

// variables finds what is not set, in one document.
func (r *report) variables(d *document, inPlace bool) {
	if inPlace && d.kind != "source" {
		return
	}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case string:
			if _, name, found := strings.Cut(value, unset); found {
				name, _, _ = strings.Cut(name, " ")
				r.fail(d.at(path), "the variable %s is not set; export it where the sync runs", name)
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
