package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

func TestSchemaIsGenerated(t *testing.T) {
	t.Chdir("..")
	text, err := generate()
	require.NoError(t, err)
	require.Equal(t, string(text), spec.JSONSchema, "stale: run go generate ./client/spec")
}
