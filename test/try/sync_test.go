package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOwn: what the plugin says comes first, and once.
func TestOwn(t *testing.T) {
	require.NoError(t, own(nil))
	for text, want := range map[string]string{
		"sync: rpc error: code = Unknown desc = failed to sync records: failed to sync unmanaged client: 1 of 1 exports did not land": "1 of 1 exports did not land",
		"init clari: rpc error: code = Internal desc = failed to init plugin: failed to initialize client: invalid spec: 2 problems":  "invalid spec: 2 problems",
		"start source clari: no such program": "start source clari: no such program",
	} {
		require.EqualError(t, own(errors.New(text)), want)
	}
}
