package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// process is a plugin that serves on a socket, as the CLI runs it.
type process struct {
	*exec.Cmd
	address string
	conn    *grpc.ClientConn
	rpc     pb.PluginClient
	stderr  bytes.Buffer
}

func (b *bench) serve(program string) (*process, error) {
	dir, err := os.MkdirTemp(b.dir, "")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "socket")
	p := &process{Cmd: exec.Command(program, "serve", "--network", "unix", "--address", socket, "--no-sentry", "--log-level", "error"), address: "unix://" + socket}
	p.Stderr = &p.stderr
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("%w (run make bench, which builds it)", err)
	}
	p.conn, err = grpc.NewClient(p.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(200<<20)))
	if err == nil {
		p.rpc = pb.NewPluginClient(p.conn)
		ctx, cancel := context.WithTimeout(b, 20*time.Second)
		defer cancel()
		_, err = p.rpc.GetName(ctx, &pb.GetName_Request{}, grpc.WaitForReady(true))
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w%s", program, err, &p.stderr)
	}
	return p, nil
}

// stop ends the process. Then its CPU time is known.
func (p *process) stop() {
	if p.conn != nil {
		p.conn.Close()
	}
	_ = p.Process.Signal(os.Interrupt)
	killed := time.AfterFunc(3*time.Second, func() { _ = p.Process.Kill() })
	defer killed.Stop()
	_ = p.Wait() // a plugin that is interrupted need not exit with 0
}

// cpu is the time that a process which has ended spent on the cores.
func cpu(c *exec.Cmd) time.Duration { return c.ProcessState.UserTime() + c.ProcessState.SystemTime() }

// peak is the most memory in bytes that the process ever had resident; 0 where the system does not tell.
func (p *process) peak() int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(valueIn(fmt.Sprintf("/proc/%d/status", p.Process.Pid), "VmHWM"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// received is what a sync sent.
type received struct {
	rows map[string]int64 // by table
	wire int64            // bytes of records
}

// sync runs one sync and forgets what comes.
func (p *process) sync(ctx context.Context, spec map[string]any) (*received, error) {
	data, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	if _, err := p.rpc.Init(ctx, &pb.Init_Request{Spec: data}); err != nil {
		return nil, err
	}
	stream, err := p.rpc.Sync(ctx, &pb.Sync_Request{Tables: []string{"*"}})
	if err != nil {
		return nil, err
	}
	got := &received{rows: map[string]int64{}}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return got, nil
		} else if err != nil {
			return nil, err
		}
		insert := m.GetInsert()
		if insert == nil {
			continue
		}
		got.wire += int64(len(insert.Record))
		record, err := pb.NewRecordFromBytes(insert.Record)
		if err != nil {
			return nil, err
		}
		name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
		got.rows[name] += record.NumRows()
	}
}
