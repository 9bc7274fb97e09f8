// Package runner does what `cloudquery sync` does for one source and one destination: it runs both as processes of their
// own through the package the CLI itself uses, and carries what the source sends to the destination. The end-to-end
// tests and the demo use it, because the CLI itself cannot be had as a Go module.
//
// It is faithful where a source can get hurt. When Sync fails, the destination's stream is dropped, not closed, and stale
// rows stay. A cancelled context kills local plugins with SIGKILL. A migrate message may overtake an insert (see relay).
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Options is what the CLI has flags for, and the hooks that tests need. The zero value is a plain sync.
type Options struct {
	SourcePath      string // program of the source, where the document names neither a local one nor an address
	DestinationPath string // program of the embedded destination, likewise
	DatabasePath    string // file the embedded destination then writes to

	Shard     string // as --shard: 1/4
	NoMigrate bool   // as --no-migrate

	Env []string // environment of the plugins' processes; nil: this process's own

	SourceEnv, DestinationEnv []string // in place of Env for one of the two

	Stop     <-chan struct{} // closed: the sync ends gently. The plugin may cancel jobs, which the CLI lets nobody do
	Log      io.Writer       // the plugins' log: JSON, a line a write, one at a time
	LogLevel string          // trace, debug, info (default), warn or error

	OnStart   func(kill func()) // the source runs; kill ends its process with SIGKILL, at any time, from any goroutine
	OnMessage func(Message)     // called for each message of the source before it is passed on
}

// Message is one that the source sent.
type Message struct {
	Kind  string // migrate, insert or delete
	Table string
	Rows  int64 // of an insert
}

// Summary is what a sync did, as far as it came.
type Summary struct {
	SourceName string           // _cq_source_name of the rows: with a shard <name>_<num>_<total>
	SyncTime   time.Time        // _cq_sync_time of the rows, UTC in microseconds
	Tables     map[string]int64 // rows received, by table; 0 for one that sent none
	Stale      []string         // tables whose stale rows were deleted, parents first
	Duration   time.Duration

	// Lines the plugins logged at error and warn. The CLI prints the source's.
	Errors, Warnings                       uint64
	DestinationErrors, DestinationWarnings uint64

	// Exit says how plugins ended that did not exit by themselves with 0. The CLI prints it and succeeds all the same.
	Exit error
}

// Sync runs one sync. The summary is there with an error, too.
func Sync(ctx context.Context, config *Config, opts Options) (*Summary, error) {
	began := time.Now()
	s := &Summary{
		SourceName: config.Source.Name,
		SyncTime:   began.UTC().Truncate(time.Microsecond),
		Tables:     map[string]int64{},
	}
	if n := len(config.Transformers); n > 0 {
		return s, fmt.Errorf("%d transformers: only the CLI runs them", n)
	}
	if n := len(config.Source.Destinations); n != 1 {
		return s, fmt.Errorf("%d destinations: only the CLI writes to several", n)
	}
	shard, err := parseShard(opts.Shard)
	if err != nil {
		return s, err
	}
	if shard != nil {
		s.SourceName = fmt.Sprintf("%s_%d_%d", config.Source.Name, shard.Num, shard.Total)
	}
	if opts.Log != nil {
		opts.Log = zerolog.SyncWriter(opts.Log)
	}
	plugins, err := startAll(ctx, config, &opts)
	if err == nil {
		err = plugins.sync(ctx, s, shard, &opts)
	}
	s.Duration = time.Since(began)
	if opts.stopped() && plugins.source != nil {
		plugins.source.settle(ctx)
	}
	s.Exit = plugins.stop(s)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = context.Cause(ctx) // what came of it is of no interest
	case opts.stopped():
		err = ErrStopped
	}
	return s, err
}

// ErrStopped is a sync that Options.Stop ended.
var ErrStopped = errors.New("stopped")

func (o *Options) stopped() bool {
	select {
	case <-o.Stop:
		return true
	default:
		return false
	}
}

func parseShard(text string) (*pb.Sync_Request_Shard, error) {
	if text == "" {
		return nil, nil
	}
	var shard pb.Sync_Request_Shard
	if n, err := fmt.Sscanf(text+"\n", "%d/%d\n", &shard.Num, &shard.Total); n != 2 || err != nil || shard.Num < 1 || shard.Num > shard.Total {
		return nil, fmt.Errorf("shard %q: want num/total, for example 1/4", text)
	}
	return &shard, nil
}

// sync is the sync itself. Like the CLI it asks for no table list and tests no connection first.
func (p *plugins) sync(ctx context.Context, s *Summary, shard *pb.Sync_Request_Shard, opts *Options) error {
	invocation := uuid.NewString()
	for i, d := range p.destinations { // first, so that the source can use their connections while it is initialized
		if err := d.init(ctx, p.specs[i].Spec, invocation); err != nil {
			return err
		}
	}
	if err := p.connect(); err != nil {
		return err
	}
	if err := p.source.init(ctx, p.spec.Spec, invocation); err != nil {
		return err
	}

	i := p.byName[p.spec.Destinations[0]]
	destination, target := p.destinations[i], &p.specs[i]

	// Whatever comes, both streams end with this function: the destination's is closed only at its end.
	ctx, drop := context.WithCancel(ctx)
	var receiving sync.WaitGroup
	defer receiving.Wait()
	defer drop()
	if opts.Stop != nil {
		receiving.Go(func() {
			select {
			case <-opts.Stop:
				drop()
			case <-ctx.Done():
			}
		})
	}
	write, err := destination.rpc.Write(ctx)
	if err != nil {
		return fmt.Errorf("write to %s: %w", destination.name, err)
	}
	request := &pb.Sync_Request{
		Tables: p.spec.Tables, SkipTables: p.spec.SkipTables,
		SkipDependentTables: p.spec.SkipDependentTables == nil || *p.spec.SkipDependentTables,
		DeterministicCqId:   p.spec.DeterministicCQID, Shard: shard,
	}
	if b := p.spec.BackendOptions; b != nil {
		request.Backend = &pb.Sync_BackendOptions{TableName: b.TableName, Connection: b.Connection}
	}
	stream, err := p.source.rpc.Sync(ctx, request)
	if err != nil {
		return fmt.Errorf("sync %s: %w", p.source.name, err)
	}
	messages := make(chan received)
	receiving.Go(func() { receive(ctx, stream, messages) })

	send := func(m *pb.Write_Request) error { return sendTo(write, destination.name, m) }
	r := &relay{
		send: send, summary: s, onMessage: opts.OnMessage,
		columns:     newColumns(target, s.SourceName, s.SyncTime),
		noMigrate:   opts.NoMigrate,
		force:       target.MigrateMode == "forced",
		incremental: p.spec.BackendOptions != nil && p.spec.BackendOptions.TableName != "",
	}
	if err := r.run(ctx, messages); err != nil {
		return err
	}
	if target.WriteMode == "" || target.WriteMode == "overwrite-delete-stale" {
		if err := deleteStale(send, r.prunable, s); err != nil {
			return err
		}
	}
	if _, err := write.CloseAndRecv(); err != nil {
		return fmt.Errorf("write to %s: %w", destination.name, err)
	}
	if _, err := destination.rpc.Close(ctx, &pb.Close_Request{}); err != nil {
		return fmt.Errorf("close %s: %w", destination.name, err)
	}
	return nil
}

func deleteStale(send func(*pb.Write_Request) error, tables []string, s *Summary) error {
	for _, table := range tables {
		err := send(&pb.Write_Request{Message: &pb.Write_Request_Delete{Delete: &pb.Write_MessageDeleteStale{
			TableName: table, SourceName: s.SourceName, SyncTime: timestamppb.New(s.SyncTime),
		}}})
		if err != nil {
			return err
		}
		s.Stale = append(s.Stale, table)
	}
	return nil
}

// sendTo turns the bare EOF of a stream that the destination has ended into the destination's error.
func sendTo(write pb.Plugin_WriteClient, name string, m *pb.Write_Request) error {
	err := write.Send(m)
	if errors.Is(err, io.EOF) {
		_, err = write.CloseAndRecv()
	}
	if err != nil {
		return fmt.Errorf("write to %s: %w", name, err)
	}
	return nil
}
