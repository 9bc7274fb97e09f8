package extra

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		`1.50`: `1.50`, `1e999`: `"1e999"`, `{"b": 1e999, "a": [ "\u00e9", -1E400, 1e9 ]}`: `{"a":["é","-1E400",1e9],"b":"1e999"}`,
		`"\u0041"`: `"A"`, "\"\xff\"": "\"\uFFFD\"", `{"a":1,"a":1}`: `{"a":1,"a":1}`, `[]`: `[]`, `"1e999"`: `"1e999"`, `["1e999\""]`: `["1e999\""]`,
		strings.Repeat("9", 400): `"` + strings.Repeat("9", 400) + `"`,
	} {
		require.Equal(t, want, string(Canonical([]byte(raw))), raw)
	}
}

// What is collected takes the room of what is kept of it.
func TestRoom(t *testing.T) {
	const n = 20_000
	var x Column
	for i := range n {
		x.Keep(fmt.Sprint("k", i), []byte("1"))
		x.Keep("same", []byte("1"))
		x.Other("name", []byte("1"))
	}
	require.Less(t, cap(x.members), 3*n+2<<10)
	require.Less(t, x.Steps(), int64(8*3*n))
}

func TestFit(t *testing.T) {
	require.Nil(t, Fit(nil))
	small := `{"b":1, "a":1}`
	require.Equal(t, small, string(Fit([]byte(small))))
	require.Equal(t, `{"a":[1,2],"cut_members":["big"]}`, string(Fit([]byte(`{"big":"`+strings.Repeat("x", MaxBytes)+`","a":[1, 2]}`))))
}
