// Package present holds the views to who and what is there after syncs that are unlike each other: some are killed, fail, or land their results again; shapes,
// types and weeks change; people come, leave and change roles; rows are lost. It asks what the marts have of them, and not what questions make of that.
package present

import (
	"os"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

func TestMain(m *testing.M) { os.Exit(story.Run(m)) }
