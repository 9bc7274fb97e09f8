package main

import (
	_ "embed"
	"io"
	"text/template"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

//go:embed spec.yml.tmpl
var specText string

var specTemplate = template.Must(template.New("spec").Parse(specText))

// printSpec writes a CloudQuery spec that works as it is.
func (o options) printSpec(w io.Writer, s *sim.Server, baseURL string) error {
	sqlite, _ := destination.For("cloudquery/sqlite")
	return specTemplate.Execute(w, map[string]any{
		"BaseURL": baseURL, "Key": s.Key(), "Tabs": s.Tenant().Tabs, "Quarters": o.quarters, "Database": o.database, "To": sqlite,
	})
}
