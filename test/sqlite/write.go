package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// InsertBatch writes one batch in one transaction: all of its rows or none.
func (c *client) InsertBatch(ctx context.Context, messages message.WriteInserts) error {
	return c.transaction(ctx, func(tx *sql.Tx) error {
		prepared := map[string]*sql.Stmt{}
		for _, m := range messages {
			query, err := insertQuery(m.Record.Schema())
			if err != nil {
				return err
			}
			if prepared[query] == nil {
				if prepared[query], err = tx.PrepareContext(ctx, query); err != nil {
					return fmt.Errorf("insert: %w", err)
				}
				defer prepared[query].Close()
			}
			if err := insert(prepared[query], m.Record); err != nil {
				return fmt.Errorf("insert into %s: %w", m.GetTable().Name, err)
			}
		}
		return nil
	})
}

// insertQuery overwrites by the record's own primary key, like PostgreSQL's destination: it fails if that is not the
// key the table was migrated with.
func insertQuery(sc *arrow.Schema) (string, error) {
	table, err := schema.NewTableFromArrowSchema(sc)
	if err != nil {
		return "", fmt.Errorf("insert: %w", err)
	}
	query := fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", quote(table.Name), quoteAll(table.Columns.Names()), strings.Repeat(", ?", len(table.Columns)-1))
	keys := table.PrimaryKeys()
	if len(keys) == 0 {
		return query, nil
	}
	var updates []string
	for _, c := range table.Columns {
		if !c.PrimaryKey {
			updates = append(updates, quote(c.Name)+" = excluded."+quote(c.Name))
		}
	}
	query += " ON CONFLICT (" + quoteAll(keys) + ") DO "
	if len(updates) == 0 {
		return query + "NOTHING", nil
	}
	return query + "UPDATE SET " + strings.Join(updates, ", "), nil
}

func insert(stmt *sql.Stmt, record arrow.Record) error {
	if record.NumRows() == 0 {
		return nil
	}
	columns := record.Columns()
	encoders := make([]func(int) any, len(columns))
	for i, column := range columns {
		encoders[i] = encoder(column)
	}
	args := make([]any, len(columns))
	for row := range int(record.NumRows()) {
		for i, column := range columns {
			args[i] = nil
			if column.IsValid(row) {
				args[i] = encoders[i](row)
			}
		}
		// No context: with one, the driver starts a goroutine for each row. A cancel rolls the transaction back anyway.
		if _, err := stmt.Exec(args...); err != nil {
			return err
		}
	}
	return nil
}

// DeleteStaleBatch removes the rows of a source that its newest sync did not write.
func (c *client) DeleteStaleBatch(ctx context.Context, messages message.WriteDeleteStales) error {
	return c.transaction(ctx, func(tx *sql.Tx) error {
		for _, m := range messages {
			query := fmt.Sprintf("DELETE FROM %s WHERE %s = ? AND %s < ?",
				quote(m.TableName), quote(schema.CqSourceNameColumn.Name), quote(schema.CqSyncTimeColumn.Name))
			if _, err := tx.ExecContext(ctx, query, m.SourceName, m.SyncTime.UTC().Format(layout(arrow.Microsecond))); err != nil {
				return fmt.Errorf("delete stale rows of %s: %w", m.TableName, err)
			}
		}
		return nil
	})
}

// DeleteRecordsBatch removes rows by value. Rows of child tables are not followed: asking for that is an error.
func (c *client) DeleteRecordsBatch(ctx context.Context, messages message.WriteDeleteRecords) error {
	return c.transaction(ctx, func(tx *sql.Tx) error {
		for _, m := range messages {
			if len(m.TableRelations) > 0 {
				return fmt.Errorf("delete records of %s: child tables are not supported", m.TableName)
			}
			where, args, err := condition(m.WhereClause)
			if err != nil {
				return fmt.Errorf("delete records of %s: %w", m.TableName, err)
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+quote(m.TableName)+where, args...); err != nil {
				return fmt.Errorf("delete records of %s: %w", m.TableName, err)
			}
		}
		return nil
	})
}

// condition joins all groups with AND, the predicates of a group with what the group says.
func condition(groups message.PredicateGroups) (where string, args []any, err error) {
	var all []string
	for _, group := range groups {
		var terms []string
		for _, p := range group.Predicates {
			if p.Operator != "eq" {
				return "", nil, fmt.Errorf("operator %q is not supported", p.Operator)
			}
			terms = append(terms, quote(p.Column)+" IS ?")
			args = append(args, first(p.Record.Column(0)))
		}
		if len(terms) > 0 {
			all = append(all, "("+strings.Join(terms, " "+group.GroupingType+" ")+")")
		}
	}
	if len(all) > 0 {
		where = " WHERE " + strings.Join(all, " AND ")
	}
	return where, args, nil
}

func first(column arrow.Array) any {
	if column.IsNull(0) {
		return nil
	}
	return encoder(column)(0)
}
