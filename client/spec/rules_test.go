package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata" // as main.go does: zones must not depend on the machine that tests

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// rule is a document, with the start of each problem that Parse must report, and no other.
type rule struct {
	name     string
	doc      string
	problems []string
	blind    bool // no JSON schema can express this
}

// top is a valid document with these top-level members added.
func top(members string) string {
	return `{"api_key":"k3y-0123456789","forecasts":[{"id":"net_arr"}],` + members + `}`
}

// tab is a valid document whose only forecast has these members.
func tab(members string) string {
	return `{"api_key":"k3y-0123456789","forecasts":[{` + members + `}]}`
}

func key(literal string) string { return `{"api_key":` + literal + `,"forecasts":[{"id":"net_arr"}]}` }

var rules = []rule{
	{name: "least", doc: tab(`"id":"net_arr"`)},
	{name: "everything", doc: `{"api_key":"k","base_url":"https://eu.clari.example/v4","forecasts":[{"id":"a-b.c:é","types":["crm_total","crm_closed"],
		"currency":"eur","scope_id":"1905::MGR","include_historical":false,"periods":["2018_M1","2024_Q1..current"]},{"id":"a-b.c:é"}],
		"periods":["2024_Q1..2026_Q1","previous","current","next","current-4","current+1","current-8..current+1"],"fiscal_year_start_month":2,
		"time_zone":"America/New_York","export_format":"csv","concurrency":3,"delay_between_exports":"0s","poll_interval":"250ms",
		"poll_max_interval":"1m30s","queue_timeout":"2h","run_timeout":"1h","export_attempts":10,"max_retries":0,"requests_per_second":0.5,
		"quota_reserve":100,"settle_days":0,"refresh":[],"reload":["2025_Q4"],"history":true,"on_empty":"warn",
		"on_unread":"fail","resume_within":"0s","keep_results":"/var/lib/clari",
		"activities":{"since":"2026-01-31","types":["meeting","EMAIL_SENT"],"window_days":366,"overlap_days":0},
		"audit":{"since":"2026-01-31T00:00:00Z","overlap":"0s"},"opportunities":{"ids":["006A","006B"],"from_activities":false}}`},

	{name: "not an object", doc: `["api_key"]`, problems: []string{"document: is a list; write an object"}},
	{name: "nothing in it", doc: `{}`, problems: []string{"api_key: required; ", "forecasts: required; "}},
	{name: "unknown key", doc: top(`"apikey":1`), problems: []string{"apikey: unknown key; the nearest known one is api_key"}},
	{name: "unknown key of a forecast", doc: tab(`"id":"a","curency":"USD"`), problems: []string{"forecasts[0].curency: unknown key; the nearest known one is currency"}},
	{name: "key of a forecast at the top", doc: top(`"currency":"USD"`), problems: []string{"currency: unknown key here; write forecasts[].currency"}},
	{name: "key of the top in a forecast", doc: tab(`"id":"a","concurrency":2`), problems: []string{"forecasts[0].concurrency: unknown key here; write concurrency at the top level of the spec"}},
	{name: "a far key", doc: top(`"wibble":1`), problems: []string{"wibble: unknown key; remove it: docs/configuration.md has every key"}},
	{name: "keys of CloudQuery", doc: top(`"backend_options":{},"tables":["*"],"skip_tables":[],"destinations":[],"name":"x","version":"v1","otel_endpoint":"a"`), problems: []string{
		"backend_options: belongs one level up; ", "tables: belongs one level up; ", "skip_tables: belongs one level up; ", "destinations: belongs one level up; ",
		"name: belongs one level up; ", "version: belongs one level up; ", "otel_endpoint: belongs one level up; ",
	}},
	{name: "keys of a destination", doc: top(`"write_mode":"overwrite","connection_string":"x"`), problems: []string{"write_mode: belongs to the destination; ", "connection_string: belongs to the destination; "}},
	{name: "keys of other tools", doc: top(`"token":"x","forecast_ids":["a"],"start_date":"2026-01-01","lookback":3,"tabs":["a"],"quarters":["current"],"schedule":"daily","scope":"x"`), problems: []string{
		"token: unknown key; write api_key", "forecast_ids: unknown key; write forecasts", "start_date: unknown key; write periods", "lookback: unknown key; write periods",
		"tabs: unknown key; write forecasts", "quarters: unknown key; write periods", "schedule: is no key: CloudQuery has no schedules; ",
		"scope: unknown key; write forecasts[].scope_id",
	}},
	{name: "a key of another tool in a forecast", doc: tab(`"id":"a","slug":"b","token":"c"`), problems: []string{"forecasts[0].slug: unknown key; write id", "forecasts[0].token: unknown key; write api_key at the top level of the spec"}},
	{name: "one tab without a dash", doc: `{"api_key":"k","forecasts":{"id":"a"}}`, problems: []string{"forecasts: is an object; write a dash before id, as the first item of a list: - id: net_arr"}},
	{name: "all types", doc: tab(`"id":"a","types":"all"`), problems: []string{"forecasts[0].types: is text; write a list such as [forecast, quota], or remove the key"}},
	{name: "a year is a number", doc: top(`"periods":[2025]`), problems: []string{"periods[0]: is a number; write it in quotes"}},
	{name: "letter case", doc: top(`"History":true`), problems: []string{"History: unknown key; the nearest known one is history"}},
	{name: "strange key", doc: top(`"on\nempty":{"a":[1]}`), problems: []string{`"on\nempty": unknown key; the nearest known one is on_empty`}},
	{name: "null value", doc: top(`"periods":null`), problems: []string{"periods: has no value; "}},

	{name: "key is a number", doc: key(`12345678`), problems: []string{"api_key: is a number; write text in quotes"}},
	{name: "key is null", doc: key(`null`), problems: []string{"api_key: has no value; "}},
	{name: "key is blank", doc: key(`" "`), problems: []string{"api_key: has white space"}},
	{name: "key is empty", doc: key(`""`), problems: []string{"api_key: is empty; set the environment variable"}},
	{name: "key with a space", doc: key(`"ab cd"`), problems: []string{"api_key: has white space"}},
	{name: "key with a line break", doc: key(`"abcd\n"`), problems: []string{"api_key: has white space"}},
	{name: "key with a bell", doc: key(`"ab\u0007cd"`), problems: []string{"api_key: has white space, a control character"}},
	{name: "key of bullets", doc: key(`"••••"`), problems: []string{"api_key: has white space, a control character or a letter outside ASCII"}},
	{name: "key not expanded", doc: key(`"${CLARI_API_KEY}"`), problems: []string{"api_key: is a variable that was not replaced"}},
	{name: "key as a shell writes it", doc: key(`"$CLARI_API_KEY"`), problems: []string{"api_key: is the name of a variable, not its value; "}},
	{name: "key as Windows writes it", doc: key(`"%CLARI_API_KEY%"`), problems: []string{"api_key: is the name of a variable, not its value; "}},
	{name: "key as PowerShell writes it", doc: key(`"$env:CLARI_API_KEY"`), problems: []string{"api_key: is the name of a variable, not its value; "}},
	{name: "key of a template", doc: key(`"{{ env.CLARI_API_KEY }}"`), problems: []string{"api_key: is a template of another tool; "}},
	{name: "key of a template without spaces", doc: key(`"{{CLARI_API_KEY}}"`), problems: []string{"api_key: is a template of another tool; "}},
	{name: "key in typographic quotes", doc: key(`"“abc”"`), problems: []string{"api_key: has typographic quotes around it; "}},
	{name: "key with Bearer", doc: key(`"Bearer abc"`), problems: []string{"api_key: has the word Bearer before the token; "}},
	{name: "key with a dollar", doc: key(`"a$b{c}"`)},

	{name: "http", doc: top(`"base_url":"http://api.clari.com/v4"`), problems: []string{"base_url: would send the token unencrypted; write https://"}},
	{name: "http localhost", doc: top(`"base_url":"http://localhost:8080/v4/"`)},
	{name: "http 127", doc: top(`"base_url":"http://127.1.2.3"`)},
	{name: "http ::1", doc: top(`"base_url":"http://[::1]:80/"`)},
	{name: "http not quite loopback", doc: top(`"base_url":"http://127.0.0.1.example.com"`), problems: []string{"base_url: would send"}},
	{name: "http no localhost", doc: top(`"base_url":"http://localhost.example.com/"`), problems: []string{"base_url: would send"}},
	{name: "http 256", doc: top(`"base_url":"http://127.0.0.256/"`), problems: []string{"base_url: would send"}},
	{name: "https ipv6", doc: top(`"base_url":"https://[2001:db8::1]/v4"`)},
	{name: "no scheme", doc: top(`"base_url":"api.clari.com/v4"`), problems: []string{"base_url: is no http(s) URL"}},
	{name: "ftp", doc: top(`"base_url":"ftp://api.clari.com/v4"`), problems: []string{"base_url: is no http(s) URL"}},
	{name: "no host", doc: top(`"base_url":"https:///v4"`), problems: []string{"base_url: has no usable host"}},
	{name: "port only", doc: top(`"base_url":"https://:443/v4"`), problems: []string{"base_url: has no usable host"}},
	{name: "port out of range", doc: top(`"base_url":"https://clari.example:99999"`), problems: []string{"base_url: has no usable host or port"}, blind: true},
	{name: "bad escape", doc: top(`"base_url":"https://clari.example/%zz"`), problems: []string{"base_url: is no http(s) URL"}, blind: true},
	{name: "user", doc: top(`"base_url":"https://me:secret@clari.example/v4"`), problems: []string{"base_url: has a user or password"}},
	{name: "query", doc: top(`"base_url":"https://clari.example/v4?apikey=x"`), problems: []string{"base_url: has a query"}},
	{name: "empty query", doc: top(`"base_url":"https://clari.example/v4?"`), problems: []string{"base_url: has a query"}},
	{name: "fragment", doc: top(`"base_url":"https://clari.example/v4#a"`), problems: []string{"base_url: has a query or fragment"}},
	{name: "empty fragment", doc: top(`"base_url":"https://clari.example/v4#"`), problems: []string{"base_url: has a query or fragment"}},
	{name: "space in URL", doc: top(`"base_url":"https://clari.example/v 4"`), problems: []string{"base_url: has white space"}},
	{name: "blank URL", doc: top(`"base_url":""`), problems: []string{"base_url: is blank; "}},

	{name: "forecasts is text", doc: `{"api_key":"k","forecasts":"net_arr"}`, problems: []string{"forecasts: is text; write a list of tabs, each with its id"}},
	{name: "forecasts is empty", doc: `{"api_key":"k","forecasts":[]}`, problems: []string{"forecasts: required; "}},
	{name: "forecast is text", doc: `{"api_key":"k","forecasts":["net_arr",{"id":"a"}]}`, problems: []string{"forecasts[0]: is text; write \"id: \" before it"}},
	{name: "no id", doc: tab(`"currency":"USD"`), problems: []string{"forecasts[0].id: required; "}},
	{name: "blank id", doc: tab(`"id":"\t"`), problems: []string{"forecasts[0].id: is blank; "}},
	{name: "id is an address", doc: tab(`"id":"https://app.clari.com/forecast/net_arr"`), problems: []string{"forecasts[0].id: is a whole address; "}},
	{name: "id with space around", doc: tab(`"id":" net_arr"`), problems: []string{`forecasts[0].id: " net_arr" is no id; `}},
	{name: "id with a control character", doc: tab(`"id":"net\u0000arr"`), problems: []string{`forecasts[0].id: "net\x00arr" is no id; `}},
	{name: "id goes up", doc: tab(`"id":".."`), problems: []string{`forecasts[0].id: ".." is no id; `}},
	{name: "id of one letter", doc: tab(`"id":"a"`)},
	{name: "same tab", doc: `{"api_key":"k","forecasts":[{"id":"a"},{"id":"b"},{"id":"a","periods":["next"]}]}`, blind: true, problems: []string{"forecasts[2]: has the id, scope_id and currency of forecasts[0]; "}},
	{name: "same tab beside other problems", doc: `{"api_key":"k","forecasts":[{"id":"a","types":[]},{"id":"a"}]}`, problems: []string{"forecasts[0].types: is empty", "forecasts[1]: has the id"}},
	{name: "same id otherwise apart", doc: `{"api_key":"k","forecasts":[{"id":"a"},{"id":"a","currency":"USD"},{"id":"a","scope_id":"1::MGR"},{"id":"A"}]}`},
	{name: "no false sameness", doc: `{"api_key":"k","forecasts":[{"id":"a"},{"id":"a","currency":5}]}`, problems: []string{"forecasts[1].currency: is a number"}},

	{name: "unknown type", doc: tab(`"id":"a","types":["quota","qota"]`), problems: []string{`forecasts[0].types[1]: "qota" is none of forecast, forecast_updated, quota, adjustment, crm_total, crm_closed; the nearest is quota`}},
	{name: "repeated type", doc: tab(`"id":"a","types":["quota","forecast","quota"]`), problems: []string{"forecasts[0].types[2]: repeats types[0]; "}},
	{name: "no types", doc: tab(`"id":"a","types":[]`), problems: []string{"forecasts[0].types: is empty; "}},
	{name: "type is a number", doc: tab(`"id":"a","types":[1]`), problems: []string{"forecasts[0].types[0]: is a number; "}},
	{name: "blank currency", doc: tab(`"id":"a","currency":""`), problems: []string{"forecasts[0].currency: is blank; "}},
	{name: "currency with a space", doc: tab(`"id":"a","currency":"US D"`), problems: []string{`forecasts[0].currency: "US D" is no currency code; write its three letters, such as USD`}},
	{name: "currency by name", doc: tab(`"id":"a","currency":"euro"`), problems: []string{`forecasts[0].currency: "euro" is no currency code; write its three letters, such as EUR`}},
	{name: "currency by sign", doc: tab(`"id":"a","currency":"€"`), problems: []string{`forecasts[0].currency: "€" is no currency code; write its three letters, such as EUR`}},
	{name: "blank scope", doc: tab(`"id":"a","scope_id":""`), problems: []string{"forecasts[0].scope_id: is blank; "}},
	{name: "history true", doc: tab(`"id":"a","include_historical":true`)},
	{name: "history auto", doc: tab(`"id":"a","include_historical":"auto"`)},
	{name: "history as text", doc: tab(`"id":"a","include_historical":"false"`)},
	{name: "history always", doc: tab(`"id":"a","include_historical":"always"`), problems: []string{`forecasts[0].include_historical: "always" is none of auto, true, false; `}},
	{name: "history yes", doc: tab(`"id":"a","include_historical":"yes"`), problems: []string{`forecasts[0].include_historical: "yes" is none of auto, true, false; the nearest is true`}},
	{name: "history is a number", doc: tab(`"id":"a","include_historical":1`), problems: []string{"forecasts[0].include_historical: is a number; write text in quotes, or true or false"}},

	{name: "no periods", doc: top(`"periods":[]`), problems: []string{"periods: is empty; "}},
	{name: "no periods of a tab", doc: tab(`"id":"a","periods":[]`), problems: []string{"forecasts[0].periods: is empty; "}},
	{name: "blank period", doc: top(`"periods":["current",""]`), problems: []string{"periods[1]: is blank; "}},
	{name: "half a range", doc: top(`"periods":["2024_Q1.."]`), problems: []string{`periods[0]: "2024_Q1.." is a range with an end that is no period; `}},
	{name: "misspelt range", doc: top(`"periods":["2024_Q1..curent"]`), problems: []string{`periods[0]: "2024_Q1..curent" is a range with an end that is no period; write it like 2024_Q1..current`}},
	{name: "range of three", doc: top(`"refresh":["2024_Q1..2024_Q2..2024_Q3"]`), problems: []string{"refresh[0]: "}},
	{name: "reversed range", doc: tab(`"id":"a","periods":["2026_Q1..2025_Q4"]`), blind: true, problems: []string{`forecasts[0].periods[0]: "2026_Q1..2025_Q4" ends before it starts; `}},
	{name: "reversed relative range", doc: top(`"refresh":["next..previous"]`), blind: true, problems: []string{`refresh[0]: "next..previous" ends before it starts; `}},
	{name: "endless range", doc: top(`"periods":["1975_Q1..2025_Q1"]`), blind: true, problems: []string{`periods[0]: "1975_Q1..2025_Q1" spans 201 quarters; `}},
	{name: "longest range", doc: top(`"periods":["1975_Q2..2025_Q1","current-199..current"]`)},
	{name: "literals", doc: top(`"periods":["2018_M1","2018_M12","2018"]`)},
	{name: "no literals", doc: top(`"periods":["curent","2018_M13","FY2018","20186","now"]`), problems: []string{
		`periods[0]: "curent" is no period; write current, or another form such as`, `periods[1]: "2018_M13" is no period; write 2018_M12, `,
		`periods[2]: "FY2018" is no period; write 2018_Q1..2018_Q4, `, `periods[3]: "20186" is no period; write one such as`, `periods[4]: "now" is no period; write current, `,
	}},
	{name: "periods twice", doc: top(`"periods":["current","current"]`)},
	{name: "periods is text", doc: top(`"periods":"current"`), problems: []string{"periods: is text; write a list: [current]"}},

	{name: "month 0", doc: top(`"fiscal_year_start_month":0`), problems: []string{"fiscal_year_start_month: is out of range; write a whole number from 1 to 12"}},
	{name: "month 1", doc: top(`"fiscal_year_start_month":1`)},
	{name: "month 12", doc: top(`"fiscal_year_start_month":12`)},
	{name: "month 13", doc: top(`"fiscal_year_start_month":13`), problems: []string{"fiscal_year_start_month: is out of range; "}},
	{name: "unknown zone", doc: top(`"time_zone":"Mars/Olympus"`), blind: true, problems: []string{`time_zone: "Mars/Olympus" is no IANA time zone; `}},
	{name: "local zone", doc: top(`"time_zone":"Local"`), blind: true, problems: []string{`time_zone: "Local" is no IANA time zone; `}},
	{name: "blank zone", doc: top(`"time_zone":""`), problems: []string{"time_zone: is blank; "}},
	{name: "upper-case format", doc: top(`"export_format":"JSON"`), problems: []string{`export_format: "JSON" is none of json, csv; the nearest is json`}},
	{name: "concurrency 0", doc: top(`"concurrency":0`), problems: []string{"concurrency: is out of range; write a whole number from 1 to 1000000, or auto"}},
	{name: "concurrency as text", doc: top(`"concurrency":"2"`), problems: []string{"concurrency: is neither a whole number nor auto; write one of them"}},
	{name: "concurrency 1.5", doc: top(`"concurrency":1.5`), problems: []string{"concurrency: is neither a whole number nor auto; "}},
	{name: "concurrency auto", doc: top(`"concurrency":"auto"`)},
	{name: "concurrency true", doc: top(`"concurrency":true`), problems: []string{"concurrency: is true; write a whole number without quotes, or auto"}},
	{name: "concurrency -1", doc: top(`"concurrency":-1`), problems: []string{"concurrency: is out of range; "}},
	{name: "size", doc: top(`"max_result_bytes":"512MiB"`)},
	{name: "size in bytes", doc: top(`"max_result_bytes":1000000`)},
	{name: "size in other units", doc: top(`"max_result_bytes":"1GB"`), problems: []string{`max_result_bytes: is no size; write bytes, or a number with KiB, MiB or GiB such as "8GiB"`}},
	{name: "size 0", doc: top(`"max_result_bytes":0`), problems: []string{"max_result_bytes: is not above zero; "}},
	{name: "size too large", doc: top(`"max_result_bytes":"99999999999999GiB"`), problems: []string{"max_result_bytes: is no size; "}},
	{name: "no quarters", doc: top(`"periods":["2026_Q9","2026Q1","Q1"]`), problems: []string{
		`periods[0]: "2026_Q9" is no period; write 2026_Q4, or another form such as 2026_Q1, `, `periods[1]: "2026Q1" is no period; write 2026_Q1, `,
		`periods[2]: "Q1" is no period; write one such as 2026_Q1, `,
	}},
	{name: "concurrency 2.0", doc: top(`"concurrency":2.0`)},
	{name: "concurrency 1e1", doc: top(`"concurrency":1e1`)},
	{name: "concurrency -1e300", doc: top(`"concurrency":-1e300`), problems: []string{"concurrency: is out of range; "}},
	{name: "max_retries 1000001", doc: top(`"max_retries":1000001`), problems: []string{"max_retries: is out of range; "}},
	{name: "max_retries 1000000", doc: top(`"max_retries":1000000`)},
	{name: "max_retries -1", doc: top(`"max_retries":-1`), problems: []string{"max_retries: is out of range; write a whole number from 0"}},
	{name: "export_attempts 0", doc: top(`"export_attempts":0`), problems: []string{"export_attempts: is out of range; write a whole number from 1 to 10"}},
	{name: "export_attempts 11", doc: top(`"export_attempts":11`), problems: []string{"export_attempts: is out of range; "}},
	{name: "quota_reserve -1", doc: top(`"quota_reserve":-1`), problems: []string{"quota_reserve: is out of range; "}},
	{name: "settle_days -1", doc: top(`"settle_days":-1`), problems: []string{"settle_days: is out of range; "}},
	{name: "rate 0", doc: top(`"requests_per_second":0`), problems: []string{"requests_per_second: is out of range; write a number above 0, up to 100"}},
	{name: "rate 100", doc: top(`"requests_per_second":100`)},
	{name: "rate 100.5", doc: top(`"requests_per_second":100.5`), problems: []string{"requests_per_second: is out of range; "}},

	{name: "duration as number", doc: top(`"delay_between_exports":10`), problems: []string{`delay_between_exports: is a number; write a duration in quotes such as "10s"`}},
	{name: "duration without unit", doc: top(`"poll_interval":"5"`), problems: []string{"poll_interval: is no duration; "}},
	{name: "duration of days", doc: top(`"run_timeout":"1d"`), problems: []string{"run_timeout: is no duration; "}},
	{name: "blank duration", doc: top(`"run_timeout":""`), problems: []string{"run_timeout: is no duration; "}},
	{name: "delay 0", doc: top(`"delay_between_exports":"0"`)},
	{name: "delay below zero", doc: top(`"delay_between_exports":"-1s"`), problems: []string{"delay_between_exports: is negative; "}},
	{name: "delay of all units", doc: top(`"delay_between_exports":"1h2m3.5s4ms5us6µs.7s8ns"`)},
	{name: "poll_interval 0", doc: top(`"poll_interval":"0s"`), problems: []string{"poll_interval: 0s is not above zero; "}},
	{name: "poll_max_interval 0", doc: top(`"poll_max_interval":"0m"`), problems: []string{"poll_max_interval: 0s is not above zero; "}},
	{name: "poll_max_interval below", doc: top(`"poll_interval":"10s","poll_max_interval":"5s"`), blind: true, problems: []string{"poll_max_interval: 5s is below poll_interval; write 10s or more"}},
	{name: "poll_interval above the default", doc: top(`"poll_interval":"2m"`), blind: true, problems: []string{"poll_max_interval: 1m is below poll_interval; write 2m or more"}},
	{name: "queue_timeout 0", doc: top(`"queue_timeout":"0s"`), problems: []string{"queue_timeout: 0s is not above zero; "}},
	{name: "run_timeout below zero", doc: top(`"run_timeout":"-30m"`), problems: []string{"run_timeout: -30m is not above zero; "}},
	{name: "switch as text", doc: top(`"history":"true"`), problems: []string{"history: is text; write true or false"}},
	{name: "on_empty fail", doc: top(`"on_empty":"fail"`)},
	{name: "on_unread ignore", doc: top(`"on_unread":"ignore"`), problems: []string{`on_unread: "ignore" is none of warn, fail; `}},
	{name: "resume_within below zero", doc: top(`"resume_within":"-1s"`), problems: []string{"resume_within: is negative; "}},
	{name: "resume_within as a number", doc: top(`"resume_within":45`), problems: []string{"resume_within: is a number; "}},
	{name: "blank folder", doc: top(`"keep_results":" "`), problems: []string{"keep_results: is blank; "}},
	{name: "folder with a NUL", doc: top(`"keep_results":"a\u0000"`), problems: []string{`keep_results: "a\x00" is no folder; `}},
	{name: "nothing to reload", doc: top(`"reload":[]`)},
	{name: "reload is an object", doc: top(`"reload":{"periods":["current"]}`), problems: []string{"reload: is an object; write a list such as [2025_Q4]"}},
	{name: "reversed reload", doc: top(`"reload":["next..previous"]`), blind: true, problems: []string{`reload[0]: "next..previous" ends before it starts; `}},
	{name: "refresh before a day", doc: top(`"refresh":{"periods":"2024_Q1..2025_Q4","before":"2026-03-01"}`)},
	{name: "refresh before a day of YAML", doc: top(`"refresh":{"periods":["2024_Q1","previous"],"before":"2026-03-01T00:00:00Z"}`)},
	{name: "refresh before an instant", doc: top(`"refresh":{"periods":"current","before":"2026-03-01T12:30:00.5+02:00"}`)},
	{name: "refresh to come", doc: top(`"refresh":{"periods":"current","before":"2999-01-01"}`), blind: true, problems: []string{`refresh.before: "2999-01-01" is still to come; `}},
	{name: "refresh before no day", doc: top(`"refresh":{"periods":"current","before":"yesterday"}`), problems: []string{`refresh.before: "yesterday" is no day; write one such as 2026-03-01, or an instant`}},
	{name: "refresh without before", doc: top(`"refresh":{"periods":["current"]}`), problems: []string{"refresh.before: required; "}},
	{name: "refresh without periods", doc: top(`"refresh":{"before":"2026-03-01"}`), problems: []string{"refresh.periods: required; "}},
	{name: "refresh of no periods", doc: top(`"refresh":{"periods":[],"before":"2026-03-01"}`), problems: []string{"refresh.periods: is empty; "}},
	{name: "refresh of a blank period", doc: top(`"refresh":{"periods":"","before":"2026-03-01"}`), problems: []string{"refresh.periods: is blank; "}},
	{name: "refresh of an endless range", doc: top(`"refresh":{"periods":"current..","before":"2026-03-01"}`), problems: []string{`refresh.periods[0]: "current.." is a range`}},
	{name: "refresh of nothing", doc: top(`"refresh":{}`), problems: []string{"refresh.periods: required; ", "refresh.before: required; "}},
	{name: "refresh is text", doc: top(`"refresh":"2025_Q4"`), problems: []string{"refresh: is text; write a list of periods, or an object with periods and before"}},
	{name: "unknown key of refresh", doc: top(`"refresh":{"periods":"current","befor":"2026-03-01"}`), problems: []string{"refresh.befor: unknown key; the nearest known one is before", "refresh.before: required; "}},
	{name: "before at the top", doc: top(`"before":"2026-03-01"`), problems: []string{"before: unknown key here; write refresh.before"}},
	{name: "blocks of defaults", doc: top(`"activities":{},"audit":{},"opportunities":{}`)},
	{name: "block is null", doc: top(`"activities":null,"audit":null,"opportunities":null`), problems: []string{"activities: has no value; write {} for its defaults", "audit: has no value; ", "opportunities: has no value; "}},
	{name: "block is true", doc: top(`"audit":true`), problems: []string{"audit: is true; write audit: {} for its defaults"}},
	{name: "block is yes", doc: top(`"opportunities":true`), problems: []string{`opportunities: is true; write opportunities: {ids: ["..."]}`}},
	{name: "unknown key of a block", doc: top(`"activities":{"window_day":30}`), problems: []string{"activities.window_day: unknown key; the nearest known one is window_days"}},
	{name: "key of another block", doc: top(`"audit":{"overlap_days":2}`), problems: []string{"audit.overlap_days: unknown key here; write activities.overlap_days"}},
	{name: "key of a block at the top", doc: top(`"from_activities":true`), problems: []string{"from_activities: unknown key here; write opportunities.from_activities"}},
	{name: "since is no day", doc: top(`"activities":{"since":"yesterday"},"audit":{"since":"2026-13-01"}`), problems: []string{`activities.since: "yesterday" is no day; `, `audit.since: "2026-13-01" is no day; `}},
	{name: "since with a time", doc: top(`"audit":{"since":"2026-01-01T10:00:00Z"}`), problems: []string{`audit.since: "2026-01-01T10:00:00Z" is no day; `}},
	{name: "since is not in the calendar", doc: top(`"audit":{"since":"2026-02-30"}`), blind: true, problems: []string{`audit.since: "2026-02-30" is no day; `}},
	{name: "since is blank", doc: top(`"audit":{"since":""}`), problems: []string{"audit.since: is blank; "}},
	{name: "since is a number", doc: top(`"audit":{"since":20260101}`), problems: []string{"audit.since: is a number; "}},
	{name: "unknown activity", doc: top(`"activities":{"types":["meeting","call","mail_sent"]}`), problems: []string{`activities.types[1]: "call" is none of meeting, email_sent, `, `activities.types[2]: "mail_sent" is none of meeting, email_sent, email_received, attachment_sent, attachment_received; the nearest is email_sent`}},
	{name: "activity in odd letters", doc: top(`"activities":{"types":["Meeting"]}`), problems: []string{`activities.types[0]: "Meeting" is none of meeting, `}},
	{name: "repeated activity", doc: top(`"activities":{"types":["meeting","meeting"]}`), problems: []string{"activities.types[1]: repeats types[0]; "}},
	{name: "repeated activity in capitals", doc: top(`"activities":{"types":["meeting","MEETING"]}`), blind: true, problems: []string{"activities.types[1]: repeats types[0]; "}},
	{name: "no activities", doc: top(`"activities":{"types":[]}`), problems: []string{"activities.types: is empty; "}},
	{name: "window_days 0", doc: top(`"activities":{"window_days":0}`), problems: []string{"activities.window_days: is out of range; write a whole number from 1 to 366"}},
	{name: "window_days 367", doc: top(`"activities":{"window_days":367}`), problems: []string{"activities.window_days: is out of range; "}},
	{name: "overlap_days -1", doc: top(`"activities":{"overlap_days":-1}`), problems: []string{"activities.overlap_days: is out of range; "}},
	{name: "overlap below zero", doc: top(`"audit":{"overlap":"-1h"}`), problems: []string{"audit.overlap: is negative; "}},
	{name: "overlap as a number", doc: top(`"audit":{"overlap":1}`), problems: []string{"audit.overlap: is a number; "}},
	{name: "opportunities listed", doc: top(`"opportunities":{"ids":["006A"]}`)},
	{name: "opportunities of activities", doc: top(`"activities":{},"opportunities":{"from_activities":true,"ids":[]}`)},
	{name: "no opportunities", doc: top(`"opportunities":{}`), blind: true, problems: []string{"opportunities: names no opportunities; "}},
	{name: "no opportunities after all", doc: top(`"activities":{},"opportunities":{"from_activities":false}`), blind: true, problems: []string{"opportunities: names no opportunities; "}},
	{name: "opportunities of no activities", doc: top(`"opportunities":{"ids":["006A"],"from_activities":true}`), blind: true, problems: []string{"opportunities.from_activities: needs the activities: "}},
	{name: "opportunity id with a space", doc: top(`"opportunities":{"ids":["006A","006 B"]}`), problems: []string{`opportunities.ids[1]: "006 B" has white space in it; `}},
	{name: "opportunity id is a number", doc: top(`"opportunities":{"ids":[6]}`), problems: []string{"opportunities.ids[0]: is a number; "}},
	{name: "years without forecasts", doc: top(`"periods":["2206_Q1","1969_Q4..2024_Q1","3025","1926_M1"]`), problems: []string{
		"periods[0]: \"2206_Q1\" has the year 2206; look at it, and write one from 1970 to 2099", "periods[1]: ", "periods[2]: ", "periods[3]: ",
	}},
	{name: "a quarter far ahead", doc: top(`"periods":["current+12","current+13","2024_Q1..current+300"]`), problems: []string{
		"periods[1]: \"current+13\" is more than 12 quarters after the current one; write a nearer one", "periods[2]: ",
	}},
	{name: "a day of another millennium", doc: top(`"activities":{"since":"1026-01-31"}`), problems: []string{`activities.since: "1026-01-31" is before anything that Clari has; look at the year`}},
	{name: "a day to come", doc: top(`"activities":{"since":"2098-01-31"}`), blind: true, problems: []string{`activities.since: "2098-01-31" is still to come; write a day that has passed`}},
	{name: "ids that are none", doc: `{"api_key":"k","forecasts":[{"id":"<id>"},{"id":"“a”"},{"id":"a\u200bb"},{"id":".."},{"id":"net_arr/"},{"id":"app.clari.com/forecast/a"}]}`, problems: []string{
		`forecasts[0].id: "<id>" is no id; write the last part of the tab's address, app.clari.com/forecast/ID`, "forecasts[1].id: ", "forecasts[2].id: ", "forecasts[3].id: ",
		"forecasts[4].id: is a whole address; write only its last part, after /forecast/", "forecasts[5].id: is a whole address; ",
	}},
	{name: "ids of other forms than the known ones", doc: `{"api_key":"k","forecasts":[{"id":"Net ARR"},{"id":"net%20arr"},{"id":"a/b"},{"id":"a,b"},{"id":"bookings 2"},{"id":"3f2b8a1e-0000-4000-8000-0123456789ab"}]}`},
	{name: "two ids in one", doc: tab(`"id":["a","b"]`), problems: []string{"forecasts[0].id: is a list; write one, in quotes; a second tab is another item of the list"}},
	{name: "two currencies", doc: tab(`"id":"a","currency":["USD","EUR"]`), problems: []string{"forecasts[0].currency: is a list; write one, in quotes; for another add the tab once more"}},
	{name: "the app's address", doc: top(`"base_url":"https://app.clari.com/v4"`), problems: []string{"base_url: is not where the API is; write https://api.clari.com/v4, or remove the key"}},
	{name: "no version of the API", doc: top(`"base_url":"https://api.clari.com/"`), problems: []string{"base_url: is not where the API is; "}},
	{name: "a folder of a shell", doc: top(`"keep_results":"~/results"`), problems: []string{`keep_results: "~/results" begins with ~, which only a shell knows; write the whole path`}},
	{name: "a folder of Windows in double quotes", doc: top("\"keep_results\":\"C:\\results\""), problems: []string{`keep_results: "C:\results" is no folder; write its path, without a \ in double quotes`}},
	{name: "a zone in other letters", doc: top(`"time_zone":"america/new york"`), blind: true, problems: []string{`time_zone: "america/new york" is no IANA time zone; write America/New_York`}},
	{name: "keys of other tools", doc: top(`"incremental":true,"proxy":"x","log_level":"debug"`), problems: []string{"incremental: is no key: a sync goes on ", "proxy: is no key; ", "log_level: is no key; "}},
	{name: "key as its name alone", doc: key(`"CLARI_API_KEY"`), problems: []string{"api_key: is the name of a variable, not its value; "}},
	{name: "key as make writes it", doc: key(`"$(CLARI_API_KEY)"`), problems: []string{"api_key: is the name of a variable, not its value; "}},
	{name: "key of an example", doc: key(`"<your-token>"`), problems: []string{"api_key: is a placeholder; "}},
	{name: "on_empty ignore", doc: top(`"on_empty":"ignore"`), problems: []string{`on_empty: "ignore" is none of auto, fail, warn; `}},
}

// TestRules runs every document through Parse and through the JSON schema, whose verdicts must agree.
func TestRules(t *testing.T) {
	schema := compileSchema(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			parsed, err := Parse([]byte(r.doc))
			if len(r.problems) == 0 {
				require.NoError(t, err)
				require.NotNil(t, parsed)
			} else {
				require.Nil(t, parsed)
				requireProblems(t, err, r.problems...)
			}
			doc, jsonErr := jsonschema.UnmarshalJSON(strings.NewReader(r.doc))
			require.NoError(t, jsonErr)
			if verdict := schema.Validate(doc); r.blind {
				require.NoError(t, verdict, "the schema sees this: not blind")
			} else {
				require.Equal(t, len(r.problems) == 0, verdict == nil, "schema: %v", verdict)
			}
		})
	}
}

func requireProblems(t *testing.T, err error, starts ...string) {
	t.Helper()
	invalid, ok := errors.AsType[*InvalidError](err)
	require.True(t, ok, "%v", err)
	require.NotContains(t, err.Error(), "\n")
	var got []string
	for _, p := range invalid.Problems {
		require.Contains(t, p.Text, ";", "what is wrong; the fix")
		got = append(got, p.String())
	}
	require.Len(t, got, len(starts), "%q", got)
	for _, start := range starts {
		require.True(t, slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, start) }), "want %q... in %q", start, got)
	}
}
