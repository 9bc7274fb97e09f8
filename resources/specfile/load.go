package specfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Env is what documents are read with.
type Env struct {
	Lookup func(name string) (string, bool)       // of ${NAME}; nil: this process's environment
	Stat   func(path string) (fs.FileInfo, error) // of the programs that documents name; nil: nobody looks whether they are there

	// Programs of the caller take the place of plugins that come from a registry: what only those would need is not asked for.
	InPlace bool
}

// Load reads the documents of files and directories. It finds everything that is wrong, and what it returns is to be used only if nothing of
// it is fatal: see Failed.
func Load(paths []string, env Env) (*Config, []Problem) {
	if env.Lookup == nil {
		env.Lookup = os.LookupEnv
	}
	r := &report{}
	var documents []*document
	for _, file := range r.list(paths) {
		data, err := os.ReadFile(file)
		if err != nil {
			r.fail(file, "cannot be read: %v; write the path of a file that is there", reason(err))
			continue
		}
		documents = append(documents, r.read(file, data, env.Lookup)...)
	}
	return r.config(documents, env), r.problems
}

// Parse is Load for one file's text, called name.
func Parse(name string, data []byte, env Env) (*Config, []Problem) {
	if env.Lookup == nil {
		env.Lookup = os.LookupEnv
	}
	r := &report{}
	return r.config(r.read(name, data, env.Lookup), env), r.problems
}

// list has the files of directories in place of them.
func (r *report) list(paths []string) (files []string) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			r.fail(path, "cannot be read: %v; write the path of a file that is there", reason(err))
			continue
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, _ := fs.Glob(os.DirFS(path), "*.y*ml") // the pattern is well formed
		if len(found) == 0 {
			r.fail(path, "has no file that ends in .yml or .yaml; write the path of the spec")
		}
		for _, name := range found {
			files = append(files, filepath.Join(path, name))
		}
	}
	return files
}

// reason is an error of a file without what the place says.
func reason(err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err
	}
	return err
}

// config makes one of the documents.
func (r *report) config(documents []*document, env Env) *Config {
	c := &Config{}
	for _, d := range documents {
		r.outer(d)
		r.inner(d)
	}
	source := r.source(documents)
	for _, d := range documents {
		if d.kind == "source" && d != source {
			continue
		}
		r.texts(d, env.InPlace)
		raw, err := json.Marshal(d.spec)
		if err != nil {
			continue // it came from JSON
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		switch d.kind {
		case "source":
			_ = decoder.Decode(&c.Source) // each value has its kind
		case "destination":
			var into Destination
			_ = decoder.Decode(&into)
			c.Destinations = append(c.Destinations, into)
			r.destination(d, into, env)
		case "transformer":
			var into Transformer
			_ = decoder.Decode(&into)
			c.Transformers = append(c.Transformers, into)
			r.plugin(d, into.Plugin, env)
		}
	}
	if source != nil {
		c.Place = source.place
		r.checkSource(source, c, env)
	}
	return c
}

// source is the one of Clari's.
func (r *report) source(documents []*document) *document {
	var sources []*document
	for _, d := range documents {
		if d.kind == "source" {
			sources = append(sources, d)
		}
	}
	if len(sources) > 1 { // those of other plugins are none of ours
		sources = slices.DeleteFunc(sources, func(d *document) bool {
			path, _ := d.spec["path"].(string)
			return !strings.Contains(strings.ToLower(path+" "+nameOf(d)), "clari")
		})
	}
	switch {
	case len(sources) == 1:
		return sources[0]
	case len(sources) > 1:
		var names []string
		for _, d := range sources {
			names = append(names, nameOf(d))
		}
		r.fail(sources[1].place, "is one of %d sources of Clari's (%s); give each a file of its own, and name one file", len(sources), strings.Join(names, ", "))
	case len(documents) > 0 && Failed(r.problems) == nil:
		r.fail(documents[0].place, "stands alone: there is no source of Clari's; add a document of kind source: docs/examples has one for each destination")
	}
	return nil
}
