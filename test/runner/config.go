package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// Config is what one or more CloudQuery YAML documents say: one source and the destinations it may name.
type Config struct {
	Source       Source
	Destinations []Destination // as written: the one that the source names, and perhaps a state backend
	Transformers []Transformer `json:",omitempty"` // read and checked; Sync runs none
}

// Plugin is how a document names its plugin.
type Plugin struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Registry string `json:"registry"` // local, grpc, or any other: then the caller's own program takes its place
	Version  string `json:"version"`
}

// Source is a document of kind source. Defaults are those of the CLI.
type Source struct {
	Plugin
	Tables              []string        `json:"tables"`
	SkipTables          []string        `json:"skip_tables"`
	SkipDependentTables *bool           `json:"skip_dependent_tables"` // default true
	Destinations        []string        `json:"destinations"`
	BackendOptions      *BackendOptions `json:"backend_options"`
	DeterministicCQID   bool            `json:"deterministic_cq_id"`
	Spec                map[string]any  `json:"spec"`
}

// BackendOptions name the state backend. Connection is @@plugins.<destination>.connection or a gRPC target.
type BackendOptions struct {
	TableName  string `json:"table_name"`
	Connection string `json:"connection"`
}

// Destination is a document of kind destination.
type Destination struct {
	Plugin
	WriteMode   string         `json:"write_mode"`   // overwrite-delete-stale (default), overwrite or append
	MigrateMode string         `json:"migrate_mode"` // safe (default) or forced
	PKMode      string         `json:"pk_mode"`      // default or cq-id-only
	Spec        map[string]any `json:"spec"`

	Transformers []string `json:"transformers,omitempty"` // what records pass through on their way, by name
}

// Transformer is a document of kind transformer.
type Transformer struct {
	Plugin
	Spec map[string]any `json:"spec"`
}

// Load reads a file of CloudQuery YAML documents. lookup resolves ${NAME} (nil: the process's environment).
func Load(path string, lookup func(string) (string, bool)) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config, err := Parse(data, lookup)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// Parse is Load for documents at hand.
func Parse(data []byte, lookup func(string) (string, bool)) (*Config, error) {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	documents, err := specfile.Expand(data, lookup)
	if err != nil {
		return nil, err
	}
	var config Config
	sources := 0
	for i, text := range documents {
		var d struct {
			Kind string          `json:"kind"`
			Spec json.RawMessage `json:"spec"`
		}
		if err := decode(text, &d); err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
		switch d.Kind {
		case "source":
			sources++
			err = decode(d.Spec, &config.Source)
		case "destination":
			var destination Destination
			err = decode(d.Spec, &destination)
			config.Destinations = append(config.Destinations, destination)
		case "transformer":
			var transformer Transformer
			err = decode(d.Spec, &transformer)
			config.Transformers = append(config.Transformers, transformer)
		default:
			err = fmt.Errorf("kind %q: want source, destination or transformer", d.Kind)
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	if sources != 1 {
		return nil, fmt.Errorf("want one source, got %d", sources)
	}
	return &config, config.validate()
}

// decode is strict, like the CLI: a key that is not known here is an error.
func decode(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber() // a long number in a plugin's spec keeps its digits
	err := dec.Decode(into)
	if errors.Is(err, io.EOF) {
		return errors.New("empty")
	}
	return err
}

func (c *Config) validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	s := &c.Source
	if s.Name == "" {
		fail("source: name is required")
	}
	if len(s.Tables) == 0 {
		fail("source %s: tables is required", s.Name)
	}
	if len(s.Destinations) != 1 {
		fail("source %s: want one destination, got %d", s.Name, len(s.Destinations))
	}
	names := map[string]bool{}
	for _, d := range c.Destinations {
		if names[d.Name] {
			fail("destination %s: defined twice", d.Name)
		}
		names[d.Name] = true
		oneOf := func(key, value string, allowed ...string) {
			if value != "" && !slices.Contains(allowed, value) {
				fail("destination %s: %s: %q is not one of %s", d.Name, key, value, strings.Join(allowed, ", "))
			}
		}
		oneOf("write_mode", d.WriteMode, "overwrite-delete-stale", "overwrite", "append")
		oneOf("migrate_mode", d.MigrateMode, "safe", "forced")
		oneOf("pk_mode", d.PKMode, "default", "cq-id-only")
		for _, name := range d.Transformers {
			if !slices.ContainsFunc(c.Transformers, func(t Transformer) bool { return t.Name == name }) {
				fail("destination %s: unknown transformer %q", d.Name, name)
			}
		}
	}
	for _, name := range s.Destinations {
		if !names[name] {
			fail("source %s: unknown destination %q", s.Name, name)
		}
	}
	return errors.Join(errs...)
}

// Destination returns the one that the source writes to.
func (c *Config) Destination() *Destination {
	i := slices.IndexFunc(c.Destinations, func(d Destination) bool { return d.Name == c.Source.Destinations[0] })
	return &c.Destinations[i]
}
