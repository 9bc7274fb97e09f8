package planning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// source is what the plan needs of a document of kind source. Other keys are CloudQuery's to check.
type source struct {
	Name                string                 `json:"name"`
	Path                string                 `json:"path"`
	Tables              []string               `json:"tables"`
	SkipTables          []string               `json:"skip_tables"`
	SkipDependentTables *bool                  `json:"skip_dependent_tables"`
	BackendOptions      *plugin.BackendOptions `json:"backend_options"`
	Spec                map[string]any         `json:"spec"`

	noKey string // why there is no token
}

func (s *source) options() plugin.SyncOptions {
	return plugin.SyncOptions{
		Tables: s.Tables, SkipTables: s.SkipTables, BackendOptions: s.BackendOptions,
		SkipDependentTables: s.SkipDependentTables == nil || *s.SkipDependentTables,
	}
}

// load reads the documents of files and directories, and returns the source of Clari's in them.
func load(paths []string, lookup func(string) (string, bool)) (*source, error) {
	files, err := list(paths)
	if err != nil {
		return nil, err
	}
	var sources []*source
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := parse(data, lookup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		sources = append(sources, found...)
	}
	if len(sources) > 1 { // those of other plugins are none of ours
		sources = slices.DeleteFunc(sources, func(s *source) bool { return !strings.Contains(strings.ToLower(s.Path+" "+s.Name), "clari") })
	}
	if len(sources) != 1 {
		return nil, fmt.Errorf("want one source of Clari's, got %d", len(sources))
	}
	s := sources[0]
	if len(s.Tables) == 0 {
		return nil, fmt.Errorf("source %s: tables is required", s.Name)
	}
	return s, nil
}

// list has the files of directories in place of them.
func list(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := fs.Glob(os.DirFS(path), "*.y*ml")
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			files = append(files, filepath.Join(path, name))
		}
	}
	return files, nil
}

// unset stands for the value of a variable that is not set. Only where the plan needs the value is that an error.
const unset = "variable-not-set-"

// parse returns the sources among documents.
func parse(data []byte, lookup func(string) (string, bool)) (sources []*source, err error) {
	documents, err := specfile.Expand(data, func(name string) (string, bool) {
		if value, ok := lookup(name); ok {
			return value, true
		}
		return unset + name, true
	})
	if err != nil {
		return nil, err
	}
	for _, text := range documents {
		var d struct {
			Kind string          `json:"kind"`
			Spec json.RawMessage `json:"spec"`
		}
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, err
		}
		if d.Kind != "source" {
			continue
		}
		s := &source{}
		decoder := json.NewDecoder(bytes.NewReader(d.Spec))
		decoder.UseNumber() // a long number keeps its digits
		if err := decoder.Decode(s); err != nil {
			return nil, fmt.Errorf("source: %w", err)
		}
		if err := s.takeKey(); err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// takeKey sees whether there is a token. Without one the spec has a word in its place, and can be checked all the same.
func (s *source) takeKey() error {
	if s.Spec == nil {
		s.Spec = map[string]any{}
	}
	key, isText := s.Spec["api_key"].(string)
	_, variable, missing := strings.Cut(key, unset)
	switch {
	case missing:
		s.noKey = "env variable " + variable + " is not set"
	case key == "" && (isText || s.Spec["api_key"] == nil):
		s.noKey = "api_key is empty"
	}
	if s.noKey != "" {
		s.Spec["api_key"] = "none"
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if _, rest, found := strings.Cut(string(text), unset); found {
		name, _, _ := strings.Cut(rest, `"`)
		return errors.New("env variable " + name + " not found")
	}
	return nil
}
