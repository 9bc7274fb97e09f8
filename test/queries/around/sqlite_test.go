// Package around runs the queries of the docs on what is around forecasts: activities, opportunities and audit events.
package around

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

// database is a SQLite file that syncs go into.
type database struct {
	*sql.DB
	path string
}

// open must be called inside the bubble that uses the database.
func open(t *testing.T) *database {
	d := &database{path: filepath.Join(t.TempDir(), "clari.sqlite")}
	var err error
	if d.DB, err = sql.Open("sqlite", d.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// sync runs one sync with write_mode overwrite, which must succeed.
func (d *database) sync(t *testing.T, s *sim.Server, fields map[string]any) {
	t.Helper()
	if err := d.try(t, s, fields); err != nil {
		t.Fatal(err)
	}
}

// try runs one sync that may fail.
func (d *database) try(t *testing.T, s *sim.Server, fields map[string]any) error {
	t.Helper()
	spec := map[string]any{"api_key": s.Key(), "base_url": s.MemoryURL(), "delay_between_exports": "0s"}
	for k, v := range fields {
		spec[k] = v
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	source, err := plugin.New(zerolog.Nop(), text, plugin.Options{Transport: s.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	destination := sqlite.Plugin()
	if err := destination.Init(ctx, fmt.Appendf(nil, `{"connection_string": %q}`, d.path), sdk.NewClientOptions{}); err != nil {
		t.Fatal(err)
	}
	defer destination.Close(ctx)
	ofSchema, ofRecord := runner.Transform("overwrite", "clari", time.Now())
	sent, written := make(chan message.SyncMessage), make(chan message.WriteMessage)
	var syncErr error
	go func() {
		defer close(sent)
		syncErr = source.Sync(ctx, sdk.SyncOptions{Tables: []string{"*"}}, sent)
	}()
	go func() {
		defer close(written)
		for m := range sent {
			switch m := m.(type) {
			case *message.SyncMigrateTable:
				table, err := schema.NewTableFromArrowSchema(ofSchema(m.Table.ToArrowSchema()))
				if err != nil {
					panic(err) // the CLI does the same
				}
				written <- &message.WriteMigrateTable{Table: table}
			case *message.SyncInsert:
				written <- &message.WriteInsert{Record: ofRecord(m.Record)}
			}
		}
	}()
	if err := destination.Write(ctx, written); err != nil {
		t.Fatal(err)
	}
	return syncErr
}

// view makes the views whose tables are there.
func (d *database) view(t *testing.T) {
	t.Helper()
	known := map[string]bool{}
	rows, err := d.Query("SELECT name FROM sqlite_master")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		known[name] = true
	}
	for _, q := range queries.All() {
		if !q.IsView || slices.ContainsFunc(q.Uses, func(name string) bool { return !known[name] }) {
			continue
		}
		if _, err := d.Exec(q.Text); err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		known[q.Name] = true
	}
}

func query(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../docs/queries", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const week = 7 * 24 * time.Hour

// plainText is a query to put between parentheses.
func plainText(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimSpace(query(t, name)), ";")
}

// mutant is a query with a mistake in it.
func mutant(t *testing.T, name, part, instead string) string {
	t.Helper()
	right := plainText(t, name)
	wrong := strings.Replace(right, part, instead, 1)
	if wrong == right {
		t.Errorf("%s has no %q", name, part)
	}
	return wrong
}
