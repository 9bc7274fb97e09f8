package runner

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// columns is what the CLI makes of a source's tables on their way to a destination.
type columns struct {
	sourceName string
	syncTime   time.Time
	dropKeys   bool // append, cq-id-only: no primary key as the source has it
	dropUnique bool // append
	keyIsCQID  bool // cq-id-only
}

func newColumns(d *Destination, sourceName string, syncTime time.Time) columns {
	c := columns{sourceName: sourceName, syncTime: syncTime}
	switch {
	case d.WriteMode == "append":
		c.dropKeys, c.dropUnique = true, true
	case d.PKMode == "cq-id-only":
		c.dropKeys, c.keyIsCQID = true, true
	}
	return c
}

// schema puts _cq_sync_time and _cq_source_name in front, unless the source has them.
func (c columns) schema(sc *arrow.Schema) *arrow.Schema {
	var fields []arrow.Field
	if !sc.HasField(schema.CqSyncTimeColumn.Name) {
		fields = append(fields, arrow.Field{Name: schema.CqSyncTimeColumn.Name, Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true})
	}
	if !sc.HasField(schema.CqSourceNameColumn.Name) {
		fields = append(fields, arrow.Field{Name: schema.CqSourceNameColumn.Name, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	for _, field := range sc.Fields() {
		metadata := field.Metadata.ToMap()
		if c.dropKeys {
			delete(metadata, schema.MetadataPrimaryKey)
		}
		if c.dropUnique {
			delete(metadata, schema.MetadataUnique)
		}
		if c.keyIsCQID && field.Name == schema.CqIDColumn.Name {
			metadata[schema.MetadataPrimaryKey] = schema.MetadataTrue
		}
		field.Metadata = arrow.MetadataFrom(metadata)
		fields = append(fields, field)
	}
	metadata := sc.Metadata()
	return arrow.NewSchema(fields, &metadata)
}

func (c columns) record(record arrow.Record) arrow.Record {
	sc, rows := record.Schema(), int(record.NumRows())
	var front []arrow.Array
	if !sc.HasField(schema.CqSyncTimeColumn.Name) {
		times := array.NewTimestampBuilder(memory.DefaultAllocator, arrow.FixedWidthTypes.Timestamp_us.(*arrow.TimestampType))
		for range rows {
			times.AppendTime(c.syncTime)
		}
		front = append(front, times.NewArray())
	}
	if !sc.HasField(schema.CqSourceNameColumn.Name) {
		names := array.NewStringBuilder(memory.DefaultAllocator)
		for range rows {
			names.Append(c.sourceName)
		}
		front = append(front, names.NewArray())
	}
	return array.NewRecord(c.schema(sc), append(front, record.Columns()...), int64(rows))
}
