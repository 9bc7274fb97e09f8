package story

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/postgres"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

// A Database is one that a story has landed in.
type Database struct {
	Name  string // of the product
	Conn  *sql.Conn
	Today string // takes the place of CURRENT_DATE: the database has another clock than the story
	Mode  string // in which rows were written
}

// Products are those that stories land in. DuckDB has no driver that needs no C compiler: a script lands them there.
var Products = []string{"SQLite", "PostgreSQL"}

// Each runs a test on a story in every database, with the views made.
func Each(t *testing.T, s *Story, writeMode string, test func(t *testing.T, d *Database)) {
	for _, product := range Products {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			d := Land(t, s, product, writeMode)
			d.MakeViews(t, s)
			test(t, d)
		})
	}
}

// Land opens a database with the rows of a story, on its day.
func Land(t *testing.T, s *Story, product, writeMode string) (d *Database) {
	t.Helper()
	if product == "SQLite" {
		d = openSQLite(t, s.Writes(writeMode))
	} else {
		d = InSchema(t, fmt.Sprintf("story_%d", schemas.Add(1)), s.Writes(writeMode))
	}
	d.Mode, d.Today = writeMode, s.todayIn(product)
	return d
}

// schemas counts those that were made: each test has its own, so that they run side by side.
var schemas atomic.Int64

// todayIn is the day of a story as a product writes it.
func (s *Story) todayIn(product string) string {
	if product == "SQLite" {
		return s.Today.Format("'2006-01-02'")
	}
	return s.Today.Format("DATE '2006-01-02'")
}

// MakeViews makes the views of a story, as of its day.
func (d *Database) MakeViews(t *testing.T, s *Story) {
	t.Helper()
	for _, text := range s.viewTexts(d.Today) {
		d.Exec(t, text)
	}
}

// viewTexts are the statements that make the views of a story, as of a day.
func (s *Story) viewTexts(today string) (texts []string) {
	texts = slices.Clone(s.Edits)
	for _, q := range s.Views() {
		text := strings.ReplaceAll(q.Text, "CURRENT_DATE", today)
		if s.AsTables {
			text = strings.Replace(text, "CREATE VIEW", "CREATE TABLE", 1)
		}
		texts = append(texts, text)
	}
	return texts
}

// Views are the views over the tables that a story has.
func (s *Story) Views() (views []queries.Query) {
	known := map[string]bool{}
	for _, m := range s.Syncs[0].Stream {
		if m, ok := m.(*message.SyncMigrateTable); ok {
			known[m.Table.Name] = true
		}
	}
	for _, q := range queries.All() {
		if q.IsView && !slices.ContainsFunc(q.Uses, func(name string) bool { return !known[name] }) {
			views = append(views, q)
			known[q.Name] = true
		}
	}
	return views
}

func openSQLite(t *testing.T, writes []message.WriteMessage) *Database {
	path := filepath.Join(t.TempDir(), "clari.sqlite")
	ctx := t.Context()
	destination := sqlite.Plugin()
	if err := destination.Init(ctx, fmt.Appendf(nil, `{"connection_string": %q}`, path), sdk.NewClientOptions{}); err != nil {
		t.Fatal(err)
	}
	defer destination.Close(ctx)
	messages := make(chan message.WriteMessage)
	go func() {
		defer close(messages)
		for _, m := range writes {
			messages <- m
		}
	}()
	if err := destination.Write(ctx, messages); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return connect(t, "SQLite", db)
}

// InSchema lands rows in a schema of PostgreSQL's that it makes.
func InSchema(t *testing.T, name string, writes []message.WriteMessage) *Database {
	t.Helper()
	d := connect(t, "PostgreSQL", Postgres(t).DB)
	d.Exec(t, fmt.Sprintf("CREATE SCHEMA %s; SET search_path = %[1]s", name))
	d.land(t, writes)
	return d
}

// land writes rows into a PostgreSQL database.
func (d *Database) land(t *testing.T, writes []message.WriteMessage) {
	t.Helper()
	for _, m := range writes {
		var err error
		switch m := m.(type) {
		case *message.WriteMigrateTable:
			err = postgres.Migrate(t.Context(), d.Conn, m.Table)
		case *message.WriteInsert:
			err = postgres.Insert(t.Context(), d.Conn, m.Record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var tables []string // of this test alone: others land beside it
	for _, m := range writes {
		if m, ok := m.(*message.WriteMigrateTable); ok && !slices.Contains(tables, m.Table.Name) {
			tables = append(tables, m.Table.Name)
		}
	}
	d.Exec(t, "ANALYZE "+strings.Join(tables, ", "))
}

func connect(t *testing.T, name string, db *sql.DB) *Database {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &Database{Name: name, Conn: conn}
}

// Exec runs statements.
func (d *Database) Exec(t *testing.T, text string) {
	t.Helper()
	if _, err := d.Conn.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}
