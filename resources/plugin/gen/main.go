// Command gen writes what follows from the tables: their docs (the SDK's own generator leaves out what columns mean), the views over
// them, the dbt package, and what the README says of them.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

//go:embed table.md.tmpl
var page string

var pages = template.Must(template.New("table").Funcs(template.FuncMap{"keys": keys}).Parse(page))

func main() {
	tables, err := tables()
	if err != nil {
		log.Fatal(err)
	}
	if err := generate("../../docs/tables", tables); err != nil {
		log.Fatal(err)
	}
	if err := writeViews("../../docs/queries", tables); err != nil {
		log.Fatal(err)
	}
	if err := writePackage("../../docs/queries", "../../docs/dbt", tables); err != nil {
		log.Fatal(err)
	}
	if err := writeReadme("../../README.md"); err != nil {
		log.Fatal(err)
	}
}

func tables() (schema.Tables, error) {
	ctx := context.Background()
	client, err := plugin.Configure(ctx, zerolog.Nop(), nil, sdk.NewClientOptions{NoConnection: true})
	if err != nil {
		return nil, err
	}
	all, err := client.Tables(ctx, sdk.TableOptions{Tables: []string{"*"}})
	return all.FlattenTables(), err
}

func generate(dir string, tables schema.Tables) error {
	if err := os.RemoveAll(dir); err != nil { // a table that is gone leaves no page behind
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var index strings.Builder
	index.WriteString("# Tables\n\n| table | what a row is |\n| --- | --- |\n")
	for _, t := range tables {
		if err := write(filepath.Join(dir, t.Name+".md"), t); err != nil {
			return err
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s |\n", t.Name, t.Name, t.Description)
	}
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(index.String()), 0o644)
}

func write(name string, t *schema.Table) error {
	var text strings.Builder
	if err := pages.Execute(&text, t); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text.String()), 0o644)
}

func keys(t *schema.Table) string {
	names := t.PrimaryKeyComponents()
	for i, name := range names {
		names[i] = "`" + name + "`"
	}
	return strings.Join(names, ", ")
}
