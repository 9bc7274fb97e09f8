package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachRoomIsNamed: CONTRIBUTING.md says of every room of tests what is in it.
func TestEachRoomIsNamed(t *testing.T) {
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	require.NoError(t, err)
	_, where, found := strings.Cut(string(text), "## Where a test is\n")
	require.True(t, found)
	where, _, _ = strings.Cut(where, "What the dearest packages cost")
	rooms, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, room := range rooms {
		if room.IsDir() {
			require.Contains(t, where, "`test/"+room.Name()+"`")
		}
	}
}
