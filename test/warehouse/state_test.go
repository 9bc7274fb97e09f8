package warehouse

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	discovery "github.com/cloudquery/plugin-pb-go/pb/discovery/v1"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// An appender is a destination as a state backend: it keeps what it is sent, and never takes anything back. Those that append read it in
// any order: this one gives the newest first.
type appender struct {
	pb.UnimplementedPluginServer
	discovery.UnimplementedDiscoveryServer

	records [][]byte
	rows    int
}

func (*appender) GetVersions(context.Context, *discovery.GetVersions_Request) (*discovery.GetVersions_Response, error) {
	return &discovery.GetVersions_Response{Versions: []int32{3}}, nil
}

func (a *appender) Write(stream grpc.ClientStreamingServer[pb.Write_Request, pb.Write_Response]) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return stream.SendAndClose(&pb.Write_Response{})
		}
		if in := request.GetInsert(); in != nil {
			record, err := pb.NewRecordFromBytes(in.Record)
			if err != nil {
				return err
			}
			a.rows += int(record.NumRows())
			a.records = append([][]byte{in.Record}, a.records...)
		}
	}
}

func (a *appender) Read(_ *pb.Read_Request, stream grpc.ServerStreamingServer[pb.Read_Response]) error {
	for _, record := range a.records {
		if err := stream.Send(&pb.Read_Response{Record: record}); err != nil {
			return err
		}
	}
	return nil
}

// open is the SDK's state client of a new process.
func (a *appender) open(t *testing.T) state.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	pb.RegisterPluginServer(server, a)
	discovery.RegisterDiscoveryServer(server, a)
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	conn, err := grpc.NewClient("passthrough:memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	client, err := state.NewClient(t.Context(), conn, "clari_state")
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		server.Stop()
	})
	return client
}

// TestStateOverADestinationThatAppends: of all versions of a value the newest counts, in whatever order they are read.
func TestStateOverADestinationThatAppends(t *testing.T) {
	a := &appender{}
	want := map[string]string{}
	for sync := range 3 {
		client := a.open(t)
		for key, value := range want {
			got, err := client.GetKey(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, value, got, "sync %d, key %s", sync, key)
		}
		for _, key := range []string{"one", "two", fmt.Sprint("of sync ", sync)} {
			for _, value := range []string{"creating", "done"} {
				want[key] = fmt.Sprint(value, " in sync ", sync)
				require.NoError(t, client.SetKey(t.Context(), key, want[key]))
				require.NoError(t, client.Flush(t.Context()))
			}
		}
	}
	require.Greater(t, a.rows, len(want), "versions stay")
}

// TestStateWhereTheRowsAre: a whole plan settles with its state in a destination that only appends, and costs nothing from then on.
func TestStateWhereTheRowsAre(t *testing.T) {
	for _, p := range destination.Profiles() {
		if p.State != destination.KeepsVersions {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &appender{}
				w := newSetup(t, sim.Config{}, map[string]any{"periods": []string{"previous", "current-2", "current"}})
				w.sinks = []*sink{newSink(p)}
				for _, spent := range []int{3, 1, 1} { // what is final lands once more from its stored result, and is settled
					before := w.sim.Ledger().Spent()
					w.state = a.open(t)
					w.sync()
					require.Equal(t, spent, w.sim.Ledger().Spent()-before)
					w.arrived()
					time.Sleep(24 * time.Hour)
				}
			})
		})
	}
}
