package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Migrate creates a table, or adds the columns that it lacks.
func Migrate(ctx context.Context, db *sql.Conn, table *schema.Table) error {
	var columns, added []string
	for _, c := range table.Columns {
		line := quote(c.Name) + " " + declared(c.Type)
		added = append(added, "ADD COLUMN IF NOT EXISTS "+line)
		if c.PrimaryKey {
			line += " PRIMARY KEY"
		}
		columns = append(columns, line)
	}
	_, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s (%[2]s); ALTER TABLE %[1]s %[3]s; DROP TABLE IF EXISTS %[4]s",
		quote(table.Name), strings.Join(columns, ", "), strings.Join(added, ", "), quote(stage(table))))
	if err != nil {
		return fmt.Errorf("create table %s: %w", table.Name, err)
	}
	return nil
}

// stage is the name of the temporary table through which a connection writes the rows of a table. It stays until the table's columns change.
func stage(table *schema.Table) string { return "stage_" + table.Name }

// Insert writes the rows of a record, over those that have the same key.
func Insert(ctx context.Context, db *sql.Conn, record arrow.Record) error {
	table, err := schema.NewTableFromArrowSchema(record.Schema())
	if err != nil {
		return err
	}
	var names, updates []string
	for _, c := range table.Columns {
		names = append(names, quote(c.Name))
		updates = append(updates, quote(c.Name)+" = excluded."+quote(c.Name))
	}
	into, from, all := quote(table.Name), stage(table), strings.Join(names, ", ")
	insert := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", into, all, all, quote(from))
	if keys := table.PrimaryKeys(); len(keys) > 0 {
		insert += fmt.Sprintf(" ON CONFLICT (%s) DO UPDATE SET %s", quote(keys[0]), strings.Join(updates, ", "))
	}
	rows := pgx.CopyFromSlice(int(record.NumRows()), func(i int) ([]any, error) {
		values := make([]any, record.NumCols())
		for c, column := range record.Columns() {
			if column.IsValid(i) {
				values[c] = value(column, i)
			}
		}
		return values, nil
	})
	err = db.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		if _, err := conn.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE IF NOT EXISTS %s AS SELECT %s FROM %s WHERE FALSE", quote(from), all, into)); err != nil {
			return err
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{from}, table.Columns.Names(), rows); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, insert+"; DELETE FROM "+quote(from))
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table.Name, err)
	}
	return nil
}

// declared is the type that CloudQuery's destination gives a column.
func declared(t arrow.DataType) string {
	switch t := t.(type) {
	case *types.UUIDType:
		return "uuid"
	case *types.JSONType:
		return "jsonb"
	case *arrow.ListType:
		return declared(t.Elem()) + "[]"
	}
	switch t.ID() {
	case arrow.INT64:
		return "bigint"
	case arrow.FLOAT64:
		return "double precision"
	case arrow.BOOL:
		return "boolean"
	case arrow.TIMESTAMP:
		return "timestamp without time zone"
	case arrow.DATE32:
		return "date"
	default:
		return "text"
	}
}

// value is value i of a column, which is not null.
func value(column arrow.Array, i int) any {
	switch a := column.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit)
	case *array.Date32:
		return a.Value(i).ToTime()
	case *types.UUIDArray:
		return uuid.MustParse(a.ValueStr(i))
	case *types.JSONArray:
		return json.RawMessage(a.ValueStr(i))
	case *array.List:
		var texts []string
		from, to := a.ValueOffsets(i)
		for j := from; j < to; j++ {
			texts = append(texts, a.ListValues().ValueStr(int(j)))
		}
		return texts
	default:
		return a.ValueStr(i)
	}
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
