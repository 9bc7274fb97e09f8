// Package description holds what passes between the plugin and the stand-in to Clari's published description of its API, as far as the
// plugin uses it: test/clarisim/openapi.yaml.
//
//	server := sim.New(sim.Config{Observe: description.Hold(t)})
//
// It holds every request, and every answer that the stand-in gives by default. Answers that a fault or a setting made are not held: those
// are there to be different. It knows nothing of CloudQuery and of what is done with the answers.
package description

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Hold reports to t whatever an exchange has that the description does not allow.
func Hold(t testing.TB) func(sim.Observed) {
	routes, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return func(o sim.Observed) {
		for _, err := range []error{request(routes, o), answer(routes, o)} {
			if err != nil {
				t.Errorf("%s %s: %v", o.Request.Method, o.Request.URL.Path, err)
			}
		}
	}
}

// load reads the description once: the operation that each Op of the stand-in names.
var load = sync.OnceValues(func() (map[sim.Op]*routers.Route, error) {
	path, err := find("test/clarisim/openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", filepath.Base(path), err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate %s: %w", filepath.Base(path), err)
	}
	routes := map[sim.Op]*routers.Route{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			routes[sim.Op(op.OperationID)] = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return routes, nil
})

// find is the path of a file of the module, from whichever of its folders a test runs in.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New(name + " is in no folder above the working directory")
		}
		dir = parent
	}
}
