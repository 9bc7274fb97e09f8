// Command gen writes what follows from the profiles of the destinations: docs/examples and docs/destinations.md.
package main

import (
	_ "embed"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

const (
	examples = "../../docs/examples"
	page     = "../../docs/destinations.md"
)

var (
	//go:embed example.yml.tmpl
	exampleText string
	//go:embed destinations.md.tmpl
	pageText string

	texts = template.Must(template.Must(template.New("example").Parse(exampleText)).New("page").Funcs(template.FuncMap{
		"join": strings.Join,
	}).Parse(pageText))
)

// example is one spec to copy.
type example struct {
	To              destination.Profile
	Backend         *destination.Profile // nil: no state backend
	Comment         []string
	Forecasts, More []string // lines of the plugin's spec: below forecasts, and after it
}

func main() {
	if err := errors.Join(writeExamples(), writePage()); err != nil {
		log.Fatal(err)
	}
}

func writeExamples() error {
	if err := os.RemoveAll(examples); err != nil { // an example that is gone leaves no file behind
		return err
	}
	if err := os.MkdirAll(examples, 0o755); err != nil {
		return err
	}
	for name, e := range all() {
		var text strings.Builder
		if err := texts.ExecuteTemplate(&text, "example", e); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(examples, name+".yml"), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// all are the examples by name: two for each destination, and some for purposes.
func all() map[string]example {
	found := map[string]example{}
	for _, p := range destination.Profiles() {
		found[p.Name], found[p.Name+"_without_state"] = withState(p), withoutState(p)
	}
	postgresql := found["postgresql"].To
	found["backfill"] = example{
		To: postgresql, Backend: &postgresql,
		Comment:   []string{"Once: every fiscal quarter of several tabs. The sync names what the monthly quota did not reach: run it again when there is more."},
		Forecasts: []string{"- id: net_arr", "- id: net_arr", "  currency: EUR", "- id: renewals", "  types: [forecast, quota]"},
		More:      []string{`periods: ["2022_Q1..current"]`, "history: true", "quota_reserve: 100 # exports to leave for others"},
	}
	found["activities"] = example{
		To: postgresql, Backend: &postgresql,
		Comment: []string{
			"Forecasts, activities of this year, audit events, and Clari's score of the opportunities that the activities are about. docs/data.md says which",
			"columns hold personal data.",
		},
		Forecasts: []string{"- id: net_arr"},
		More: []string{
			"periods: [previous, current, next]", "history: true", "time_zone: America/New_York # whose days snapshots and windows of activities are",
			"quota_reserve: 100", "activities: # each window of 30 days costs one export, and the newest one in every sync", `  since: "2026-01-01"`,
			"audit: {} # the token's user needs the right to see audit events", "opportunities: {} # those of the activities",
		},
	}
	return found
}

func withState(p destination.Profile) example {
	e := example{To: p, Backend: &p, Forecasts: []string{"- id: net_arr"}, More: []string{"periods: [previous, current, next]"}}
	if p.Overwrites() {
		e.Comment = []string{p.Title + ", with a state backend: settled quarters are not exported again, and nothing is deleted."}
		e.More = append(e.More, "history: true # keeps a snapshot of each day. A day that is not kept cannot be had later")
	} else {
		e.Comment = []string{p.Title + ", with a state backend: each sync adds rows, settled quarters add none. Read the views in docs/queries."}
	}
	switch p.State {
	case destination.KeepsVersions:
		e.Comment = append(e.Comment, "The state is a table beside the others: each change adds a row, and the newest one counts.")
	case destination.NoState:
		e.Comment = append(e.Comment,
			"Files keep no state, so the state is in a small SQLite file. Keep that file between syncs, on a volume: where a container loses it, settled",
			"quarters are exported again. Any database that keeps state will do instead.")
		for _, other := range destination.Profiles() {
			if other.Name == "sqlite" {
				other.Settings = []destination.Setting{{Key: "connection_string", Value: "./clari_state.sqlite", Comment: "on a volume that stays"}}
				e.Backend = &other
			}
		}
	}
	return e
}

func withoutState(p destination.Profile) example {
	e := example{To: p, Forecasts: []string{"- id: net_arr"}, More: []string{"periods: [previous, current, next]"}}
	if p.Overwrites() {
		e.Comment = []string{p.Title + ", without a state backend: each sync exports every period. Nothing is deleted."}
	} else {
		e.Comment = []string{p.Title + ", without a state backend: each sync adds every period again. Read the views in docs/queries."}
	}
	return e
}

// Blocks are the destinations that the example needs.
func (e example) Blocks() []destination.Profile {
	if e.Backend == nil || e.Backend.Name == e.To.Name {
		return []destination.Profile{e.To}
	}
	return []destination.Profile{e.To, *e.Backend}
}

func writePage() error {
	var text strings.Builder
	if err := texts.ExecuteTemplate(&text, "page", destination.Profiles()); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(text.String()), 0o644)
}
