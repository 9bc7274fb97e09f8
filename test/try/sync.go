package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// attempt is one sync into a file.
type attempt struct {
	out, log io.Writer // the result; what happens meanwhile
	database string
	verbose  bool
	options  runner.Options
}

func syncCommand(stop <-chan struct{}) *cobra.Command {
	a := attempt{options: runner.Options{Stop: stop}}
	c := &cobra.Command{
		Use: "sync SPEC", Short: "Sync with a spec of your own, into a SQLite file",
		Long: `Sync with a spec of your own. Rows and state go into a SQLite file, whatever destination the
spec names. Ctrl-C ends it gently, and a second Ctrl-C at once.

Production is "cloudquery sync": for one spec both land equal rows.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.out, a.log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			config, err := load(args[0], a.log)
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), config)
		},
	}
	c.Flags().StringVar(&a.database, "db", "clari.sqlite", "SQLite `file` to write")
	c.Flags().BoolVarP(&a.verbose, "verbose", "v", false, "show every event, also at a terminal")
	c.Flags().StringVar(&a.options.LogLevel, "log-level", "info", "least `level` to log: trace, debug, info, warn or error")
	c.Flags().StringVar(&a.options.Shard, "shard", "", "part of the sync to run, as `num/total`")
	c.Flags().BoolVar(&a.options.NoMigrate, "no-migrate", false, "do not create or change tables")
	return c
}

// load reads a spec as check does, but for what only the plugins would need that this program stands in for.
func load(path string, log io.Writer) (*specfile.Config, error) {
	loaded, problems := command.Load([]string{path}, specfile.Env{Lookup: os.LookupEnv, InPlace: true})
	for _, p := range problems {
		if !p.Fatal {
			fmt.Fprintln(log, "warning:", p)
		}
	}
	if err := specfile.Failed(problems); err != nil {
		return nil, err
	}
	config := loaded.Config
	config.Source.Registry, config.Source.Path = "", "" // this program's own
	for i := range config.Destinations {
		config.Destinations[i].Registry = ""
	}
	return config, nil
}

// run runs the sync and says what came of it.
func (a *attempt) run(ctx context.Context, config *specfile.Config) error {
	if err := itself(&a.options); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.database), 0o755); err != nil {
		return err
	}
	shown := newProgress(a.log, a.verbose)
	a.options.DatabasePath, a.options.Log, a.options.OnMessage = a.database, shown, shown.message
	summary, err := runner.Sync(ctx, config, a.options)
	shown.end()
	fmt.Fprintln(a.out)
	summary.Report(a.out)
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(own(err), a.conclude(summary, shown.quota))
}

// wrappers are what CloudQuery's packages put before an error of the plugin.
var wrappers = []string{"failed to sync unmanaged client: ", "failed to initialize client: "}

// own is the plugin's own part of an error.
func own(err error) error {
	if err == nil {
		return nil
	}
	for _, wrapper := range wrappers {
		if _, text, found := strings.Cut(err.Error(), wrapper); found {
			return errors.New(text)
		}
	}
	return err
}

// conclude makes the views and says what the sync cost and what to do next. It does what it can after a sync that failed, too. quota is how
// many exports are left, -1 where the plugin did not say.
func (a *attempt) conclude(summary *runner.Summary, quota int) error {
	if _, err := os.Stat(a.database); err != nil {
		return nil // nothing landed
	}
	db, err := sql.Open("sqlite", a.database)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := makeViews(db); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s%s\n", cost(db, summary.Tables), left(db, quota))
	fmt.Fprintf(a.out, "\nThe rows are in %s: sqlite3 %[1]s \"SELECT * FROM clari_forecast_current LIMIT 10\"\n", word(a.database))
	if summary.Tables["clari_forecast_entries"] > 0 {
		fmt.Fprintf(a.out, "A page of them:       %s report %s\n", word(os.Args[0]), word(a.database))
	}
	fmt.Fprintln(a.out, "In production:        cloudquery sync, with a destination of yours")
	return nil
}

// word is a path as a part of a command, for shells of all systems.
func word(path string) string {
	if strings.ContainsAny(path, " ()&'") {
		return `"` + path + `"`
	}
	return path
}

// makeViews makes those of docs/queries whose tables are there.
func makeViews(db *sql.DB) error {
	for _, q := range queries.All() {
		if !q.IsView {
			continue
		}
		if !q.IsTable {
			if _, err := db.Exec("DROP VIEW IF EXISTS " + q.Name); err != nil {
				return fmt.Errorf("%s: %w", q.Name, err)
			}
		}
		missing := false
		for _, name := range q.Uses {
			var n int
			if err := db.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE name = ?", name).Scan(&n); err != nil {
				return err
			}
			missing = missing || n == 0
		}
		if missing {
			continue
		}
		if _, err := db.Exec(q.Text); err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
	}
	return nil
}

// cost says what the last sync spent: on forecasts, and on activities where it has rows of them. What landed again was paid for before.
func cost(db *sql.DB, rows map[string]int64) string {
	var spent int64
	var told string
	for _, table := range []string{"clari_forecast_exports", "clari_activity_exports"} {
		if rows[table] == 0 {
			continue
		}
		var jobs sql.NullInt64
		var lost int
		query := "SELECT SUM(CASE WHEN outcome <> 'landed_again' THEN jobs_created END), COUNT(CASE WHEN outcome IN ('failed', 'left_out') THEN 1 END) FROM " + table + " WHERE _cq_sync_time = (SELECT MAX(_cq_sync_time) FROM " + table + ")"
		if err := db.QueryRow(query).Scan(&jobs, &lost); err != nil {
			return ""
		}
		spent += jobs.Int64
		if lost > 0 {
			told += fmt.Sprintf("; %d did not land: SELECT * FROM %s WHERE error IS NOT NULL tells why", lost, table)
		}
	}
	text := fmt.Sprintf("%d exports spent", spent)
	if spent == 1 {
		text = "1 export spent"
	}
	return text + told + "."
}

// left says what is left of the quota. The row of clari_limits is of the sync's start: what it held has been spent from since.
func left(db *sql.DB, quota int) string {
	if quota < 0 {
		return ""
	}
	var monthly sql.NullInt64
	const query = `SELECT monthly_quota FROM clari_limits ORDER BY observed_at DESC LIMIT 1`
	if err := db.QueryRow(query).Scan(&monthly); err != nil || !monthly.Valid {
		return fmt.Sprintf(" %d are left in these 30 days.", quota)
	}
	return fmt.Sprintf(" %d of %d are left in these 30 days.", quota, monthly.Int64)
}
