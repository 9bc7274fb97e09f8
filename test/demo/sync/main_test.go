package main

import (
	"bytes"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // in the error or on the log
	}{
		{"no file", nil, "usage: sync [flags] spec.yml"},
		{"two files", []string{"a.yml", "b.yml"}, "usage: sync [flags] spec.yml"},
		{"unknown flag", []string{"-x", "a.yml"}, "flag provided but not defined: -x"},
		{"file is missing", []string{"testdata/none.yml"}, "open testdata/none.yml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, log bytes.Buffer
			err := run(t.Context(), test.args, &out, &log)
			require.Error(t, err)
			require.Contains(t, log.String()+err.Error(), test.want)
			require.Empty(t, out.String())
			require.Equal(t, len(log.String()) > 0, err == flag.ErrHelp)
		})
	}
}
