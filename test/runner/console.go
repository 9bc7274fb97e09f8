package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"
)

// Console writes the plugins' log for a person to read. It leaves out how plugins start and stop, and each call that is made to
// one, since the sync's own error comes at its end; and what is the same in all lines.
func Console(out io.Writer) io.Writer {
	return console{zerolog.ConsoleWriter{
		Out: out, TimeFormat: time.TimeOnly, NoColor: true, FieldsExclude: []string{"module", "invocation_id"},
		FieldsOrder: []string{"forecast_id", "requested_period", "status", "rows", "seconds"},
	}}
}

type console struct{ zerolog.ConsoleWriter }

func (c console) Write(line []byte) (int, error) {
	var fields struct {
		Level   string `json:"level"`
		Module  string `json:"module"` // of the plugin; other lines are about its process
		Address string `json:"address"`
		Call    string `json:"grpc.method"`
	}
	err := json.Unmarshal(line, &fields)
	process := fields.Module == "" || fields.Address != ""
	if err == nil && (fields.Call != "" || fields.Level == "info" && process) {
		return len(line), nil
	}
	return c.ConsoleWriter.Write(line)
}

// Report writes a line for each table, and one for all.
func (s *Summary) Report(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	var total int64
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		fmt.Fprintf(table, "%d\t %s\n", s.Tables[name], name)
		total += s.Tables[name]
	}
	fmt.Fprintf(table, "%d\t rows in %s, %d errors, %d warnings\n", total, s.Duration.Round(100*time.Millisecond), s.Errors, s.Warnings)
	table.Flush()
}
