// Package queries runs the views and queries of the docs on SQLite, PostgreSQL and DuckDB, and compares what they say with the truth of each story. It knows
// which mistakes somebody might make in them, and which SQL all databases take. What their answers must be is in package truth.
package queries

import (
	"os"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

func TestMain(m *testing.M) { os.Exit(story.Run(m)) }
