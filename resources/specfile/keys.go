package specfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

// keys are those of a document's spec, by the kind of value that each takes. They are CloudQuery's.
type keys map[string]string

const (
	text   = "text"
	list   = "a list"
	object = "an object"
	truth  = "true or false"
	number = "a number"
)

var (
	metadata = keys{"name": text, "path": text, "registry": text, "version": text, "spec": object, "docker_registry_auth_token": text}

	byKind = map[string]keys{
		"source": metadata.and(keys{
			"tables": list, "skip_tables": list, "skip_dependent_tables": truth, "destinations": list, "backend_options": object,
			"deterministic_cq_id": truth, "otel_endpoint": text, "otel_endpoint_insecure": truth,
		}),
		"destination": metadata.and(keys{
			"write_mode": text, "migrate_mode": text, "pk_mode": text, "transformers": list, "sync_group_id": text, "send_sync_summary": truth,
		}),
		"transformer": metadata,
	}
	backendKeys = keys{"table_name": text, "connection": text}
)

func (k keys) and(more keys) keys {
	all := maps.Clone(k)
	maps.Copy(all, more)
	return all
}

func (k keys) names() []string { return slices.Sorted(maps.Keys(k)) }

// outer checks what stands beside kind and spec, and moves down what belongs one level down.
func (r *report) outer(d *document) {
	for _, key := range slices.Sorted(maps.Keys(d.members)) {
		_, known := byKind[d.kind][key]
		switch {
		case key == "kind" || key == "spec":
		case known:
			r.fail(d.place+": "+key, "belongs one level down; indent it below the spec: that stands beside kind")
			d.spec[key] = d.members[key]
		default:
			r.fail(d.place+": "+key, "unknown key; a document has two, kind and spec")
		}
	}
}

// inner checks the keys of a document's spec and the kinds of their values. What does not fit is taken out.
func (r *report) inner(d *document) {
	known := byKind[d.kind]
	for _, key := range slices.Sorted(maps.Keys(d.spec)) {
		want, ok := known[key]
		place, value := d.at(key), d.spec[key]
		if !ok {
			r.unknown(d, key)
			delete(d.spec, key)
			continue
		}
		if r.kind(place, key, value, want); kindOf(value) != want {
			delete(d.spec, key)
		}
	}
	backend, _ := d.spec["backend_options"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(backend)) {
		want, ok := backendKeys[key]
		if place := d.at("backend_options." + key); !ok {
			r.fail(place, "unknown key; %s", nearOr(key, backendKeys.names(), "backend_options has two, table_name and connection"))
			delete(backend, key)
		} else if r.kind(place, key, backend[key], want); kindOf(backend[key]) != want {
			delete(backend, key)
		}
	}
}

// samples are what to write where a value has the wrong kind.
var samples = map[string]string{
	"tables": `tables: ["*"]`, "skip_tables": "skip_tables: [clari_export_jobs]", "destinations": "destinations: [postgresql]",
	"backend_options": "table_name and connection below it", "spec": "its keys below it, indented",
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func (r *report) kind(place, key string, value any, want string) {
	if kindOf(value) == want {
		return
	}
	fix := "write " + want
	if name, isText := value.(string); isText && want == list && plainName.MatchString(name) {
		fix = fmt.Sprintf("write %s: %s: [%s]", want, key, name)
	} else if sample := samples[key]; sample != "" {
		fix = "write " + want + ": " + sample
	}
	if want == text {
		fix = "write text, in quotes"
	}
	if value == nil {
		r.fail(place, "has no value; %s, or remove the key", fix)
		return
	}
	r.fail(place, "is %s; %s", kindOf(value), fix)
}

// kindOf is the kind of a value. A list that holds anything but texts is none of those that CloudQuery takes.
func kindOf(value any) string {
	switch value := value.(type) {
	case string:
		return text
	case []any:
		for _, item := range value {
			if kindOf(item) != text {
				return "a list with " + kindOf(item) + " in it"
			}
		}
		return list
	case map[string]any:
		return object
	case bool:
		return truth
	case json.Number, float64:
		return number
	}
	return "nothing"
}

// unknown says where a key of a document's spec belongs, or which one was meant.
func (r *report) unknown(d *document, key string) {
	place := d.at(key)
	_, ofSource := byKind["source"][key]
	_, ofDestination := byKind["destination"][key]
	_, ofBackend := backendKeys[key]
	switch {
	case d.kind == "source" && spec.IsKey(key):
		r.fail(place, "belongs one level down; indent it below the spec: that is inside this one")
		block, ok := d.spec["spec"].(map[string]any)
		if !ok {
			block = map[string]any{}
			d.spec["spec"] = block
		}
		block[key] = d.spec[key]
	case d.kind == "destination" && isSetting(d.spec, key):
		r.fail(place, "belongs one level down; indent it below the spec: that is inside this one")
	case d.kind == "destination" && ofSource:
		r.fail(place, "belongs to the source; move it to the document of kind source")
	case d.kind == "source" && ofDestination:
		r.fail(place, "belongs to the destination; move it to the document of kind destination")
	case d.kind == "source" && ofBackend:
		r.fail(place, "belongs one level down; indent it below backend_options:")
	case d.kind == "source" && slices.Contains([]string{"schedule", "cron", "interval"}, key):
		r.fail(place, "is no key: CloudQuery has no schedules; remove it, and let cron or an orchestrator start the syncs (docs/operation.md)")
	default:
		r.fail(place, "unknown key; %s", nearOr(key, byKind[d.kind].names(), "remove it"))
	}
}

// isSetting reports whether a key belongs to the spec of the destination that a document names.
func isSetting(block map[string]any, key string) bool {
	path, _ := block["path"].(string)
	profile, known := destination.For(path)
	return known && (slices.Contains(profile.Required, key) || slices.Contains(profile.Optional, key))
}

// nearOr is the hint at the nearest of several names, or something else where none is near.
func nearOr(name string, names []string, otherwise string) string {
	if near := spec.Near(name, names); near != "" {
		return fmt.Sprintf("the nearest known one is %s", near)
	}
	return otherwise
}
