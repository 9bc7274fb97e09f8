// Command gen writes the docs of the tables.
package main

import (
	"context"
	"log"
	"os"

	"github.com/cloudquery/plugin-sdk/v4/docs"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

func main() {
	if err := generate("../../docs/tables"); err != nil {
		log.Fatal(err)
	}
}

func generate(dir string) error {
	ctx := context.Background()
	client, err := plugin.Configure(ctx, zerolog.Nop(), nil, sdk.NewClientOptions{NoConnection: true})
	if err != nil {
		return err
	}
	tables, err := client.Tables(ctx, sdk.TableOptions{Tables: []string{"*"}})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // a table that is gone leaves no page behind
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return docs.NewGenerator(plugin.Name, tables).Generate(dir, docs.FormatMarkdown)
}
