package main

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// demo is one run: a sales team with three tabs, each answered in another form, and eight quarters of each.
type demo struct {
	attempt

	dir      string
	people   int
	job      time.Duration // of one export, about
	document string        // file in dir
	server   *sim.Server
}

func demoCommand(stop <-chan struct{}) *cobra.Command {
	d := demo{attempt: attempt{options: runner.Options{Stop: stop}}}
	c := &cobra.Command{
		Use: "demo", Short: "Sync a made-up sales team's forecasts from a stand-in for Clari, and make a page of them",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.out, d.log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return d.run(cmd.Context())
		},
	}
	c.Flags().StringVar(&d.dir, "out", "out", "`directory` to write to")
	c.Flags().BoolVarP(&d.verbose, "verbose", "v", false, "show every event, also at a terminal")
	c.Flags().IntVar(&d.people, "people", 40, "people in the hierarchy")
	c.Flags().DurationVar(&d.job, "job-time", 200*time.Millisecond, "how long an export takes, about")
	return c
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
	if err := d.attempt.run(ctx, config); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", d.database)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := d.check(db); err != nil {
		return err
	}
	return writeReport(ctx, d.out, db, d.server.Tenant().Tabs[0].ID, d.database, filepath.Join(d.dir, "demo.html"), time.Now())
}

// prepare starts the stand-in, writes the spec that uses it, and makes room for the database.
func (d *demo) prepare() (*specfile.Config, error) {
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
	sqlite, _ := destination.For("cloudquery/sqlite")
	if err := documentTemplate.Execute(&text, map[string]any{
		"BaseURL": url, "Tabs": d.server.Tenant().Tabs, "Database": d.database, "To": sqlite,
	}); err != nil {
		return nil, err
	}
	if err := os.WriteFile(d.document, text.Bytes(), 0o644); err != nil {
		return nil, err
	}
	if err := os.Setenv("CLARI_API_KEY", d.server.Key()); err != nil {
		return nil, err
	}
	return load(d.document, d.log)
}

// check compares the tables with what the stand-in has made up.
func (d *demo) check(db *sql.DB) error {
	wrong, landed, rows, err := oracle.Landed(db, d.server.Ledger().Jobs)
	switch {
	case err != nil:
		return fmt.Errorf("check: %w", err)
	case len(wrong) > 0:
		return fmt.Errorf("check: the database is not what was exported:\n%s", strings.Join(wrong, "\n"))
	}
	fmt.Fprintf(d.out, "\nAll %d rows of %d exports are what the stand-in had to export.\n", rows, landed)
	return nil
}
