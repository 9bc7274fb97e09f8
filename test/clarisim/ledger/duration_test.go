package ledger_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

func TestDurations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	below, tail := 0, 0
	for range 1000 {
		require.Equal(t, time.Minute, ledger.Fixed(time.Minute)(r))
		between := ledger.Between(time.Second, 2*time.Second)(r)
		require.GreaterOrEqual(t, between, time.Second)
		require.LessOrEqual(t, between, 2*time.Second)
		switch d := ledger.LogNormal(time.Minute, 0.5)(r); {
		case d < time.Minute:
			below++
		case d > 2*time.Minute:
			tail++
		}
	}
	require.InDelta(t, 500, below, 50)
	require.InDelta(t, 83, tail, 40)
}
