package main

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/cq-source-clari/cq-source-clari/test/truth"
)

// demo is one run: a sales team with three tabs, each answered in another form, and eight quarters of each.
type demo struct {
	out, log            io.Writer // the result; what happens meanwhile
	plugin, destination string    // programs
	dir                 string    // directory
	people              int
	job                 time.Duration // of one export, about
	document, database  string        // files in dir
	server              *sim.Server
}

//go:embed demo.yml.tmpl
var documentText string

var documentTemplate = template.Must(template.New("document").Parse(documentText))

func (d *demo) run(ctx context.Context) error {
	d.server = sim.New(sim.Config{
		Tenant: sim.SalesTeam(d.people, time.Now()), Concurrent: 3, Monthly: 1000,
		Queue: sim.Fixed(d.job / 4), Run: sim.Between(d.job/2, d.job),
		// One that takes its time, to see how waiting for it looks.
		Faults: []sim.Fault{{Op: sim.Create, Job: 1, Do: sim.Takes(d.job, 4*d.job)}},
	})
	defer d.server.Close()
	config, err := d.prepare()
	if err != nil {
		return err
	}
	summary, err := runner.Sync(ctx, config, runner.Options{Log: runner.Console(d.log)})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", d.database)
	if err != nil {
		return err
	}
	defer db.Close()
	fmt.Fprintf(d.out, "\n%s, from the spec %s:\n\n", d.database, d.document)
	summary.Report(d.out)
	return errors.Join(d.quota(ctx, db), d.check(db), d.answers(ctx, db))
}

// prepare starts the stand-in, writes the spec that uses it, and makes room for the database.
func (d *demo) prepare() (*runner.Config, error) {
	url, err := d.server.Start("")
	if err != nil {
		return nil, err
	}
	d.document, d.database = filepath.Join(d.dir, "demo.yml"), filepath.Join(d.dir, "demo.sqlite")
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return nil, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(d.database + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	var text bytes.Buffer
	err = documentTemplate.Execute(&text, map[string]any{
		"Plugin": local(d.plugin), "Destination": local(d.destination), "BaseURL": url, "Tabs": d.server.Tenant().Tabs, "Database": local(d.database),
	})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.document, text.Bytes(), 0o644); err != nil {
		return nil, err
	}
	return runner.Load(d.document, func(name string) (string, bool) { return d.server.Key(), name == "CLARI_API_KEY" })
}

// local is a path that nobody takes for a name to look up.
func local(path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, ".") {
		return path
	}
	return "." + string(filepath.Separator) + path
}

// quota tells what the sync has cost, by the last row of clari_limits.
func (d *demo) quota(ctx context.Context, db *sql.DB) error {
	const query = `SELECT monthly_quota, available_monthly_quota FROM clari_limits ORDER BY observed_at DESC LIMIT 1`
	var quota, left int
	if err := db.QueryRowContext(ctx, query).Scan(&quota, &left); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	fmt.Fprintf(d.out, "\n%d exports spent; %d of %d are left this month.\n", d.server.Ledger().Spent(), left, quota)
	return nil
}

// check compares the tables with what the stand-in has made up.
func (d *demo) check(db *sql.DB) error {
	wrong, landed, rows, err := truth.Landed(db, d.server.Ledger().Jobs)
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case len(wrong) > 0:
		return fmt.Errorf("check: the database is not what was exported:\n%s", strings.Join(wrong, "\n"))
	}
	fmt.Fprintf(d.out, "All %d rows of %d exports are what the stand-in had to export.\n", rows, landed)
	return nil
}
