package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// handOver is how long an insert may be on its way. The CLI passes inserts through a pipeline of goroutines, which looks
// once a second whether it is to end, and migrate messages straight to the destination.
const handOver = time.Second

// relay carries a source's messages to the destination's stream.
//
// Under the CLI a migrate message can overtake the insert before it, and when the sync fails the inserts that are still
// on their way are lost. Whether that happens is a matter of luck there. Here it always does: the last insert is held
// until the next one comes, the source ends well, or handOver has passed. A source that relies on a migrate message to
// make the destination write out its rows must leave a longer pause before it.
type relay struct {
	send      func(*pb.Write_Request) error
	summary   *Summary
	onMessage func(Message)
	columns   columns
	noMigrate bool
	force     bool // migrate_mode
	// incremental tables keep their stale rows, and so do their children: only with a state backend
	incremental bool

	kept, prunable []string // tables, by whether their stale rows stay
	held           *pb.Write_Request
}

// received is a message of the source or the end of its stream.
type received struct {
	response *pb.Sync_Response
	err      error
}

func receive(ctx context.Context, stream pb.Plugin_SyncClient, messages chan<- received) {
	for {
		response, err := stream.Recv()
		select {
		case messages <- received{response, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// run returns once the source is done and all of its messages are sent, or with the first error.
func (r *relay) run(ctx context.Context, messages <-chan received) error {
	late := time.NewTimer(handOver)
	late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			if err := r.release(); err != nil {
				return err
			}
		case m := <-messages:
			if errors.Is(m.err, io.EOF) {
				return r.release()
			}
			if m.err != nil {
				return fmt.Errorf("sync: %w", m.err)
			}
			if err := r.message(m.response); err != nil {
				return err
			}
			if r.held != nil && m.response.GetInsert() != nil {
				late.Reset(handOver)
			}
		}
	}
}

// release sends the insert that is held.
func (r *relay) release() error {
	if r.held == nil {
		return nil
	}
	m := r.held
	r.held = nil
	return r.send(m)
}

func (r *relay) message(response *pb.Sync_Response) error {
	switch m := response.Message.(type) {
	case *pb.Sync_Response_Insert:
		return r.insert(m.Insert)
	case *pb.Sync_Response_MigrateTable:
		return r.migrate(m.MigrateTable)
	case *pb.Sync_Response_DeleteRecord:
		r.notify(Message{Kind: "delete", Table: m.DeleteRecord.TableName})
		return r.send(&pb.Write_Request{Message: &pb.Write_Request_DeleteRecord{DeleteRecord: &pb.Write_MessageDeleteRecord{
			TableName: m.DeleteRecord.TableName, TableRelations: m.DeleteRecord.TableRelations, WhereClause: m.DeleteRecord.WhereClause,
		}}})
	default:
		return fmt.Errorf("sync: unknown message %T", m)
	}
}

func (r *relay) notify(m Message) {
	r.summary.Tables[m.Table] += m.Rows
	if r.onMessage != nil {
		r.onMessage(m)
	}
}

func (r *relay) insert(m *pb.Sync_MessageInsert) error {
	record, err := pb.NewRecordFromBytes(m.Record)
	if err == nil && record == nil {
		err = errors.New("no record in message")
	}
	if err != nil {
		return fmt.Errorf("insert: decode: %w", err)
	}
	table, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
	r.notify(Message{Kind: "insert", Table: table, Rows: record.NumRows()})
	data, err := pb.RecordToBytes(r.columns.record(record))
	if err != nil {
		return fmt.Errorf("insert into %s: encode: %w", table, err)
	}
	if err := r.release(); err != nil {
		return err
	}
	r.held = &pb.Write_Request{Message: &pb.Write_Request_Insert{Insert: &pb.Write_MessageInsert{Record: data}}}
	return nil
}

func (r *relay) migrate(m *pb.Sync_MessageMigrateTable) error {
	sc, err := pb.NewSchemaFromBytes(m.Table)
	if err != nil {
		return fmt.Errorf("migrate: decode: %w", err)
	}
	metadata := sc.Metadata()
	table, _ := metadata.GetValue(schema.MetadataTableName)
	parent, _ := metadata.GetValue(schema.MetadataTableDependsOn)
	incremental, _ := metadata.GetValue(schema.MetadataIncremental)
	if r.incremental && (incremental == schema.MetadataTrue || slices.Contains(r.kept, parent)) {
		r.kept = appendNew(r.kept, table)
	} else {
		r.prunable = appendNew(r.prunable, table)
	}
	r.notify(Message{Kind: "migrate", Table: table})
	if r.noMigrate {
		return nil
	}
	data, err := pb.SchemaToBytes(r.columns.schema(sc))
	if err != nil {
		return fmt.Errorf("migrate %s: encode: %w", table, err)
	}
	return r.send(&pb.Write_Request{Message: &pb.Write_Request_MigrateTable{MigrateTable: &pb.Write_MessageMigrateTable{
		Table: data, MigrateForce: r.force,
	}}})
}

func appendNew(tables []string, table string) []string {
	if slices.Contains(tables, table) {
		return tables
	}
	return append(tables, table)
}
