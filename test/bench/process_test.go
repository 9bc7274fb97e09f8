package bench

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
	"testing"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// build builds programs as make does, and returns the directory where they are.
func build(b *testing.B, packages ...string) string {
	b.Helper()
	dir := b.TempDir()
	c := exec.Command("go", append([]string{"build", "-o", dir}, packages...)...)
	if output, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", c, err, output)
	}
	return dir
}

// process is a plugin that serves on a socket, as the CLI runs it.
type process struct {
	*exec.Cmd
	address string
	conn    *grpc.ClientConn
	rpc     pb.PluginClient
	stderr  bytes.Buffer
}

func serve(b *testing.B, program string) *process {
	b.Helper()
	socket := filepath.Join(b.TempDir(), "socket")
	p := &process{address: "unix://" + socket}
	p.Cmd = exec.Command(program, "serve", "--network", "unix", "--address", socket, "--no-sentry", "--log-level", "error")
	p.Stderr = &p.stderr
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.stop)
	var err error
	p.conn, err = grpc.NewClient(p.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(200<<20)))
	if err != nil {
		b.Fatal(err)
	}
	p.rpc = pb.NewPluginClient(p.conn)
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	if _, err := p.rpc.GetName(ctx, &pb.GetName_Request{}, grpc.WaitForReady(true)); err != nil {
		b.Fatalf("%s: %v%s", program, err, &p.stderr)
	}
	return p
}

// stop ends the process. Then its CPU time is known.
func (p *process) stop() {
	if p.ProcessState != nil {
		return
	}
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

// peak is the most memory in bytes that the process ever had resident; 0 where the system does not tell: /proc is Linux's.
func (p *process) peak() int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(after, "kB")
	n, _ := strconv.ParseInt(strings.TrimSpace(kib), 10, 64)
	return n << 10
}

// sync runs one sync, forgets what comes, and returns how many rows each table got.
func (p *process) sync(ctx context.Context, spec map[string]any) (rows map[string]int, err error) {
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
	rows = map[string]int{}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		insert := m.GetInsert()
		if insert == nil {
			continue
		}
		record, err := pb.NewRecordFromBytes(insert.Record)
		if err != nil {
			return nil, err
		}
		name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
		rows[name] += int(record.NumRows())
	}
}
