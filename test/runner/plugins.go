package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/cloudquery/plugin-pb-go/managedplugin"
	"golang.org/x/sync/errgroup"
)

// plugins are the processes of one sync.
type plugins struct {
	source *process
	spec   Source // the source's document

	destinations []*process     // the one that rows go to, and perhaps a state backend; none twice
	specs        []Destination  // their documents
	byName       map[string]int // index by the document's name
}

// startAll starts the plugins, all at once: managedplugin takes a second for each. What it returns is to be stopped, with
// an error too.
func startAll(ctx context.Context, config *Config, opts *Options) (*plugins, error) {
	p := &plugins{spec: config.Source, byName: map[string]int{}}
	inPlace(&p.spec.Plugin, opts.SourcePath)
	embedded := -1 // the destinations that the embedded one stands in for are one and the same
	for _, d := range config.Destinations {
		target, backend := d.Name == config.Source.Destinations[0], config.Source.BackendOptions
		if !target && (backend == nil || !strings.Contains(backend.Connection, "@@plugins."+d.Name+".")) {
			continue
		}
		embeds := embed(&d, opts)
		if embeds && embedded >= 0 {
			p.byName[d.Name] = embedded
			if target {
				p.specs[embedded] = d
			}
			continue
		}
		p.byName[d.Name] = len(p.specs)
		if embeds {
			embedded = len(p.specs)
		}
		p.specs = append(p.specs, d)
	}

	p.destinations = make([]*process, len(p.specs))
	var starting errgroup.Group
	starting.Go(func() (err error) {
		p.source, err = start(ctx, managedplugin.PluginSource, p.spec.Plugin, opts.SourceEnv, opts)
		if err == nil && opts.OnStart != nil {
			opts.OnStart(p.source.kill)
		}
		return err
	})
	for i, d := range p.specs {
		starting.Go(func() (err error) {
			p.destinations[i], err = start(ctx, managedplugin.PluginDestination, d.Plugin, opts.DestinationEnv, opts)
			return err
		})
	}
	return p, starting.Wait()
}

// stop ends all processes and counts what they logged until then.
func (p *plugins) stop(s *Summary) (err error) {
	for _, d := range p.destinations {
		if d == nil {
			continue
		}
		err = errors.Join(err, d.stop())
		m := d.client.Metrics()
		s.DestinationErrors += m.Errors
		s.DestinationWarnings += m.Warnings
	}
	if p.source != nil {
		err = errors.Join(err, p.source.stop())
		m := p.source.client.Metrics()
		s.Errors, s.Warnings = m.Errors, m.Warnings
	}
	return err
}

var reference = regexp.MustCompile(`@@[a-zA-Z0-9_.-]+`)

// connect puts the destinations' addresses into the source's document, wherever it refers to them.
func (p *plugins) connect() error {
	data, err := json.Marshal(p.spec)
	if err != nil {
		return err
	}
	var unknown error
	data = reference.ReplaceAllFunc(data, func(match []byte) []byte {
		name, ok := strings.CutPrefix(strings.TrimSuffix(string(match), ".connection"), "@@plugins.")
		i, found := p.byName[name]
		if !ok || !found {
			unknown = fmt.Errorf("source %s: variable %s not found", p.spec.Name, match[2:])
			return nil
		}
		return []byte(p.destinations[i].client.ConnectionString())
	})
	if unknown != nil {
		return unknown
	}
	p.spec = Source{}
	return decode(data, &p.spec)
}

// inPlace reports whether the caller's program at path stands in for the plugin. A local plugin with a path and one at a
// gRPC address are used as written.
func inPlace(p *Plugin, path string) bool {
	if p.Registry == "grpc" || p.Registry == "local" && p.Path != "" {
		return false
	}
	if path == "" {
		return false
	}
	p.Registry, p.Path = "local", path
	return true
}

// embed puts the embedded destination in the place of one from another registry. It keeps what tells how rows are
// batched; the rest of the spec belongs to the plugin that was named.
func embed(d *Destination, opts *Options) bool {
	if !inPlace(&d.Plugin, opts.DestinationPath) {
		return false
	}
	spec := map[string]any{"connection_string": opts.DatabasePath}
	for _, key := range []string{"batch_size", "batch_size_bytes", "batch_timeout"} {
		if value, ok := d.Spec[key]; ok {
			spec[key] = value
		}
	}
	d.Spec = spec
	return true
}
