package document

import (
	"bufio"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestNUL(t *testing.T) {
	const text = `[{"a\u0000":"x\u0000y\u0000"},"\\u0000",["\\\u0000\"\u0000"],"\u00000",1]`
	for _, r := range []func() *Source{
		func() *Source { return NewSource(t.Context(), strings.NewReader(text)) },
		func() *Source { return NewSource(t.Context(), iotest.OneByteReader(strings.NewReader(text))) },
	} {
		in := r()
		d := NewDecoder(in, bufio.NewReader(in), 0)
		value, err := d.Value()
		require.NoError(t, err)
		require.Equal(t, `[{"a\ufffd":"x\ufffdy\ufffd"},"\\u0000",["\\\ufffd\"\ufffd"],"\ufffd0",1]`, string(value))
		require.EqualValues(t, 4, d.NULs)
	}
	in := NewSource(t.Context(), strings.NewReader(`["u0000"]`))
	d := NewDecoder(in, in, 0)
	_, err := d.Value()
	require.NoError(t, err)
	require.False(t, in.nul)
	require.Zero(t, d.NULs)
}
