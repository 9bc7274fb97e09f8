package spec

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseDefaults(t *testing.T) {
	got, err := Parse([]byte(`{"api_key":"k","forecasts":[{"id":"net_arr"}]}`))
	require.NoError(t, err)
	want := &Spec{
		APIKey:  "k",
		BaseURL: "https://api.clari.com/v4",
		Forecasts: []Forecast{{
			ID: "net_arr", Types: []string{"forecast", "forecast_updated", "quota", "adjustment"}, IncludeHistorical: "auto",
		}},
		Periods: []string{"current"}, TimeZone: "UTC", ExportFormat: "json", Concurrency: 1,
		DelayBetweenExports: Duration(10 * time.Second), PollInterval: Duration(5 * time.Second), PollMaxInterval: Duration(time.Minute),
		QueueTimeout: Duration(30 * time.Minute), RunTimeout: Duration(30 * time.Minute),
		ExportAttempts: 2, ResumeWithin: Duration(45 * time.Minute), MaxRetries: 8, MaxResultBytes: 8 << 30, RequestsPerSecond: 10, SettleDays: 14, OnEmpty: "auto", OnUnread: "warn",
	}
	require.Empty(t, cmp.Diff(want, got))
}

func TestParseReplacesDefaults(t *testing.T) {
	got, err := Parse([]byte(`{"api_key":"k","base_url":"http://127.0.0.1:9/v4//","forecasts":[
		{"id":"a","types":["quota"],"include_historical":false,"periods":["next"]},{"id":"b","include_historical":true}],
		"periods":["2025_Q4"],"refresh":["previous"],"delay_between_exports":"0.5s","settle_days":0,"time_zone":"Europe/Berlin","fiscal_year_start_month":2}`))
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:9/v4", got.BaseURL)
	require.Equal(t, []string{"quota"}, got.Forecasts[0].Types)
	require.Equal(t, "false", got.Forecasts[0].IncludeHistorical)
	require.Equal(t, "true", got.Forecasts[1].IncludeHistorical)
	require.Equal(t, []string{"2025_Q4"}, got.Periods)
	require.Equal(t, 500*time.Millisecond, time.Duration(got.DelayBetweenExports))
	require.Zero(t, got.SettleDays)
	require.Equal(t, "Europe/Berlin", got.Location().String())
	require.Equal(t, 2, got.FiscalYearStartMonth)
	require.Equal(t, "next", got.Forecasts[0].ParsedPeriods(got)[0].String())
	require.Equal(t, "2025_Q4", got.Forecasts[1].ParsedPeriods(got)[0].String())
	require.Equal(t, "previous", got.ParsedRefresh()[0].String())
	require.Zero(t, got.RefreshBefore())
}

func TestParseRefresh(t *testing.T) {
	for _, test := range []struct{ refresh, periods, before string }{
		{`["previous","2024_Q1"]`, "previous 2024_Q1", "0001-01-01T00:00:00Z"},
		{`{"periods":"2024_Q1..2025_Q4","before":"2026-03-01"}`, "2024_Q1..2025_Q4", "2026-02-28T23:00:00Z"},
		{`{"periods":["2024_Q1"],"before":"2026-03-01T00:00:00Z"}`, "2024_Q1", "2026-02-28T23:00:00Z"}, // as YAML readers hand a day over
		{`{"periods":["2024_Q1","next"],"before":"2026-03-01T08:00:00+01:00"}`, "2024_Q1 next", "2026-03-01T07:00:00Z"},
	} {
		got, err := Parse([]byte(top(`"time_zone":"Europe/Berlin","reload":["2025_Q4"],"refresh":` + test.refresh)))
		require.NoError(t, err)
		var periods []string
		for _, p := range got.ParsedRefresh() {
			periods = append(periods, p.String())
		}
		require.Equal(t, test.periods, strings.Join(periods, " "))
		require.Equal(t, test.before, got.RefreshBefore().UTC().Format(time.RFC3339))
		require.Equal(t, "2025_Q4", got.ParsedReload()[0].String())
	}
}

func TestParseBlocks(t *testing.T) {
	got, err := Parse([]byte(top(`"activities":{"overlap_days":3},"audit":{},"opportunities":{"ids":["006A"]}`)))
	require.NoError(t, err)
	types := []string{"meeting", "email_sent", "email_received", "attachment_sent", "attachment_received"}
	require.Equal(t, &Activities{Types: types, WindowDays: 30, OverlapDays: 3}, got.Activities)
	require.Equal(t, &Audit{Overlap: Duration(time.Hour)}, got.Audit)
	require.Equal(t, &Opportunities{IDs: []string{"006A"}, FromActivities: true}, got.Opportunities)

	got, err = Parse([]byte(top(`"opportunities":{"ids":["006A"]}`)))
	require.NoError(t, err)
	require.False(t, got.Opportunities.FromActivities)
	require.Nil(t, got.Activities)
	require.Nil(t, got.Audit)

	today := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	require.Equal(t, "2026-04-01", Activities{}.SinceDay(today).Format(time.DateOnly))
	require.Equal(t, "2026-01-31", Activities{Since: "2026-01-31"}.SinceDay(today).Format(time.DateOnly))
	require.True(t, Audit{}.SinceDay().IsZero())
	require.Equal(t, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), Audit{Since: "2026-01-31T00:00:00Z"}.SinceDay())
}

func TestParseNothing(t *testing.T) {
	for _, doc := range []string{"", " \n", "null", " null ", "{}"} {
		_, err := Parse([]byte(doc))
		requireProblems(t, err, "api_key: required; ", "forecasts: required; ")
	}
	_, err := Parse(nil)
	requireProblems(t, err, "api_key: required; ", "forecasts: required; ")
}

func TestEveryProblemAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"forecasts":[{"id":"a"},{"id":"b","curency":"USD","types":["qota",7]},{"id":"a","periods":[".."]}],
		"concurrency":0,"poll_interval":"5","hystory":true,"audit":{"overlap":"-1s"},"time_zone":"Nowhere","on_empty":[]}`))
	requireProblems(t, err,
		"api_key: required",
		"forecasts[1].curency: unknown key; the nearest known one is currency",
		`forecasts[1].types[0]: "qota" is none of`,
		"forecasts[1].types[1]: is a number",
		"forecasts[2]: has the id, scope_id and currency of forecasts[0]",
		`forecasts[2].periods[0]: ".." is a range`,
		"concurrency: is out of range",
		"poll_interval: is no duration",
		"hystory: unknown key; the nearest known one is history",
		"audit.overlap: is negative",
		`time_zone: "Nowhere" is no IANA`,
		"on_empty: is a list; write text in quotes",
	)
	require.Contains(t, err.Error(), "invalid spec: 12 problems: (1) ")
	require.Contains(t, err.Error(), " (12) ")

	_, err = Parse([]byte(`{"api_key":"k"}`))
	require.EqualError(t, err, "invalid spec: forecasts: required; list one or more forecast tabs, each with its id")
}

func TestBrokenJSON(t *testing.T) {
	for doc, want := range map[string]string{
		`{"api_key":"k"`:                       "document: is not valid JSON near byte ",
		`{"api_key":"k"} {}`:                   "document: is not valid JSON near byte ",
		`{"api_key":"k",}`:                     "document: is not valid JSON near byte ",
		`{"forecasts":[{]}`:                    "document: is not valid JSON near byte ",
		`{"forecasts":[`:                       "document: is not valid JSON near byte ",
		`api_key: k`:                           "document: is not valid JSON near byte 0",
		`{"api_key":"k","api_key":"l"}`:        "document: has one key twice, near byte ",
		`{"x":1,"x":2}`:                        "document: has one key twice, near byte ",
		"{\"api_key\":\"\xff\"}":               "document: is not valid JSON near byte ",
		strings.Repeat("[", 20000):             "document: is not valid JSON near byte ",
		`{"periods":` + strings.Repeat("[", 9): "document: is not valid JSON near byte ",
	} {
		_, err := Parse([]byte(doc))
		requireProblems(t, err, want)
	}
}

// TestKeyIsNeverShown puts a token wherever it might be repeated from.
func TestKeyIsNeverShown(t *testing.T) {
	const token = "tok3n_9f8e7d6c5b4a"
	long := token + strings.Repeat("x", 100)
	for name, doc := range map[string]string{
		"with a space":                    `{"api_key":"` + token + ` x"}`,
		"with a line break":               `{"api_key":"` + token + `\n"}`,
		"as a variable":                   `{"api_key":"${` + token + `}"}`,
		"in a list":                       `{"api_key":["` + token + `"]}`,
		"in an object":                    `{"api_key":{"` + token + `":1}}`,
		"in an object, twice":             `{"api_key":{"` + token + `":1,"` + token + `":2}}`,
		"without a closing quote":         `{"api_key":"` + token + `,"forecasts":[]}`,
		"without quotes":                  `{"api_key":` + token + `}`,
		"after broken JSON":               `{"forecasts":[,"api_key":"` + token + `"}`,
		"before broken JSON":              `{"api_key":"` + token + `"`,
		"with a bad escape":               `{"api_key":"\q` + token + `"}`,
		"under a misspelt key":            `{"apikey":"` + token + `"}`,
		"as an unknown key":               `{"api_key":"` + token + `","` + token + `":1}`,
		"as an unknown key before":        `{"` + token + `":1,"api_key":"` + token + `"}`,
		"as an unknown key of a forecast": `{"forecasts":[{"` + token + `":1}],"api_key":"` + token + `"}`,
		"in the address":                  `{"api_key":"` + token + `","base_url":"https://x:` + token + `@clari.example"}`,
		"in a bad address":                `{"api_key":"` + token + `","base_url":"https://%zz` + token + `"}`,
		"in a query":                      `{"api_key":"` + token + `","base_url":"https://clari.example?` + token + `"}`,
		"as id":                           `{"api_key":"` + token + `","forecasts":[{"id":" ` + token + `"}]}`,
		"as type":                         `{"api_key":"` + token + `","forecasts":[{"id":"a","types":["` + token + `"]}]}`,
		"as period":                       `{"api_key":"` + token + `","forecasts":[{"id":"a"}],"periods":["` + token + `.."]}`,
		"as zone, format, duration":       `{"api_key":"` + token + `","time_zone":"` + token + `","export_format":"` + token + `","run_timeout":"` + token + `"}`,
		"as a value cut in the middle":    `{"api_key":"` + long + `","time_zone":"` + long + `"}`,
	} {
		_, err := Parse([]byte(doc))
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), token, name)
		var invalid *InvalidError
		require.True(t, errors.As(err, &invalid), name)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	_, err := Parse([]byte(`{"api_key":"k-1","time_zone":"` + strings.Repeat("é", 5000) + `","forecasts":[{"id":"a"}]}`))
	require.ErrorContains(t, err, `éé..." is no IANA`)
	require.Less(t, len(err.Error()), 300)
}

func TestLocation(t *testing.T) {
	require.Equal(t, time.UTC, (&Spec{}).Location())
	require.Equal(t, time.UTC, (&Spec{TimeZone: "Nowhere"}).Location())
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{
		"0s": "0s", "250ms": "250ms", "60s": "1m", "90s": "1m30s", "30m": "30m", "1h": "1h", "3600s": "1h", "1h30m": "1h30m", "10h0m5s": "10h0m5s", "20h": "20h",
	} {
		var d, again Duration
		require.NoError(t, d.UnmarshalText([]byte(text)))
		require.Equal(t, want, d.String())
		marshalled, err := d.MarshalText()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalText(marshalled))
		require.Equal(t, d, again)
	}
	var d Duration
	require.Error(t, d.UnmarshalText([]byte("10")))
}
