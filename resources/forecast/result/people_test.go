package result

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// entryIn is an entry of the five arrays, of a user in a week.
func entryIn(user, period, week, value string) string {
	if period != "" {
		period = `"timePeriodId":"` + period + `",`
	}
	return `{` + period + `"userId":"` + user + `","fieldId":"f","timeFrameId":"` + week + `","forecastValue":` + value + `}`
}

func arraysOf(users string, entries ...string) []byte {
	return []byte(`{"entries":[` + strings.Join(entries, ",") + `],"users":[` + users + `],` +
		`"timePeriods":[{"timePeriodId":"2026_Q1","type":"quarter","startDate":"2026-01-01","endDate":"2026-03-31"}]}`)
}

func TestPersonID(t *testing.T) {
	for name, c := range map[string]struct {
		users string
		want  map[string]string // user_id to person_id
	}{
		"a CRM id in one role is that of the others": {
			`{"userId":"1:a","crmId":"005","email":"x@y"},{"userId":"1:b","email":"x@y"}`, map[string]string{"1:a": "005", "1:b": "005", "1:mentioned": "005"},
		},
		"an address without spaces, in lower case": {
			`{"userId":"1:a","email":" X@y "},{"userId":"2:b","email":"x@y"}`, map[string]string{"1:a": "x@y", "2:b": "x@y", "1:mentioned": "x@y"},
		},
		"a placeholder as CRM id": {
			`{"userId":"1:a","crmId":"N/A","email":"a@y"},{"userId":"2:b","crmId":"N/A","email":"b@y"},{"userId":"3:c","crmId":"N/A","name":"C"}`,
			map[string]string{"1:a": "a@y", "2:b": "b@y", "3:c": "3", "1:mentioned": "a@y"},
		},
		"one Clari user with two addresses": {
			`{"userId":"1:a","crmId":"005","email":"a@y"},{"userId":"1:b","crmId":"005","email":"b@y"}`, map[string]string{"1:a": "005", "1:b": "005", "1:mentioned": "005"},
		},
	} {
		rows, _, err := land(t.Context(), arraysOf(c.users, entryIn("1:mentioned", "2026_Q1", "w", "1")), Asked{Period: "2026_Q1"})
		require.NoError(t, err, name)
		got := map[string]string{}
		for _, r := range append(rows["clari_forecast_users"], rows["clari_forecast_entries"]...) {
			got[r["user_id"].(string)] = r["person_id"].(string)
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestHierarchyLevel(t *testing.T) {
	user := func(id, role, above string) string {
		return `{"userId":"` + id + `","hierarchyId":"` + role + `","parentHierarchyId":"` + above + `"}`
	}
	users := strings.Join([]string{
		user("1:head", "head", "nobody"), user("2:mid", "mid", "head"), user("3:rep", "rep", "mid"), `{"userId":"4:none"}`,
		user("5:loop", "loop", "pool"), user("6:pool", "pool", "loop"),
		user("7:two", "two", "head"), user("8:two", "two", "mid"), user("9:below", "below", "two"),
	}, ",")
	rows, _, err := land(t.Context(), arraysOf(users), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	got := map[any]any{}
	for _, r := range rows["clari_forecast_users"] {
		got[r["user_id"]] = r["hierarchy_level"]
		if level, ok := r["hierarchy_level"].(json.Number); ok {
			got[r["user_id"]] = level.String()
		}
	}
	require.Equal(t, map[any]any{
		"1:head": "0", "2:mid": "1", "3:rep": "2", "4:none": nil, "5:loop": nil, "6:pool": nil, "7:two": "1", "8:two": "2", "9:below": nil,
	}, got)
}

// Entries without a period come before those that name it, where Clari chose: they are all of one period.
func TestPeriodNamedLate(t *testing.T) {
	entries := []string{
		entryIn("u", "", "w1", "1"), entryIn("u", "2026_Q1", "w2", "2"), entryIn("u", "2026_Q1", "w3", "3"), entryIn("u", "", "w4", "4"), entryIn("u", "2026_Q1", "w4", "4"),
	}
	rows, _, err := land(t.Context(), arraysOf("", entries...), Asked{})
	require.NoError(t, err)
	require.Len(t, rows["clari_forecast_entries"], 4)
	for _, r := range rows["clari_forecast_entries"] {
		require.Equal(t, "2026-03-31", r["time_period_end_date"], r["time_frame_id"])
	}
	_, _, err = land(t.Context(), arraysOf("", append(entries, entryIn("u", "2026_Q1", "w1", "99"))...), Asked{})
	require.ErrorContains(t, err, "2026_Q1/w1/u/f comes twice")
}

// chain is a result of people each of whom is below the next.
func chain(n int) string {
	var b strings.Builder
	b.WriteString(`{"entries":[],"users":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"userId":"%d:r%d","hierarchyId":"r%d","parentHierarchyId":"r%d"},`, i, i, i, i+1)
	}
	return strings.TrimSuffix(b.String(), ",") + "]}"
}

// TestDeepHierarchy: a hierarchy may be as deep as it likes, and takes no more of the stack.
func TestDeepHierarchy(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	defer debug.SetMaxStack(debug.SetMaxStack(2 << 20))
	const n = 50_000
	got, _, err := land(t.Context(), []byte(chain(n)), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	levels := map[string]bool{}
	for _, u := range got["clari_forecast_users"] {
		levels[fmt.Sprint(u["hierarchy_level"])] = true
	}
	require.Len(t, levels, n)
}

// TestPeopleEnd: what follows of people after the last byte ends with its context too.
func TestPeopleEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	text := strings.NewReader(chain(1000))
	_, err := Read(ctx, readerFunc(func(b []byte) (int, error) {
		n, err := text.Read(b)
		if err == io.EOF {
			cancel()
		}
		return n, err
	}), Asked{Period: "2026_Q1"})
	require.ErrorIs(t, err, context.Canceled)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
