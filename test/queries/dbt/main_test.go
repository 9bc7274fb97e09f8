// Package dbt lets dbt itself build the package of docs/dbt, over the rows of stories, as users install it: with all its tests, a second time, with personal
// data obfuscated, and over empty tables. It does not know what models must hold: they are the queries, which package queries compares.
package dbt

import (
	"os"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

func TestMain(m *testing.M) { os.Exit(story.Run(m)) }
