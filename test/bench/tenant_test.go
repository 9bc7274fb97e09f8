package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"time"

	forecastresult "github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// encoding is a form in which results come.
type encoding struct {
	sim.Encoding
	name   string
	format string // to ask for
	quirks sim.Quirks
}

var encodings = []encoding{
	{Encoding: sim.Arrays, name: "five arrays, JSON", format: "json"},
	{Encoding: sim.FlatObjects, name: "flat rows, JSON objects", format: "json"},
	{Encoding: sim.FlatLists, name: "flat rows, JSON lists", format: "json"},
	{Encoding: sim.CSV, name: "flat rows, CSV", format: "csv"},
}

const (
	tab    = "net_arr"
	fields = 20
)

var exportTypes = []string{"forecast", "forecast_updated", "quota", "adjustment"} // the spec's default

// tenant is a customer of so many people.
func tenant(people int) sim.Tenant {
	return sim.New(sim.Config{Tenant: sim.Tenant{Seed: 1, People: people, Tabs: []sim.Tab{{ID: tab, Fields: sim.Fields(fields)}}}}).Tenant()
}

// quarter is the one exported, long past; it has 14 weeks.
var quarter = sim.Quarter{Year: 2025, Number: 2}

// export is a whole quarter of a tenant, with all its weeks.
func export(t *sim.Tenant, e sim.Encoding) sim.Export {
	return sim.Export{
		Tenant: t, Tab: t.Tabs[0], Quarter: quarter, Types: exportTypes, JobCurrency: "USD", Historical: true, Encoding: e,
		At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// result is the result of an export in a file.
type result struct {
	encoding
	file    *os.File
	size    int64
	entries int
	lines   int // of flat rows
}

// result makes the result of a tenant of so many people, of 280 entries each.
func (b *bench) result(e encoding, people int) (*result, error) {
	t := tenant(people)
	x := export(&t, e.Encoding)
	r := &result{encoding: e, entries: entriesOf(x)}
	var err error
	if r.file, err = os.Create(filepath.Join(b.dir, string(e.Encoding))); err != nil {
		return nil, err
	}
	if r.size, err = x.WriteTo(r.file); err == nil && e.Flat() {
		_, err = x.As(sim.CSV).WriteTo((*lineCounter)(&r.lines))
		r.lines-- // the header
	}
	return r, err
}

// lineCounter counts lines of a CSV without line breaks inside of cells.
type lineCounter int

func (n *lineCounter) Write(p []byte) (int, error) {
	*n += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

// entriesOf counts the entries of a result, which takes as long as making it.
func entriesOf(x sim.Export) (n int) {
	for range x.Entries() {
		n++
	}
	return n
}

func (r *result) section() *io.SectionReader { return io.NewSectionReader(r.file, 0, r.size) }

func (r *result) asked() forecastresult.Asked {
	return forecastresult.Asked{Period: quarter.String(), Format: r.format, JobCurrency: "USD"}
}

func (r *result) close() {
	r.file.Close()
	os.Remove(r.file.Name())
}
