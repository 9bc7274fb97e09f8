package warehouse

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/writers"
	"github.com/cloudquery/plugin-sdk/v4/writers/batchwriter"
	"github.com/cloudquery/plugin-sdk/v4/writers/mixedbatchwriter"
	"github.com/cloudquery/plugin-sdk/v4/writers/streamingbatchwriter"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// batchSize is where a batch ends, in rows and in bytes of Arrow buffers.
type batchSize struct{ rows, bytes int64 }

// sizeOf is the batch size of the profile's example.
func sizeOf(p destination.Profile) batchSize {
	size := batchSize{p.Rows, p.Bytes}
	for _, s := range p.Settings {
		n, err := strconv.ParseInt(s.Value, 10, 64)
		switch {
		case s.Key == "batch_size" && err == nil:
			size.rows = n
		case s.Key == "batch_size_bytes" && err == nil:
			size.bytes = n
		}
	}
	return size
}

// A delivery is one sync's way into one sink: what the CLI adds to a record, and the SDK's writer.
type delivery struct {
	messages  chan message.WriteMessage
	done      chan error
	transform func(arrow.Record) arrow.Record
}

// deliver starts a delivery. It is over when close returns.
func deliver(s *sink, size batchSize) *delivery {
	_, transform := runner.Transform(s.WriteMode, "clari", time.Now())
	d := &delivery{messages: make(chan message.WriteMessage), done: make(chan error, 1), transform: transform}
	go func() {
		err := write(s, size, d.messages)
		for range d.messages { // a writer that failed reads no more
		}
		d.done <- err
	}()
	return d
}

func write(s *sink, size batchSize, messages <-chan message.WriteMessage) error {
	ctx := context.Background()
	var w writers.Writer
	var err error
	flush := func() error { return nil }
	switch s.Writer {
	case destination.BatchWriter:
		var b *batchwriter.BatchWriter
		b, err = batchwriter.New(byTable{sink: s}, batchwriter.WithBatchSize(size.rows), batchwriter.WithBatchSizeBytes(size.bytes))
		w, flush = b, func() error { return errors.Join(b.Flush(ctx), b.Close(ctx)) }
	case destination.MixedBatchWriter:
		w, err = mixedbatchwriter.New(mixed{sink: s}, mixedbatchwriter.WithBatchSize(size.rows), mixedbatchwriter.WithBatchSizeBytes(size.bytes))
	case destination.StreamingBatchWriter:
		var b *streamingbatchwriter.StreamingBatchWriter
		b, err = streamingbatchwriter.New(streaming{sink: s}, streamingbatchwriter.WithBatchSizeRows(size.rows), streamingbatchwriter.WithBatchSizeBytes(size.bytes))
		w, flush = b, func() error { return b.Close(ctx) }
	}
	if err != nil {
		return err
	}
	return errors.Join(w.Write(ctx, messages), flush())
}

func (d *delivery) send(m message.SyncMessage) {
	switch m := m.(type) {
	case *message.SyncMigrateTable:
		d.messages <- &message.WriteMigrateTable{Table: m.Table}
	case *message.SyncInsert:
		d.messages <- &message.WriteInsert{Record: d.transform(m.Record)}
	}
}

func (d *delivery) close() error {
	close(d.messages)
	return <-d.done
}

// byTable is a sink for the batch writer.
type byTable struct {
	*sink
	batchwriter.UnimplementedDeleteStale
	batchwriter.UnimplementedDeleteRecord
}

func (s byTable) MigrateTables(_ context.Context, messages message.WriteMigrateTables) error {
	for _, m := range messages {
		s.migrate(schema.Tables{m.Table})
	}
	return nil
}

func (s byTable) WriteTableBatch(_ context.Context, name string, messages message.WriteInserts) error {
	return s.insert(name, recordsOf(messages))
}

// mixed is a sink for the writer whose batches hold rows of several tables.
type mixed struct {
	*sink
	mixedbatchwriter.UnimplementedDeleteStaleBatch
	mixedbatchwriter.UnimplementedDeleteRecordsBatch
}

func (s mixed) MigrateTableBatch(_ context.Context, messages message.WriteMigrateTables) error {
	for _, m := range messages {
		s.migrate(schema.Tables{m.Table})
	}
	return nil
}

func (s mixed) InsertBatch(_ context.Context, messages message.WriteInserts) error {
	byName := map[string][]arrow.Record{}
	for _, m := range messages {
		name := m.GetTable().Name
		byName[name] = append(byName[name], m.Record)
	}
	var errs []error
	for name, records := range byName {
		errs = append(errs, s.insert(name, records))
	}
	return errors.Join(errs...)
}

// streaming is a sink for the writer that hands on messages one by one.
type streaming struct {
	*sink
	streamingbatchwriter.UnimplementedDeleteStale
	streamingbatchwriter.UnimplementedDeleteRecords
}

func (s streaming) MigrateTable(_ context.Context, messages <-chan *message.WriteMigrateTable) error {
	for m := range messages {
		s.migrate(schema.Tables{m.Table})
	}
	return nil
}

func (s streaming) WriteTable(_ context.Context, messages <-chan *message.WriteInsert) error {
	var batch message.WriteInserts
	for m := range messages {
		batch = append(batch, m)
	}
	if len(batch) == 0 {
		return nil
	}
	return s.insert(batch[0].GetTable().Name, recordsOf(batch))
}
