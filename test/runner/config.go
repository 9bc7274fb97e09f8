package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// What documents say is read and checked in package specfile, for plan as for a sync.
type (
	Config      = specfile.Config
	Plugin      = specfile.Plugin
	Source      = specfile.Source
	Destination = specfile.Destination
)

// Load reads a file of CloudQuery YAML documents. lookup resolves ${NAME} (nil: the process's environment).
func Load(path string, lookup func(string) (string, bool)) (*Config, error) {
	config, problems := specfile.Load([]string{path}, specfile.Env{Lookup: lookup, InPlace: true})
	return config, specfile.Failed(problems)
}

// Parse is Load for documents at hand.
func Parse(data []byte, lookup func(string) (string, bool)) (*Config, error) {
	config, problems := specfile.Parse("documents", data, specfile.Env{Lookup: lookup, InPlace: true})
	return config, specfile.Failed(problems)
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
