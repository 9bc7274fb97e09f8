package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/test/try/report"
)

func reportCommand() *cobra.Command {
	tab, page := "", ""
	c := &cobra.Command{
		Use: "report FILE", Short: "Make a page of what a SQLite file holds: where the quarter stands, and who called what",
		Long: `Make a page of what syncs have landed in a SQLite file. It is one HTML file that loads
nothing and runs nothing. It holds names and amounts: give it to those only who may see them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err != nil {
				return err
			}
			if page == "" {
				page = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".html"
			}
			db, err := sql.Open("sqlite", args[0])
			if err != nil {
				return err
			}
			defer db.Close()
			if err := makeViews(db); err != nil {
				return err
			}
			return writeReport(cmd.Context(), cmd.OutOrStdout(), db, tab, args[0], page, time.Now())
		},
	}
	c.Flags().StringVar(&tab, "tab", "", "`id` of the forecast tab; the one that tells most where none is given: most people, fields, closed amounts")
	c.Flags().StringVarP(&page, "output", "o", "", "HTML `file` to write; beside the database where none is given")
	return c
}

// writeReport writes the page of one tab, and says on out what it says.
func writeReport(ctx context.Context, out io.Writer, db *sql.DB, id, database, file string, today time.Time) error {
	tabs, err := report.Tabs(ctx, db)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	tab, found := tabs[0], id == ""
	var names []string
	for _, t := range tabs {
		if names = append(names, t.ForecastID); t.ForecastID == id {
			tab, found = t, true
			break
		}
	}
	if !found {
		return fmt.Errorf("report: %s has no tab %q; there is %s", database, id, strings.Join(names, ", "))
	}
	p, err := report.Make(ctx, db, tab, today, fmt.Sprintf("From %s, made by clari-try report.", filepath.Base(database)))
	if err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := p.Write(to); err != nil {
		to.Close()
		return err
	}
	fmt.Fprintf(out, "\n%s: %s\n", p.Title, p.Headline)
	fmt.Fprintf(out, "The page: %s\n", file)
	return to.Close()
}
