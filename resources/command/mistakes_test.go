package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// right is a spec with nothing wrong in it.
const right = `kind: source
spec:
  name: clari
  registry: local
  path: ./cq-source-clari
  tables: ["*"]
  destinations: [sqlite]
  backend_options:
    table_name: clari_state
    connection: "@@plugins.sqlite.connection"
  spec:
    api_key: "${CLARI_API_KEY}"
    forecasts:
      - id: net_arr
        types: [forecast, quota]
    periods: [current]
---
kind: destination
spec:
  name: sqlite
  registry: cloudquery
  path: cloudquery/sqlite
  version: v2.14.10
  write_mode: overwrite
  spec:
    connection_string: ./clari.sqlite
`

const (
	ofSource      = "clari.yml: source clari: "
	inSpec        = ofSource + "spec."
	ofDestination = "clari.yml: destination sqlite: "
	block         = "  backend_options:\n    table_name: clari_state\n    connection: \"@@plugins.sqlite.connection\"\n"
	writtenTo     = "---\nkind: destination\nspec:\n  name: sqlite\n  registry: cloudquery\n  path: cloudquery/sqlite\n  version: v2.14.10\n  write_mode: overwrite\n  spec:\n    connection_string: ./clari.sqlite\n"
	period        = ", or another form such as 2026_Q1, 2024_Q1..2025_Q4, previous, current-4"
	noProgram     = "; write the path of the program that you unpacked or built (make build writes bin/cq-source-clari)"
)

// mistakes are what people write wrong, each with all that they are told. What begins with a tilde is a warning.
var mistakes = []struct {
	name     string
	old, new string // in right; an empty old is the whole file
	told     []string
}{
	{name: "nothing"},
	{"a slip in a key", "api_key:", "api_kay:", []string{inSpec + `api_kay: unknown key; the nearest known one is api_key`, inSpec + `api_key: required; write "${CLARI_API_KEY}" and put the token in that environment variable`}},
	{"no token", "    api_key: \"${CLARI_API_KEY}\"\n", "", []string{inSpec + `api_key: required; write "${CLARI_API_KEY}" and put the token in that environment variable`}},
	{"forecast for forecasts", "forecasts:", "forecast:", []string{inSpec + "forecast: unknown key; the nearest known one is forecasts", inSpec + "forecasts: required; list one or more forecast tabs, each with its id"}},
	{"tabs as texts", "- id: net_arr\n        types: [forecast, quota]", "- net_arr", []string{inSpec + `forecasts[0]: is text; write "id: " before it: {id: net_arr}`}},
	{"a title for an id", "id: net_arr", "id: Net ARR", []string{"~" + inSpec + `forecasts[0].id: "Net ARR" has other signs than ids that are known, as titles have; write the last part of the tab's address, app.clari.com/forecast/ID, letter by letter`}},
	{"an address for an id", "id: net_arr", "id: https://app.clari.com/forecast/net_arr", []string{inSpec + "forecasts[0].id: is a whole address; write only its last part, after /forecast/"}},
	{"2026Q1", "[current]", "[2026Q1]", []string{inSpec + `periods[0]: "2026Q1" is no period; write 2026_Q1` + period}},
	{"Q1 2026", "[current]", "[Q1 2026]", []string{inSpec + `periods[0]: "Q1 2026" is no period; write 2026_Q1` + period}},
	{"FY26 Q1", "[current]", "[FY26 Q1]", []string{inSpec + `periods[0]: "FY26 Q1" is no period; write 2026_Q1` + period}},
	{"last_quarter", "[current]", "[last_quarter]", []string{inSpec + `periods[0]: "last_quarter" is no period; write previous` + period}},
	{"a range the wrong way round", "[current]", "[current..current-4]", []string{inSpec + `periods[0]: "current..current-4" ends before it starts; swap its ends`}},
	{"a fifth quarter", "[current]", "[2026_Q5]", []string{inSpec + `periods[0]: "2026_Q5" is no period; write 2026_Q4` + period}},
	{"this", "[current]", "[this]", []string{inSpec + `periods[0]: "this" is no period; write current` + period}},
	{"all", "[current]", "[all]", []string{inSpec + `periods[0]: "all" is no period; write current-8..next` + period}},
	{"tabs in the white space", "    periods: [current]", "\tperiods: [current]", []string{"clari.yml: line 16: is indented with a tab; put spaces in its place"}},
	{"a variable that is not set", "${CLARI_API_KEY}", "${CLARI_TOKEN}", []string{inSpec + "api_key: the variable CLARI_TOKEN is not set; export it where the sync runs"}},
	{"a variable that is empty", "${CLARI_API_KEY}", "${EMPTY}", []string{inSpec + "api_key: is empty; set the environment variable that it names (CLARI_API_KEY, say) to the token where CloudQuery runs"}},
	{"a token with a line end", "${CLARI_API_KEY}", `${CLARI_API_KEY}\n`, []string{inSpec + "api_key: has white space, a control character or a letter outside ASCII in it; copy the token anew, without a line break"}},
	{"a path that is wrong", "./cq-source-clari", "./cq-source-clary", []string{ofSource + `path: "./cq-source-clary": no such file or directory, seen from where the sync runs` + noProgram}},
	{"a path of a directory", "./cq-source-clari", ".", []string{ofSource + `path: "." is a directory` + noProgram}},
	{"a path of a text", "./cq-source-clari", "./clari.yml", []string{ofSource + `path: "./clari.yml" is no program that may run; chmod +x it, or write another path`}},
	{"a program without its end", "./cq-source-clari", "./windows", []string{ofSource + `path: "./windows": no such file or directory, seen from where the sync runs; write ./windows.exe`}},
	{"from the Hub", "registry: local\n  path: ./cq-source-clari", "registry: cloudquery\n  path: clari/clari", []string{
		ofSource + "version: required with this registry; write version: v0.1.0, or whichever you mean",
		"~" + ofSource + "registry: the Hub has this plugin only if somebody published it there; write registry: github, or local with the path of the program (docs/overview.md)",
	}},
	{"registry: hub", "registry: local", "registry: hub", []string{ofSource + `registry: "hub" is none of cloudquery, github, local, grpc, docker; the Hub's name here is cloudquery, and a release's on GitHub is github`}},
	{"a version without its letter", "version: v2.14.10", "version: 2.14.10", []string{ofDestination + `version: "2.14.10" is no version; write v2.14.10`}},
	{"no destination's document", writtenTo, "", []string{
		ofSource + `destinations[0]: "sqlite" is in no document; add one of kind destination: docs/examples has one for each destination`,
	}},
	{"another destination", "destinations: [sqlite]", "destinations: [postgres]", []string{ofSource + `destinations[0]: "postgres" is in no document; there is sqlite: write its name, or add a document`}},
	{"no destinations", "  destinations: [sqlite]\n", "", []string{ofSource + "destinations: required; write destinations: [sqlite]"}},
	{"two sources", "---\n", "---\nkind: source\nspec: {name: clari2, registry: local, path: ./cq-source-clari}\n---\n", []string{"clari.yml: source clari2: is one of 2 sources of Clari's (clari, clari2); give each a file of its own, and name one file"}},
	{"no tables", "  tables: [\"*\"]\n", "", []string{ofSource + `tables: required; write tables: ["*"]`}},
	{"a slip in a table", `["*"]`, "[clari_forecast_entry]", []string{"clari.yml: source clari: tables: \"clari_forecast_entry\" is no table of this plugin; the nearest is clari_forecast_entries"}},
	{"no table", `["*"]`, `["*", aws_s3_buckets]`, []string{"clari.yml: source clari: tables: \"aws_s3_buckets\" is no table of this plugin; docs/tables has them all"}},
	{"tables as text", `["*"]`, `"*"`, []string{ofSource + `tables: is text; write a list: tables: ["*"]`}},
	{"the state in no destination", "@@plugins.sqlite.", "@@plugins.postgresql.", []string{ofSource + `backend_options.connection: names postgresql, which is in no document; write connection: "@@plugins.sqlite.connection"`}},
	{"the state without @@", "@@plugins.sqlite.", "plugins.sqlite.", []string{ofSource + `backend_options.connection: "plugins.sqlite.connection" names no destination; write connection: "@@plugins.sqlite.connection"`}},
	{"the state at an address", `"@@plugins.sqlite.connection"`, "postgres://loader:secret@db.example:5432/clari", []string{ofSource + `backend_options.connection: is an address, and the state goes through a destination; write connection: "@@plugins.sqlite.connection"`}},
	{"the state without a table", "    table_name: clari_state\n", "", []string{ofSource + "backend_options.table_name: required; write table_name: clari_state"}},
	{"the state in the plugin's spec", block + "  spec:\n", "  spec:\n    backend_options: {table_name: clari_state}\n", []string{inSpec + "backend_options: belongs one level up; move it out of this block, beside tables in the source's spec"}},
	{"a slip in a type", "quota]", "qouta]", []string{inSpec + `forecasts[0].types[1]: "qouta" is none of forecast, forecast_updated, quota, adjustment, crm_total, crm_closed; the nearest is quota`}},
	{"a currency by name", "types:", "currency: euro\n        types:", []string{inSpec + `forecasts[0].currency: "euro" is no currency code; write its three letters, such as EUR`}},
	{"a currency by sign", "types:", "currency: €\n        types:", []string{inSpec + `forecasts[0].currency: "€" is no currency code; write its three letters, such as EUR`}},
	{"a duration without a unit", "periods:", "poll_interval: 5\n    periods:", []string{inSpec + `poll_interval: is a number; write a duration in quotes such as "10s"`}},
	{"a number as text", "periods:", "quota_reserve: \"50\"\n    periods:", []string{inSpec + "quota_reserve: is text; write a whole number without quotes"}},
	{"a number with a percent sign", "periods:", "quota_reserve: 10%\n    periods:", []string{inSpec + "quota_reserve: is text; write a whole number without quotes"}},
	{"concurrency 0", "periods:", "concurrency: 0\n    periods:", []string{inSpec + "concurrency: is out of range; write a whole number from 1 to 1000000, or auto"}},
	{"concurrency max", "periods:", "concurrency: max\n    periods:", []string{inSpec + "concurrency: is neither a whole number nor auto; write one of them"}},
	{"a zone by name", "periods:", "time_zone: Eastern Time\n    periods:", []string{inSpec + `time_zone: "Eastern Time" is no IANA time zone; write one such as UTC or America/New_York`}},
	{"a month by name", "periods:", "fiscal_year_start_month: February\n    periods:", []string{inSpec + "fiscal_year_start_month: is text; write a whole number without quotes"}},
	{"a thirteenth month", "periods:", "fiscal_year_start_month: 13\n    periods:", []string{inSpec + "fiscal_year_start_month: is out of range; write a whole number from 1 to 12"}},
	{"a slip in write_mode", "write_mode: overwrite", "write_mode: overwite", []string{ofDestination + `write_mode: "overwite" is none of overwrite-delete-stale, overwrite, append; the nearest known one is overwrite`}},
	{"typographic quotes", `"${CLARI_API_KEY}"`, "“${CLARI_API_KEY}”", []string{inSpec + `api_key: has typographic quotes around it; write plain ones: "${CLARI_API_KEY}"`}},
	{"nothing between two documents", "---\n", "", []string{"clari.yml: line 17: has kind a second time; put a line --- between the two documents"}},
	{"indented wrongly", "    api_key:", "   api_key:", []string{"clari.yml: line 11: did not find expected key; look at the indentation and the quotes of this line and the ones around it"}},
	{"the plugin's spec one level up", "  spec:\n    api_key: \"${CLARI_API_KEY}\"\n    forecasts:\n      - id: net_arr\n        types: [forecast, quota]\n    periods: [current]\n", "  api_key: \"${CLARI_API_KEY}\"\n  forecasts: [{id: net_arr}]\n", []string{
		ofSource + "api_key: belongs one level down; indent it below the spec: that is inside this one", ofSource + "forecasts: belongs one level down; indent it below the spec: that is inside this one",
	}},
	{"one tab twice", "- id: net_arr\n", "- id: net_arr\n      - id: net_arr\n", []string{inSpec + "forecasts[1]: has the id, scope_id and currency of forecasts[0]; merge the two, or change one of the three"}},
	{"no TLS", "periods:", "base_url: http://api.clari.com/v4\n    periods:", []string{inSpec + "base_url: would send the token unencrypted; write https:// (http is for localhost, 127.0.0.0/8 and ::1)"}},
	{"an unknown format", "periods:", "export_format: xlsx\n    periods:", []string{inSpec + `export_format: "xlsx" is none of json, csv; the nearest is csv`}},
	{"a capital letter", "kind: source", "kind: Source", []string{`clari.yml: document 1: kind: "Source" has a capital letter; write source`}},
	{"a slip in kind", "kind: destination", "kind: destinaton", []string{
		`clari.yml: document 2: kind: "destinaton" is none of source, destination, transformer; the nearest known one is destination`,
		ofSource + `destinations[0]: "sqlite" is in no document; add one of kind destination: docs/examples has one for each destination`,
	}},
	{"days below zero", "periods:", "settle_days: -1\n    periods:", []string{inSpec + "settle_days: is out of range; write a whole number from 0 to 1000000"}},
	{"no name", "  name: clari\n", "", []string{"clari.yml: source: name: required; write name: clari"}},
	{"no tabs", "forecasts:\n      - id: net_arr\n        types: [forecast, quota]", "forecasts: []", []string{inSpec + "forecasts: required; list one or more forecast tabs, each with its id"}},
	{"tabs without a value", "forecasts:\n      - id: net_arr\n        types: [forecast, quota]", "forecasts:", []string{inSpec + "forecasts: has no value; give it one, or remove the key"}},
	{"no dash", "- id: net_arr\n        types", "id: net_arr\n      types", []string{inSpec + "forecasts: is an object; write a dash before id, as the first item of a list: - id: net_arr"}},
	{"a variable of a shell", "${CLARI_API_KEY}", "$CLARI_API_KEY", []string{inSpec + `api_key: is the name of a variable, not its value; write it in braces: "${CLARI_API_KEY}"`}},
	{"a template", "${CLARI_API_KEY}", "{{ env.CLARI_API_KEY }}", []string{inSpec + `api_key: is a template of another tool; CloudQuery fills in variables of the environment: write "${CLARI_API_KEY}"`}},
	{"types: all", "[forecast, quota]", "all", []string{inSpec + "forecasts[0].types: is text; write a list such as [forecast, quota], or remove the key"}},
	{"a period without a list", "[current]", "current", []string{inSpec + "periods: is text; write a list: [current], or [2024_Q1..current]"}},
	{"yes", "types:", "include_historical: \"yes\"\n        types:", []string{inSpec + `forecasts[0].include_historical: "yes" is none of auto, true, false; the nearest is true`}},
	{"an empty file", "", "", []string{"clari.yml: has no document in it; write a source and a destination: docs/examples has one file for each destination"}},
	{"a day in another form", "periods:", "activities: {since: 01/31/2026}\n    periods:", []string{inSpec + `activities.since: "01/31/2026" is no day; write one such as 2026-01-31`}},
	{"three at once", "periods: [current]", "concurency: 1\n    max_retrys: 1\n    periods: [2026Q1]", []string{
		inSpec + "concurency: unknown key; the nearest known one is concurrency", inSpec + "max_retrys: unknown key; the nearest known one is max_retries",
		inSpec + `periods[0]: "2026Q1" is no period; write 2026_Q1` + period,
	}},
	{"a table without its block", `["*"]`, "[clari_activities]", []string{"clari.yml: source clari: table clari_activities needs the block activities: add `activities: {}` to the spec, or leave the table out of tables"}},
	{"no version", "  version: v2.14.10\n", "", []string{ofDestination + "version: required with this registry; write version: v2.14.10"}},
	{"a key of another tool", "periods:", "token: x\n    periods:", []string{inSpec + "token: unknown key; write api_key"}},
	{"days to look back", "periods:", "start_date: 2026-01-01\n    periods:", []string{inSpec + "start_date: unknown key; write periods"}},
	{"a schedule", "  tables:", "  schedule: daily\n  tables:", []string{ofSource + "schedule: is no key: CloudQuery has no schedules; remove it, and let cron or an orchestrator start the syncs (docs/operation.md)"}},
	{"a setting of the destination one level up", "  spec:\n    connection_string: ./clari.sqlite\n", "  connection_string: ./clari.sqlite\n", []string{
		ofDestination + "connection_string: belongs one level down; indent it below the spec: that is inside this one",
		ofDestination + "spec.connection_string: is required; write it as in docs/examples/sqlite.yml",
	}},
	{"a key of the destination in the source", "  tables:", "  write_mode: overwrite\n  tables:", []string{ofSource + "write_mode: belongs to the destination; move it to the document of kind destination"}},
	{"a key of the source in the destination", "  write_mode:", "  tables: [\"*\"]\n  write_mode:", []string{ofDestination + "tables: belongs to the source; move it to the document of kind source"}},
	{"everything beside kind", "kind: destination\nspec:\n  name: sqlite\n", "kind: destination\nname: sqlite\nspec:\n", []string{ofDestination + "name: belongs one level down; indent it below the spec: that stands beside kind"}},
	{"tables made anew", "write_mode: overwrite", "write_mode: overwrite\n  migrate_mode: forced", []string{"~" + ofDestination + "migrate_mode: forced empties each table whose columns change, settled quarters too; take it out again once it has helped, and export what is settled again with refresh"}},
	{"a title of one word", "id: net_arr", "id: NetARR", []string{"~" + inSpec + `forecasts[0].id: "NetARR" has other signs than ids that are known, as titles have; write the last part of the tab's address, app.clari.com/forecast/ID, letter by letter`}},
	{"a scope of another form", "types:", "scope_id: 1905:MGR\n        types:", []string{"~" + inSpec + `forecasts[0].scope_id: "1905:MGR" is of another form than the known one; write <user id>::<type>, such as 1905::MGR`}},
	{"a year with two digits swapped", "[current]", "[2062_Q1]", []string{"~" + inSpec + `periods[0]: "2062_Q1" is years ahead, and may cost an export in each sync; look at the year`}},
	{"milliseconds for minutes", "periods:", "run_timeout: 30ms\n    periods:", []string{"~" + inSpec + `run_timeout: 30ms is over before an export ends, which is cancelled then and may be paid all the same; write some minutes, such as "30m"`}},
	{"bytes for GiB", "periods:", "max_result_bytes: 8\n    periods:", []string{"~" + inSpec + `max_result_bytes: 8 is less than results have, and those are paid all the same; write a size such as "8GiB"`}},
	{"an octal number", "periods:", "fiscal_year_start_month: 010\n    periods:", []string{"clari.yml: line 16: YAML reads 010 as 8; write 10"}},
	{"no number", "periods:", "requests_per_second: .nan\n    periods:", []string{inSpec + "requests_per_second: is text; write a number without quotes"}},
	{"a byte order mark", "kind: source", "\ufeffkind: source", nil},
	{"UTF-16", "", "\xff\xfek\x00i\x00n\x00d\x00", []string{"clari.yml: line 1: is UTF-16 or no text; save the file as UTF-8"}},
	{"Latin-1", "  name: clari\n", "  name: clari # f\xfcr uns\n", []string{"clari.yml: line 3: has a letter that is no UTF-8; save the file as UTF-8"}},
	{"indented by a web page", "    periods:", "\u00a0\u00a0\u00a0\u00a0periods:", []string{"clari.yml: line 16: is indented with spaces of a web page or a word processor; put plain spaces in their place"}},
	{"a space of a web page", "periods: [", "periods:\u00a0[", []string{"clari.yml: line 16: has a space of a web page or a word processor; put a plain one in its place"}},
	{"no space", "periods: [", "periods:[", []string{"clari.yml: line 16: has no space after the colon; write one"}},
	{"quotes of a word processor", `["*"]`, "[“*”]", []string{ofSource + "tables[0]: has typographic quotes around it; write plain ones"}},
	{"a bare star", `["*"]`, "[*]", []string{`clari.yml: line 6: has a bare *; put it in quotes: "*"`}},
	{"a dash of a word processor", "- id", "– id", []string{"clari.yml: line 14: begins with a mark that is no dash; write - and a space"}},
	{"a quotation mark too few", "\"${CLARI_API_KEY}\"", "\"${CLARI_API_KEY}", []string{"clari.yml: line 12: has a quotation mark too few or too many; close what it opens"}},
	{"a bracket too few", "quota]", "quota", []string{"clari.yml: line 15: has a list that does not end; close it with ]"}},
	{"a path of Windows in double quotes", "./clari.sqlite", `"C:\data\clari.sqlite"`, []string{`clari.yml: line 26: has a \ in double quotes; write / in its place, or put the text in single quotes`}},
	{"a second colon", "./clari.sqlite", "host: x", []string{"clari.yml: line 26: has a colon too many, or stands too far to the right; put text with a colon in quotes, or look at the indentation"}},
	{"four dashes", "---\n", "----\n", []string{"clari.yml: line 17: is to divide two documents, and is no line of exactly three dashes; write --- at its beginning"}},
	{"dots for dashes", "---\n", "...\n", []string{"clari.yml: line 17: is to divide two documents, and is no line of exactly three dashes; write --- at its beginning"}},
	{"a key twice in the second document", "write_mode: overwrite\n", "write_mode: overwrite # comments\n  # move no line\n  write_mode: append\n", []string{"clari.yml: line 26: has write_mode a second time; remove one of the two"}},
	{"a variable with a default", "${CLARI_API_KEY}", "${CLARI_API_KEY:-x}", []string{inSpec + `api_key: "CLARI_API_KEY:-x" is no name of a variable, and CloudQuery knows no default values; write ${CLARI_API_KEY}`}},
	{"a variable with spaces", "${CLARI_API_KEY}", "${ CLARI_API_KEY }", []string{inSpec + `api_key: " CLARI_API_KEY " is no name of a variable, and CloudQuery knows no default values; write ${CLARI_API_KEY}`}},
	{"a variable of PowerShell in braces", "${CLARI_API_KEY}", "${env:CLARI_API_KEY}", []string{inSpec + `api_key: "env:CLARI_API_KEY" is no name of a variable, and CloudQuery knows no default values; write ${CLARI_API_KEY}`}},
	{"a value that breaks its quotes", "${CLARI_API_KEY}", "${QUOTE}", []string{"clari.yml: line 12: the value of ${QUOTE} breaks the YAML around it; put '${QUOTE}' in single quotes, and look for quotation marks and line ends in the value"}},
	{"a file that is not there", "${CLARI_API_KEY}", "${file:./token.txt}", []string{"clari.yml: ${file:./token.txt}: open ./token.txt: no such file or directory; write the path of a file that is there, seen from where the sync runs"}},
	{"one destination as text", "destinations: [sqlite]", "destinations: sqlite", []string{ofSource + "destinations: is text; write a list: destinations: [sqlite]"}},
	{"one destination twice", "destinations: [sqlite]", "destinations: [sqlite, sqlite]", []string{ofSource + "destinations[1]: repeats destinations[0]; remove one"}},
	{"the newest version", "version: v2.14.10", "version: latest", []string{ofDestination + `version: "latest" is no version; write v2.14.10`}},
	{"a capital V", "version: v2.14.10", "version: V2.14.10", []string{ofDestination + `version: "V2.14.10" is no version; write v2.14.10`}},
	{"a registry in other letters", "registry: local", "registry: Local", []string{ofSource + `registry: "Local" is none of cloudquery, github, local, grpc, docker; the nearest known one is local`}},
	{"GitHub in other letters", "registry: cloudquery", "registry: GitHub", []string{ofDestination + `registry: "GitHub" is none of cloudquery, github, local, grpc, docker; the nearest known one is github`}},
	{"a destination without its owner", "cloudquery/sqlite", "sqlite", []string{ofDestination + `path: "sqlite" is no path in a registry; write the owner and the name, such as cloudquery/sqlite`}},
	{"a slip in a destination", "cloudquery/sqlite", "cloudquery/sqllite", []string{"~" + ofDestination + `path: "cloudquery/sqllite" is no destination that this program knows; the nearest is cloudquery/sqlite`}},
	{"all tables left out", "  destinations:", "  skip_tables: [\"*\"]\n  destinations:", []string{"clari.yml: source clari: skip_tables: leaves no table; take out what is to be fetched"}},
	{"a view for a table", `["*"]`, "[clari_forecast_current]", []string{"clari.yml: source clari: tables: \"clari_forecast_current\" is no table of this plugin; docs/queries makes the views of the tables"}},
	{"a regular expression", `["*"]`, `["clari_.*"]`, []string{"clari.yml: source clari: tables: \"clari_.*\" is no table of this plugin; a * alone stands for any letters"}},
	{"a range with an ellipsis", "[current]", "[2024_Q1…2025_Q4]", []string{inSpec + `periods[0]: "2024_Q1…2025_Q4" is no period; write 2024_Q1..2025_Q4` + period}},
	{"a variable of the destination", "./clari.sqlite", "${DATABASE}", []string{ofDestination + "spec.connection_string: the variable DATABASE is not set; export it where the sync runs"}},
}

// TestMistakes: each is told in one line that names the place and has the fix, before anything is asked of anybody.
func TestMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("cq-source-clari", nil, 0o755))
	require.NoError(t, os.WriteFile("windows.exe", nil, 0o755))
	for _, test := range mistakes {
		t.Run(test.name, func(t *testing.T) {
			document := right
			if test.old == "" && test.name != "nothing" {
				document = test.new
			} else {
				require.Contains(t, right, test.old)
				document = strings.Replace(right, test.old, test.new, 1)
			}
			require.NoError(t, os.WriteFile("clari.yml", []byte(document), 0o644))
			_, problems := Load([]string{"clari.yml"}, specfile.Env{Lookup: lookup, Stat: os.Stat})
			var told []string
			for _, p := range problems {
				line := p.String()
				require.NotContains(t, line, "\n")
				if !strings.Contains(line, "needs the block") && !strings.HasSuffix(p.Place, "source clari") {
					require.Contains(t, line, ";", "what is wrong; the fix")
				}
				if !p.Fatal {
					line = "~" + line
				}
				told = append(told, line)
			}
			require.ElementsMatch(t, test.told, told)
		})
	}
	require.Greater(t, len(mistakes), 70)
}

func lookup(name string) (string, bool) {
	value, ok := map[string]string{"CLARI_API_KEY": "k3y-0123456789", "EMPTY": "", "QUOTE": `k3y"0123456789`}[name]
	return value, ok
}

// TestFiles: several files are one set of documents, and what is not there is named.
func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("cq-source-clari", nil, 0o755))
	source, destination, _ := strings.Cut(right, "---\n")
	require.NoError(t, os.Mkdir("two", 0o755))
	require.NoError(t, os.Mkdir("none", 0o755))
	require.NoError(t, os.WriteFile(filepath.Join("two", "a.yml"), []byte(source), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join("two", "b.yaml"), []byte(destination), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join("two", "other.yml"), []byte("kind: source\nspec: {name: aws, path: cloudquery/aws}\n"), 0o644))
	env := specfile.Env{Lookup: lookup, Stat: os.Stat}
	sync, problems := Load([]string{"two"}, env)
	require.Empty(t, problems)
	require.Equal(t, "clari", sync.Source.Name)
	require.Len(t, sync.Previews, 1)
	for path, want := range map[string]string{
		"absent.yml": "absent.yml: cannot be read: no such file or directory; write the path of a file that is there",
		"none":       "none: has no file that ends in .yml or .yaml; write the path of the spec",
	} {
		_, problems := Load([]string{path}, env)
		require.Len(t, problems, 1)
		require.Equal(t, want, problems[0].String())
	}
}
