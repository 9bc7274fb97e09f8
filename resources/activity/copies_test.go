package activity

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

func TestCopies(t *testing.T) {
	early := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	into := clari.Activity{ID: "1", Subject: "Call", At: early.Add(time.Hour)}
	var c copies
	c.unknown(json.RawMessage(`{"a":1,"b":[2]}`))
	merge(&into, &clari.Activity{ID: "1", Type: "MEETING", Subject: "Call", At: early}, &c)
	require.Equal(t, clari.Activity{ID: "1", Type: "MEETING", Subject: "Call", At: early.Add(time.Hour)}, into)
	for range 2 {
		merge(&into, &clari.Activity{ID: "1", Type: "EMAIL_SENT", Subject: "Mail", At: early.Add(2 * time.Hour), Extra: json.RawMessage(`{"a":"x","c":null}`)}, &c)
	}
	require.Equal(t, "MEETING", into.Type)
	require.Equal(t, early.Add(2*time.Hour), into.At)
	require.JSONEq(t, `{"a":1,"b":[2],"c":null,"other_a":["x"],"other_activity_type":["EMAIL_SENT"],"other_subject":["Mail"]}`, string(c.Object()))

	yes, no := true, false
	list := []clari.Participant{{Email: "a@y", Name: "Ann", Internal: &yes}, {Email: "A@y", Name: "Ann B.", CRMUserID: "005", Internal: &no}, {Name: "Bob", Extra: json.RawMessage(`{"x":1}`)}}
	kept, cut := participants.distinct(list)
	require.Zero(t, cut)
	require.Len(t, kept, 2)
	require.Equal(t, "005", kept[0].CRMUserID)
	require.JSONEq(t, `{"other_name":["Ann B."],"other_is_internal":[false]}`, string(kept[0].Extra))
	require.JSONEq(t, `{"x":1}`, string(kept[1].Extra))
}

// TestCopiesAreLinear: what copies say otherwise costs as many steps as it is long.
func TestCopiesAreLinear(t *testing.T) {
	for name, add := range map[string]func(c *copies, i int){
		"a label":      func(c *copies, i int) { c.text("name", new("first"), fmt.Sprint("name ", i)) },
		"a new key":    func(c *copies, i int) { c.unknown(fmt.Appendf(nil, `{"k%d":1}`, i)) },
		"values":       func(c *copies, i int) { c.unknown(fmt.Appendf(nil, `{"k":%d}`, i)) },
		"all keys new": func(c *copies, i int) { c.unknown(fmt.Appendf(nil, `{"k%d":1,"l%d":2,"m":%d}`, i, i%7, i)) },
	} {
		steps := func(n int) int64 {
			var c copies
			for i := range n {
				add(&c, i)
			}
			require.NotEmpty(t, c.Object())
			return c.Steps()
		}
		few, many := steps(5_000), steps(20_000)
		require.LessOrEqual(t, many, 6*few, name)
	}
	var list []clari.ActivityAccount
	for i := range 50_000 { // each in a second copy, with another name and a new key
		list = append(list, clari.ActivityAccount{ID: "1", Name: fmt.Sprint("name ", i), Extra: fmt.Appendf(nil, `{"k%d":1}`, i)})
	}
	kept, cut := accounts.distinct(list)
	require.Len(t, kept, 1)
	require.Positive(t, cut)
	require.Less(t, len(kept[0].Extra), 600<<10)
}
