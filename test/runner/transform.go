package runner

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Transform returns what the CLI makes of a source's schemas and records on their way to a destination with that write_mode.
func Transform(writeMode, sourceName string, syncTime time.Time) (func(*arrow.Schema) *arrow.Schema, func(arrow.Record) arrow.Record) {
	c := newColumns(&Destination{WriteMode: writeMode}, sourceName, syncTime)
	return c.schema, c.record
}
