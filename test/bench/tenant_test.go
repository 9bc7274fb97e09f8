// Package bench measures the plugin next to what it is to be compared with, as Go benchmarks:
//
//	go test -run '^$' -bench Decode/arrays ./test/bench
//
// Those of Sync run the plugin as a process of its own. Package report makes docs/performance.md of what they print.
package bench

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	forecastresult "github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

var encodings = []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV}

// format is what to ask for to get an encoding.
func format(e sim.Encoding) string {
	if e == sim.CSV {
		return "csv"
	}
	return "json"
}

const (
	tab    = "net_arr"
	fields = 20
)

// quarter is the one exported, long past; it has 14 weeks.
var quarter = sim.Quarter{Year: 2025, Number: 2}

// tenant is a customer of so many people, made up from a fixed seed.
func tenant(people int) sim.Tenant {
	return sim.New(sim.Config{Tenant: sim.Tenant{Seed: 1, People: people, Tabs: []sim.Tab{{ID: tab, Fields: sim.Fields(fields)}}}}).Tenant()
}

// entriesOf is how many entries a quarter of a tenant has: one for each person, field and week.
func entriesOf(t sim.Tenant, q sim.Quarter) int { return t.People * fields * len(t.Calendar.Weeks(q)) }

// export is a whole quarter of a tenant, with all its weeks.
func export(t *sim.Tenant, e sim.Encoding) sim.Export {
	return sim.Export{
		Tenant: t, Tab: t.Tabs[0], Quarter: quarter, Types: []string{"forecast", "forecast_updated", "quota", "adjustment"}, JobCurrency: "USD",
		Historical: true, Encoding: e, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// result is the result of an export in a file.
type result struct {
	sim.Encoding
	file    *os.File
	size    int64
	entries int
}

func newResult(tb testing.TB, e sim.Encoding, people int) *result {
	tb.Helper()
	t := tenant(people)
	file, err := os.Create(filepath.Join(tb.TempDir(), "result"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { file.Close() })
	size, err := export(&t, e).WriteTo(file)
	if err != nil {
		tb.Fatal(err)
	}
	return &result{e, file, size, entriesOf(t, quarter)}
}

func (r *result) section() *io.SectionReader { return io.NewSectionReader(r.file, 0, r.size) }

// read reads the result as the plugin does while it is downloaded.
func (r *result) read(ctx context.Context) (*forecastresult.Result, error) {
	return forecastresult.Read(ctx, r.section(), forecastresult.Asked{Period: quarter.String(), Format: format(r.Encoding), JobCurrency: "USD"})
}
