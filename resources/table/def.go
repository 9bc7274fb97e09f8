// Package table describes a table once: one list of typed columns is both the schema that CloudQuery is told and the writer
// that fills Arrow records straight from Go structs, several times faster than the SDK's scheduler, with the same rows and the
// same _cq_id.
package table

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"
)

// Options are what the set-up of a sync changes in a table: never its columns, their types or whether they may be null.
type Options struct {
	Incremental       bool // rows that are not seen again are not deleted
	DeterministicCQID bool // the user's deterministic_cq_id
	History           bool // columns marked HistoryKey are part of the key
}

// Send hands a record on. It may be called by several goroutines at once and must return when ctx ends.
type Send func(ctx context.Context, record arrow.Record) error

// Def defines a table. S has what is the same in all rows of one writer, R the rest of a row.
type Def[S, R any] struct {
	Name        string
	Title       string
	Description string
	Parent      string // name of the table whose rows these belong to; empty for none
	Shared      []Column[S]
	Columns     []Column[R]
}

// Schema is the table as CloudQuery is told of it. _cq_id is its sole primary key, a hash of the key columns.
func (d *Def[S, R]) Schema(o Options) *schema.Table {
	t := &schema.Table{Name: d.Name, Title: d.Title, Description: d.Description, IsIncremental: o.Incremental}
	if d.Parent != "" {
		t.Parent = &schema.Table{Name: d.Parent}
	}
	t.Columns = appendColumns(t.Columns, d.Shared, o)
	t.Columns = appendColumns(t.Columns, d.Columns, o)
	schema.AddCqIDs(t)
	if o.DeterministicCQID {
		schema.CqIDAsPK(t)
	}
	return t
}

// Tree makes tables the children of another one, and returns that.
func Tree(parent *schema.Table, children ...*schema.Table) *schema.Table {
	for _, child := range children {
		child.Parent = parent
	}
	parent.Relations = children
	return parent
}

func appendColumns[R any](to schema.ColumnList, columns []Column[R], o Options) schema.ColumnList {
	for _, c := range columns {
		to = append(to, schema.Column{
			Name: c.Name, Description: c.Description, Type: c.Type, PrimaryKeyComponent: c.isKey(o),
		})
	}
	return to
}
