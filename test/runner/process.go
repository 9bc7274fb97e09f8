package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cloudquery/plugin-pb-go/managedplugin"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/rs/zerolog"
)

// process is a plugin that runs: started here, or found at an address.
type process struct {
	name   string
	client *managedplugin.Client
	kill   context.CancelFunc // ends a started process with SIGKILL
	rpc    pb.PluginClient
}

// start runs the plugin and connects to it. When ctx ends the process is killed at once, as under the CLI.
func start(ctx context.Context, kind managedplugin.PluginType, p Plugin, env []string, opts *Options) (*process, error) {
	if env == nil {
		env = opts.Env
	}
	config := managedplugin.Config{Name: p.Name, Path: p.Path, Version: p.Version, Environment: env}
	switch p.Registry {
	case "local":
		config.Registry = managedplugin.RegistryLocal
	case "grpc":
		config.Registry = managedplugin.RegistryGrpc
	default:
		return nil, fmt.Errorf("%s %s: registry %q: no program to run in its place", kind, p.Name, p.Registry)
	}
	level, err := zerolog.ParseLevel(cmp.Or(opts.LogLevel, "info")) // zerolog's own zero value is debug
	if err != nil {
		return nil, err
	}
	log := opts.Log
	if log == nil {
		log = io.Discard
	}
	ctx, kill := context.WithCancel(ctx)
	client, err := managedplugin.NewClient(ctx, kind, config, managedplugin.WithNoSentry(),
		managedplugin.WithLogger(zerolog.New(log).Level(level)))
	if err != nil {
		kill()
		return nil, fmt.Errorf("start %s %s: %w", kind, p.Name, err)
	}
	running := &process{name: p.Name, client: client, kill: kill, rpc: pb.NewPluginClient(client.Conn)}
	versions, err := client.Versions(ctx)
	if err == nil && !slices.Contains(versions, 3) {
		err = fmt.Errorf("speaks CloudQuery protocol %v, want 3", versions)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s %s: %w", kind, p.Name, err), running.stop())
	}
	return running, nil
}

// patience is how long a stopped source may take to cancel what it leaves behind.
const patience = 3 * time.Second

// settle waits until the source's sync has ended. To be asked for its end is not enough everywhere: Windows has no such signal, and stop kills.
func (p *process) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := p.rpc.Close(ctx, &pb.Close_Request{}); err == nil { // it refuses while a sync runs
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// stop ends the process: connection closed, SIGINT, SIGKILL after 5 s. It returns once the last log line is read.
func (p *process) stop() error {
	defer p.kill()
	return p.client.Terminate()
}

func (p *process) init(ctx context.Context, spec map[string]any, invocation string) error {
	if spec == nil {
		spec = map[string]any{} // the CLI sends an empty object too
	}
	data, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	if _, err := p.rpc.Init(ctx, &pb.Init_Request{Spec: data, InvocationId: invocation}); err != nil {
		return fmt.Errorf("init %s: %w", p.name, err)
	}
	return nil
}
