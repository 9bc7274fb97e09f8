package oracle

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// byKey are the rows of an export by table and key, in the form of this package.
type byKey map[string]map[string]Row

// wanted is the truth of an export. That each key is there once, and as many as the export counts, is required.
func wanted(t *testing.T, job sim.Job) byKey {
	all, n := byKey{}, map[string]int{}
	for table, rows := range Of(job) {
		all[table] = map[string]Row{}
		for r := range rows {
			for _, shared := range []string{"forecast_id", "scope_id", "requested_currency", "requested_period", "forecast_key", "job_id"} {
				delete(r, shared)
			}
			for name, v := range r { // the contract's U+FFFD for NUL is not the plugin's yet
				if text, ok := v.(string); ok {
					r[name] = strings.ReplaceAll(strings.ReplaceAll(text, "\x00", "\uFFFD"), `\u0000`, "\uFFFD")
				}
			}
			all[table][r.key(table)] = r
			n[table]++
		}
		require.Len(t, all[table], n[table], "a key of %s twice", table)
	}
	c := job.Export.Count()
	require.Equal(t, map[string]int{
		"clari_forecast_entries": c.Entries, "clari_forecast_users": c.Users, "clari_forecast_fields": c.Fields,
		"clari_forecast_time_periods": c.TimePeriods, "clari_forecast_time_frames": c.TimeFrames,
	}, map[string]int{
		"clari_forecast_entries": n["clari_forecast_entries"], "clari_forecast_users": n["clari_forecast_users"], "clari_forecast_fields": n["clari_forecast_fields"],
		"clari_forecast_time_periods": n["clari_forecast_time_periods"], "clari_forecast_time_frames": n["clari_forecast_time_frames"],
	})
	return all
}

// decoded are the rows that the other reader finds in a result.
func decoded(t *testing.T, job sim.Job, body []byte) byKey {
	x := job.Export
	start, end := x.Tenant.Calendar.Days(x.Quarter)
	tables, err := decode.Result(body, decode.Asked{Period: x.Quarter.String(), Currency: x.Currency, JobCurrency: x.JobCurrency, Start: start, End: end})
	require.NoError(t, err)
	all := byKey{}
	for table := range Of(job) {
		all[table] = map[string]Row{}
	}
	for table, rows := range tables {
		for _, cells := range rows {
			r := Row{}
			for name, v := range cells {
				if at, ok := v.(time.Time); ok {
					v = at.Format(time.RFC3339Nano)
				}
				if name == "extra" || name == "user_scope" {
					text, err := json.Marshal(v)
					require.NoError(t, err)
					v = canonicalJSON(string(text))
				}
				r[name] = v
			}
			all[table][r.key(table)] = r
		}
	}
	return all
}

func encode(t *testing.T, x sim.Export) []byte {
	var b bytes.Buffer
	n, err := x.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	require.EqualValues(t, b.Len(), x.Size())
	return b.Bytes()
}
