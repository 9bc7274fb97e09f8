package sqlite

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// rowsPerRecord is how many rows Read sends at a time.
const rowsPerRecord = 1000

// Read sends the columns that the given definition of the table has, in the order in which the rows were stored.
func (c *client) Read(ctx context.Context, table *schema.Table, out chan<- arrow.Record) error {
	rows, err := c.db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s", quoteAll(table.Columns.Names()), quote(table.Name)))
	if err != nil {
		return fmt.Errorf("read %s: %w", table.Name, err)
	}
	defer rows.Close()

	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.ToArrowSchema())
	defer builder.Release()
	decoders := make([]func(any) error, len(table.Columns))
	values, targets := make([]any, len(table.Columns)), make([]any, len(table.Columns))
	for i := range table.Columns {
		decoders[i], targets[i] = decoder(builder.Field(i)), &values[i]
	}

	send := func() error {
		select {
		case out <- builder.NewRecord():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fmt.Errorf("read %s: %w", table.Name, err)
		}
		for i, v := range values {
			if v == nil {
				builder.Field(i).AppendNull()
			} else if err := decoders[i](v); err != nil {
				return fmt.Errorf("read %s: column %s: %w", table.Name, table.Columns[i].Name, err)
			}
		}
		if builder.Field(0).Len() == rowsPerRecord {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", table.Name, err)
	}
	if builder.Field(0).Len() == 0 {
		return nil
	}
	return send()
}
