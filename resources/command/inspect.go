package command

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func inspectCommand() *cobra.Command {
	asked := result.Asked{}
	c := &cobra.Command{
		Use: "inspect FILE...", Short: "Read results of exports as a sync would, and say what is in them",
		Long: `Read results of exports as a sync would: files that keep_results kept, or that you downloaded
from Clari, as JSON or CSV, gzipped or not. Say the shape, the quarter, what was read and what
a sync would refuse, and show the first rows. It asks nobody for anything.

It exits with 1 if a sync would refuse one of them.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			refused := 0
			for i, path := range args {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := inspect(cmd.Context(), cmd.OutOrStdout(), path, asked); err != nil {
					refused++
					(&writer{out: cmd.OutOrStdout()}).line("problem", "%s: %v", path, err)
				}
			}
			if refused > 0 {
				return fmt.Errorf("inspect: a sync would refuse %d of %s", refused, counted(len(args), "result"))
			}
			return nil
		},
	}
	c.Flags().StringVar(&asked.Period, "period", "", "quarter that was asked for, such as 2026_Q1")
	c.Flags().StringVar(&asked.Currency, "currency", "", "currency that was asked for")
	return c
}

// inspect reads one file and prints what is in it.
func inspect(ctx context.Context, out io.Writer, path string, asked result.Asked) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	body, err := unpacked(file)
	if err != nil {
		return err
	}
	first, _ := body.Peek(64)
	if asked.Format = "csv"; strings.IndexAny(strings.TrimLeft(string(first), " \t\r\n\ufeff"), "{[") == 0 {
		asked.Format = "json"
	}
	asked.FileName = filepath.Base(path)
	if folder := filepath.Base(filepath.Dir(path)); asked.Period == "" && isQuarter(folder) { // as keep_results writes
		asked.Period = folder
	}
	w := &writer{out: out}
	read, err := result.Read(ctx, body, asked)
	if unknown, ok := errors.AsType[*fault.UnknownShapeError](err); ok && slices.Contains(unknown.Keys, "activities") {
		if _, err = file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return inspectActivities(ctx, w, file)
	}
	if err != nil {
		return err
	}
	defer read.Close()
	wrong := read.Check(ctx)
	found := read.Found
	w.line("file", "%s", path)
	w.line("shape", "%s", found.Shape)
	w.line("quarter", "%s", orUnknown(found.Quarter)+days(found))
	w.line("types", "%s", orUnknown(strings.Join(found.Types, ", ")))
	if found.Locale != "" {
		w.line("amounts", "as in %s", found.Locale)
	}
	w.odd(found.Odd)
	if wrong != nil {
		return wrong
	}
	s := &sample{}
	tables := forecast.NewTables(func(name string) bool { return name != "clari_forecast_exports" }, table.Options{}, s.take)
	counts, err := read.Emit(ctx, forecast.Origin{ForecastID: "-", JobID: "-", ExportedAt: time.Unix(0, 0).UTC()}, tables)
	if err != nil {
		return err
	}
	w.line("rows", "%d entries, %d users, %d fields, %d periods, %d weeks", counts.Entries, counts.Users, counts.Fields, counts.TimePeriods, counts.TimeFrames)
	if w.err != nil {
		return w.err
	}
	return s.write(out)
}

// inspectActivities does the same of an export of activities.
func inspectActivities(ctx context.Context, w *writer, file *os.File) error {
	body, err := unpacked(file)
	if err != nil {
		return err
	}
	var read activity.Store
	defer read.Close()
	if err := activity.Decode(ctx, body, &read); err != nil {
		return err
	}
	nowhere := func(context.Context, arrow.Record) error { return nil }
	tables := activity.NewTables(func(name string) bool { return name != activity.ExportsTable }, table.Options{}, nowhere)
	counts, err := tables.Emit(ctx, activity.Origin{JobID: "-"}, &read, func(time.Time) bool { return true }, func(string) {})
	if err != nil {
		return err
	}
	w.line("file", "%s", file.Name())
	w.line("shape", "activities")
	if !read.First.IsZero() {
		w.line("days", "%s to %s", read.First.Format(time.DateOnly), read.Last.Format(time.DateOnly))
	}
	w.odd(read.Odd.Cases())
	w.line("rows", "%d activities, %d accounts, %d opportunities, %d participants", counts.Activities.V, counts.Accounts.V, counts.Opportunities.V, counts.Participants.V)
	return w.err
}

// odd writes what no column takes.
func (w *writer) odd(cases []odd.Case) {
	for _, c := range cases {
		kind := "texts that cannot be read"
		if c.Label {
			kind = "labels that no column has"
		}
		w.line("odd", "%s: %d %s, such as %q", c.Where, c.Count, kind, c.Example)
	}
}

func isQuarter(text string) bool {
	p, err := spec.ParsePeriod(text)
	return err == nil && !p.NeedsCurrent() && p.Literal == "" && p.From == p.To
}

func days(f result.Found) string {
	if f.Start.IsZero() || f.End.IsZero() {
		return ""
	}
	return fmt.Sprintf(", %s to %s", f.Start.Format(time.DateOnly), f.End.Format(time.DateOnly))
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// unpacked is a file without its gzip, if it has one.
func unpacked(file io.Reader) (*bufio.Reader, error) {
	body := bufio.NewReader(file)
	if magic, _ := body.Peek(2); string(magic) != "\x1f\x8b" {
		return body, nil
	}
	plain, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	return bufio.NewReader(plain), nil
}

// sample keeps the first entries that are emitted, as texts.
type sample struct{ rows [][]string }

const sampled = 5

var sampleColumns = []string{"user_name", "field_name", "week_start_date", "forecast_value", "quota_value", "adjustment_value"}

func (s *sample) take(_ context.Context, r arrow.Record) error {
	indices := make([]int, len(sampleColumns))
	for i, name := range sampleColumns {
		at := r.Schema().FieldIndices(name)
		if len(at) == 0 {
			return nil // another table
		}
		indices[i] = at[0]
	}
	for row := 0; row < int(r.NumRows()) && len(s.rows) < sampled; row++ {
		cells := make([]string, len(indices))
		for i, column := range indices {
			if values := r.Column(column); values.IsValid(row) {
				cells[i] = values.ValueStr(row)
			}
		}
		s.rows = append(s.rows, cells)
	}
	return nil
}

func (s *sample) write(out io.Writer) error {
	if len(s.rows) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\n"+strings.Join(sampleColumns, "\t"))
	for _, row := range s.rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}
