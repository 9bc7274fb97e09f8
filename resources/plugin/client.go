package plugin

import (
	"context"
	"net/http"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Options replace what a client reaches outside the process. The zero value is the real thing.
type Options struct {
	Transport http.RoundTripper
	State     func(context.Context, *plugin.BackendOptions) (state.Client, error)
	Impatient bool // fail soon instead of waiting: somebody tests the connection
}

// Client is one configured plugin.
type Client struct {
	plugin.UnimplementedDestination

	log   zerolog.Logger
	spec  *spec.Spec    // nil under NoConnection
	api   *clari.Client // nil under NoConnection
	state func(context.Context, *plugin.BackendOptions) (state.Client, error)
}

var _ plugin.Client = (*Client)(nil)

// Configure makes a client of a spec as the CLI sends it: JSON, or nothing at all where only the tables are asked for.
func Configure(_ context.Context, log zerolog.Logger, specJSON []byte, o plugin.NewClientOptions) (plugin.Client, error) {
	if o.NoConnection {
		return &Client{log: log}, nil
	}
	log.Info().Str("version", version()).Msg("cq-source-clari")
	return New(log, specJSON, Options{})
}

// New makes a client of a spec.
func New(log zerolog.Logger, specJSON []byte, o Options) (*Client, error) {
	s, err := spec.Parse(specJSON)
	if err != nil {
		return nil, err
	}
	api, err := Connect(log, s, o)
	if err != nil {
		return nil, err
	}
	if o.State == nil {
		o.State = state.NewConnectedClient
	}
	spill.RemoveLeftovers()
	return &Client{log: log, spec: s, api: api, state: o.State}, nil
}

// Connect makes the client of Clari's API that a spec asks for. It sends nothing.
func Connect(log zerolog.Logger, s *spec.Spec, o Options) (*clari.Client, error) {
	if o.Impatient {
		s.MaxRetries = min(s.MaxRetries, 1)
		s.QueueTimeout, s.RunTimeout = min(s.QueueTimeout, spec.Duration(10*time.Second)), min(s.RunTimeout, spec.Duration(10*time.Second))
	}
	return clari.New(clari.Config{
		BaseURL: s.BaseURL, APIKey: s.APIKey, UserAgent: "cq-source-clari/" + version(),
		RequestsPerSecond: s.RequestsPerSecond, MaxRetries: s.MaxRetries, MaxWait: time.Duration(s.QueueTimeout), MaxHeld: time.Duration(s.QueueTimeout + s.RunTimeout),
		Transport: o.Transport, Logger: log,
	})
}

// Close has nothing to do: the CLI never calls it on a source.
func (*Client) Close(context.Context) error { return nil }

// Tables lists all tables that match, whatever the spec switches on.
func (*Client) Tables(_ context.Context, o plugin.TableOptions) (schema.Tables, error) {
	return allTables(table.Options{}).FilterDfs(o.Tables, o.SkipTables, o.SkipDependentTables)
}
