package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// MigrateTableBatch creates tables and adds columns. A column that is gone from the table's definition stays in the
// file if it may be null. Any other change needs migrate_mode forced, which drops the table and creates it anew.
func (c *client) MigrateTableBatch(ctx context.Context, messages message.WriteMigrateTables) error {
	return c.transaction(ctx, func(tx *sql.Tx) error {
		for _, m := range messages {
			if err := migrate(ctx, tx, m.Table, m.MigrateForce); err != nil {
				return fmt.Errorf("migrate table %s: %w", m.Table.Name, err)
			}
		}
		return nil
	})
}

func migrate(ctx context.Context, tx *sql.Tx, table *schema.Table, force bool) error {
	stored, err := storedColumns(ctx, tx, table.Name)
	if err != nil {
		return err
	}
	if len(stored) == 0 {
		return create(ctx, tx, table)
	}
	added, unsafe := changes(stored, table)
	switch {
	case len(unsafe) > 0 && force:
		if _, err := tx.ExecContext(ctx, "DROP TABLE "+quote(table.Name)); err != nil {
			return err
		}
		return create(ctx, tx, table)
	case len(unsafe) > 0:
		return fmt.Errorf("needs migrate_mode: forced, which drops its rows: %s", strings.Join(unsafe, "; "))
	}
	for _, column := range added {
		add := fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", quote(table.Name), quote(column.Name), declared(column.Type))
		if _, err := tx.ExecContext(ctx, add); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, tx *sql.Tx, table *schema.Table) error {
	keys := table.PrimaryKeys()
	lines := make([]string, 0, len(table.Columns)+1)
	for _, c := range table.Columns {
		line := quote(c.Name) + " " + declared(c.Type)
		if c.NotNull {
			line += " NOT NULL"
		}
		if c.Unique && !(len(keys) == 1 && c.PrimaryKey) { // the key alone is unique anyway: no second index
			line += " UNIQUE"
		}
		lines = append(lines, line)
	}
	if len(keys) > 0 {
		lines = append(lines, "PRIMARY KEY ("+quoteAll(keys)+")")
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("CREATE TABLE %s (\n  %s\n)", quote(table.Name), strings.Join(lines, ",\n  ")))
	return err
}

// column is one as the file has it.
type column struct {
	name, declared       string
	notNull, key, unique bool
}

// storedColumns returns none if there is no such table.
func storedColumns(ctx context.Context, tx *sql.Tx, table string) ([]column, error) {
	const query = `SELECT name, type, "notnull", pk > 0, EXISTS (
		SELECT 1 FROM pragma_index_list(?1) AS i WHERE i.origin = 'u'
			AND (SELECT group_concat(k.name) FROM pragma_index_info(i.name) AS k) = c.name)
		FROM pragma_table_info(?1) AS c`
	rows, err := tx.QueryContext(ctx, query, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var columns []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.declared, &c.notNull, &c.key, &c.unique); err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, rows.Err()
}

// changes compares the file's columns with the table's definition: columns that can be added, and what cannot be done
// while there are rows.
func changes(stored []column, table *schema.Table) (added []schema.Column, unsafe []string) {
	report := func(name, what string) { unsafe = append(unsafe, "column "+name+": "+what) }
	for _, want := range table.Columns {
		i := slices.IndexFunc(stored, func(c column) bool { return c.name == want.Name })
		if i < 0 {
			if want.NotNull || want.PrimaryKey || want.Unique {
				report(want.Name, "not null, unique or key column added")
			} else {
				added = append(added, want)
			}
			continue
		}
		have := stored[i]
		if d := declared(want.Type); have.declared != d {
			report(want.Name, "type changed from "+have.declared+" to "+d)
		}
		if have.notNull != want.NotNull {
			report(want.Name, "not null constraint "+map[bool]string{true: "added", false: "removed"}[want.NotNull])
		}
		if have.key != want.PrimaryKey {
			report(want.Name, "primary key changed")
		}
		if have.unique && !want.Unique {
			report(want.Name, "unique constraint removed")
		}
	}
	for _, have := range stored {
		if (have.notNull || have.key) && table.Columns.Get(have.name) == nil {
			report(have.name, "not null or key column removed")
		}
	}
	return added, unsafe
}

func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}
