package odd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestForm(t *testing.T) {
	for text, want := range map[string]string{
		"3.000.190,00 €": "9.999.999,99 €", "Ann Łódź": "aaa aaaa", "٣ x\n\x00": "9 a  ", "": "", "\xff1": "\uFFFD9",
		strings.Repeat("é1", 100): strings.Repeat("a9", 20),
	} {
		require.Equal(t, want, Form(text), text)
	}
}

func TestCounts(t *testing.T) {
	var c Counts
	require.Empty(t, c.Cases())
	c.Value("forecast_value", []byte("3 Mio"))
	c.Value("forecast_value", []byte("4 Mio"))
	c.Values("is_updated", []byte("Ja"), 3)
	c.Values("is_updated", []byte("Ja"), 0)
	for _, label := range []string{"Forecast Amount", "Other", "Other", "Forecast Amount"} {
		c.Label("data type", label)
	}
	require.Equal(t, []Case{
		{Cause{Where: "forecast_value"}, 2, "9 aaa"}, {Cause{Where: "is_updated"}, 3, "aa"}, {Cause{true, "data type"}, 2, "Forecast Amount, Other"},
	}, c.Cases())
	require.Equal(t, []int64{5, 2, 2, 0}, []int64{c.Unread(), c.Unknown(), c.Of("forecast_value"), c.Of("data type")})
}

// However many labels there are, memory is bounded, and none goes uncounted.
func TestManyLabels(t *testing.T) {
	var c Counts
	for range 2 {
		for i := range 2 * maxLabels {
			c.Label("key", fmt.Sprint(i))
		}
	}
	require.Len(t, c.labels, maxLabels)
	require.EqualValues(t, 3*maxLabels, c.Unknown())
	require.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7", c.Cases()[0].Example)
}
