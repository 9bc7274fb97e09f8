package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/postgres"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

// database is one of those that the queries run on.
type database struct {
	name  string
	conn  *sql.Conn
	today string // takes the place of CURRENT_DATE: the database has another clock than the story
	mode  string // in which rows were written
}

// products opens a database with the rows of a story.
var products = map[string]func(t *testing.T, writes []message.WriteMessage) *database{"SQLite": openSQLite, "PostgreSQL": openPostgres}

// each runs a test on a story in every database, with the views made.
func each(t *testing.T, s *story, writeMode string, test func(t *testing.T, d *database)) {
	for name, open := range products {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, s.writes(writeMode))
			d.mode = writeMode
			if d.today = s.today.Format("'2006-01-02'"); name == "PostgreSQL" {
				d.today = "DATE " + d.today
			}
			d.makeViews(t, s)
			test(t, d)
		})
	}
}

// makeViews makes the views of a story, as of its day.
func (d *database) makeViews(t *testing.T, s *story) {
	t.Helper()
	for _, text := range d.viewTexts(s) {
		d.exec(t, text)
	}
}

// viewTexts are the statements that make the views of a story, as of its day.
func (d *database) viewTexts(s *story) (texts []string) {
	texts = slices.Clone(s.edits)
	for _, q := range viewsOf(s) {
		text := strings.ReplaceAll(q.Text, "CURRENT_DATE", d.today)
		if s.asTables {
			text = strings.Replace(text, "CREATE VIEW", "CREATE TABLE", 1)
		}
		texts = append(texts, text)
	}
	return texts
}

// viewsOf are the views over the tables that a story has.
func viewsOf(s *story) (views []queries.Query) {
	known := map[string]bool{}
	for _, m := range s.syncs[0].stream {
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

// writes are the messages that a destination gets of all syncs.
func (s *story) writes(writeMode string) (all []message.WriteMessage) {
	for _, sync := range s.syncs {
		ofSchema, ofRecord := runner.Transform(writeMode, "clari", sync.at)
		for _, m := range sync.stream {
			switch m := m.(type) {
			case *message.SyncMigrateTable:
				table, err := schema.NewTableFromArrowSchema(ofSchema(m.Table.ToArrowSchema()))
				if err != nil {
					panic(err) // the CLI does the same
				}
				all = append(all, &message.WriteMigrateTable{Table: table})
			case *message.SyncInsert:
				all = append(all, &message.WriteInsert{Record: ofRecord(m.Record)})
			}
		}
	}
	return all
}

func openSQLite(t *testing.T, writes []message.WriteMessage) *database {
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

// schemas counts those that were made: each test has its own, so that they run side by side.
var schemas atomic.Int64

func openPostgres(t *testing.T, writes []message.WriteMessage) *database {
	d := connect(t, "PostgreSQL", server(t).DB)
	d.exec(t, fmt.Sprintf("CREATE SCHEMA story_%d; SET search_path = story_%[1]d", schemas.Add(1)))
	d.land(t, writes)
	return d
}

// land writes rows into a PostgreSQL database.
func (d *database) land(t *testing.T, writes []message.WriteMessage) {
	t.Helper()
	for _, m := range writes {
		var err error
		switch m := m.(type) {
		case *message.WriteMigrateTable:
			err = postgres.Migrate(t.Context(), d.conn, m.Table)
		case *message.WriteInsert:
			err = postgres.Insert(t.Context(), d.conn, m.Record)
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
	d.exec(t, "ANALYZE "+strings.Join(tables, ", "))
}

func connect(t *testing.T, name string, db *sql.DB) *database {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &database{name: name, conn: conn}
}

func (d *database) exec(t *testing.T, text string) {
	t.Helper()
	if _, err := d.conn.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// row is column to value, as text that is the same in all databases. Nulls are left out.
type row map[string]string

// file runs one of the queries of the docs.
func (d *database) file(t *testing.T, name string) []row {
	t.Helper()
	q := byName(name)
	if q.Name == "" {
		t.Fatalf("no query %s", name)
	}
	return d.answer(t, q.Without("activities"))
}

// answer runs a query on the day of the story.
func (d *database) answer(t *testing.T, text string) []row {
	t.Helper()
	return d.query(t, strings.ReplaceAll(text, "CURRENT_DATE", d.today))
}

func (d *database) query(t *testing.T, text string) (all []row) {
	t.Helper()
	rows, err := d.conn.QueryContext(context.Background(), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		r := row{}
		for i, c := range columns {
			if day, ok := values[i].(time.Time); ok && c.DatabaseTypeName() == "DATE" {
				values[i] = day.Format(time.DateOnly)
			}
			if text, ok := values[i].(string); ok && c.DatabaseTypeName() == "NUMERIC" {
				if values[i], err = strconv.ParseFloat(text, 64); err != nil {
					t.Fatal(err)
				}
			}
			if text, ok := plain(c.Name(), values[i]); ok {
				r[c.Name()] = text
			}
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}

// plain is a value as text; not ok where it is null. Booleans are numbers in SQLite.
func plain(name string, v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case bool:
		return map[bool]string{false: "0", true: "1"}[v], true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64), "0"), ".")
		return strings.Replace(text, "-0", "0", map[bool]int{true: 1}[text == "-0"]), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case []byte:
		return plain(name, string(v))
	}
	text = fmt.Sprint(v)
	if name == "extra" || name == "user_scope" {
		var parsed any
		if json.Unmarshal([]byte(text), &parsed) == nil {
			if out, err := json.Marshal(parsed); err == nil {
				text = string(out)
			}
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05.000000Z", "2006-01-02 15:04:05.000000", time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano), true
		}
	}
	return text, true
}

// line is a row as text, of the given columns.
func (r row) line(columns []string) string {
	var b strings.Builder
	for _, name := range columns {
		fmt.Fprintf(&b, "%s=%s ", name, r[name])
	}
	return b.String()
}

// equal compares rows without their order, in the columns that they are wanted with.
func equal(t *testing.T, what string, got, want []row) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: the truth has no rows: the test shows nothing", what)
		return
	}
	if wrong := difference(got, want); len(wrong) > 0 {
		t.Errorf("%s: %d rows, want %d; %d lines differ:\n%s", what, len(got), len(want), len(wrong), strings.Join(wrong[:min(8, len(wrong))], "\n"))
	}
}

// difference is a line for each row that is missing or too much.
func difference(got, want []row) (wrong []string) {
	names := map[string]bool{}
	for _, r := range want {
		for name := range r {
			names[name] = true
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	count := map[string]int{}
	for _, r := range want {
		count[r.line(columns)]++
	}
	for _, r := range got {
		count[r.line(columns)]--
	}
	for line, n := range count {
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: missing %d", line, n))
		} else if n < 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d too much", line, -n))
		}
	}
	slices.Sort(wrong)
	return wrong
}
