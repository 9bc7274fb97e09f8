package activity

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

func TestCopies(t *testing.T) {
	early := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	into := clari.Activity{ID: "1", Subject: "Call", At: early.Add(time.Hour), Extra: json.RawMessage(`{"a":1,"b":[2]}`)}
	merge(&into, &clari.Activity{ID: "1", Type: "MEETING", Subject: "Call", At: early})
	require.Equal(t, clari.Activity{ID: "1", Type: "MEETING", Subject: "Call", At: early.Add(time.Hour), Extra: json.RawMessage(`{"a":1,"b":[2]}`)}, into)
	for range 2 {
		merge(&into, &clari.Activity{ID: "1", Type: "EMAIL_SENT", Subject: "Mail", At: early.Add(2 * time.Hour), Extra: json.RawMessage(`{"a":"x","c":null}`)})
	}
	require.Equal(t, "MEETING", into.Type)
	require.Equal(t, early.Add(2*time.Hour), into.At)
	require.JSONEq(t, `{"a":1,"b":[2],"c":null,"other_a":["x"],"other_activity_type":["EMAIL_SENT"],"other_subject":["Mail"]}`, string(into.Extra))

	yes, no := true, false
	p := clari.Participant{Name: "Ann", Internal: &yes}
	mergeParticipant(&p, &clari.Participant{Name: "Ann B.", Email: "a@y", Internal: &no})
	require.Equal(t, "a@y", p.Email)
	require.JSONEq(t, `{"other_name":["Ann B."],"other_is_internal":[false]}`, string(p.Extra))
	for i := range 3 * maxOthers {
		mergeParticipant(&p, &clari.Participant{Name: fmt.Sprint("Ann ", i)})
	}
	require.Equal(t, maxOthers, strings.Count(string(p.Extra), "Ann"))
}
