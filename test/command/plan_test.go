// Package command tests the plugin's own commands against the stand-in for Clari, in virtual time.
package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

var update = flag.Bool("update", false, "write the golden files")

// asks runs a command on a document, and returns what it prints and its error.
func asks(t *testing.T, s *sim.Server, document string, environment map[string]string, words ...string) (string, error) {
	t.Helper()
	dir := t.TempDir() + string(filepath.Separator)
	path := filepath.Join(dir, "clari.yml")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o644))
	root := command.Root(command.Env{
		Files: specfile.Env{Lookup: func(name string) (string, bool) {
			value, ok := environment[name]
			return value, ok
		}},
		Options: plugin.Options{Transport: s.Transport()},
	})
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(append(words, path))
	err := root.ExecuteContext(t.Context())
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), dir, ""))
	}
	return strings.ReplaceAll(out.String(), dir, ""), err
}

// source is a document with the keys of a spec, indented by nothing.
func source(url, backend, spec string) string {
	return fmt.Sprintf("# ${NOT_SET} in a comment is nobody's business\nkind: destination\nspec:\n  name: sqlite\n  registry: local\n  path: ./sqlite\n---\n"+
		"kind: source\nspec:\n  name: clari\n  registry: grpc\n  path: localhost:7777\n  tables: [\"*\"]\n  destinations: [sqlite]\n%s  spec:\n    api_key: \"${CLARI_API_KEY}\"\n    base_url: %s\n%s",
		backend, url, strings.ReplaceAll("    "+strings.TrimSpace(spec), "\n", "\n    ")+"\n")
}

const backend = "  backend_options: {table_name: state, connection: \"@@plugins.sqlite.connection\"}\n"

// planned are the golden plans. Bubbles begin on 2000-01-01, a Saturday in 2000_Q4 of a fiscal year that begins in February.
var planned = []struct {
	name, backend, spec string
	config              sim.Config
	key                 string // "": the right one; "-": none
	plant               func(*sim.Server)
}{
	{name: "first", spec: "forecasts: [{id: net_arr}]\nperiods: [current-3..next]"},
	{
		name: "backend", backend: backend, config: sim.Config{Monthly: 40},
		spec: "forecasts:\n  - id: net_arr\n  - {id: net_arr, currency: EUR, scope_id: \"1905::MGR\"}\n  - {id: renewals, periods: [1998_Q1..current]}\nperiods: [current-2..next]\nfiscal_year_start_month: 2\nquota_reserve: 5",
		plant: func(s *sim.Server) {
			for i, minutes := range []time.Duration{1, 2, 30} {
				s.Plant(sim.Job{Forecast: "net_arr", CreatedAt: s.Now().AddDate(0, 0, -i-1), Run: minutes * time.Minute})
				s.Plant(sim.Job{Forecast: "renewals", CreatedAt: s.Now().AddDate(0, 0, -i-1), Run: time.Minute})
			}
			s.Plant(sim.Job{Forecast: "renewals", CreatedAt: s.Now().AddDate(0, 0, -1), Run: time.Hour, End: sim.Failed})
		},
	},
	{name: "activities", spec: "forecasts: [{id: net_arr}]\nactivities: {since: 1999-11-15}\nconcurrency: auto", plant: func(s *sim.Server) {
		s.Plant(sim.Job{Forecast: "net_arr", CreatedAt: s.Now().AddDate(0, 0, -1), Run: time.Minute})
	}},
	{name: "fixed_to_current", spec: "forecasts: [{id: net_arr}]\nperiods: [1999_Q1..next]"},
	{name: "refresh", backend: backend, spec: "forecasts: [{id: net_arr}]\nperiods: [1998_Q1, 2025_M1]\nrefresh: [1998_Q1]"},
	{name: "no_token", spec: "forecasts: [{id: net_arr}]", key: "-"},
	{name: "wrong_key", spec: "forecasts: [{id: net_arr}]", key: "no-such-key"},
	{
		name: "limits_refused", spec: "forecasts: [{id: net_arr}]",
		config: sim.Config{Faults: []sim.Fault{{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(403)}}},
	},
	{name: "too_much", spec: "forecasts: [{id: net_arr}]\nperiods: [current-8..next]\nquota_reserve: 3", config: sim.Config{Monthly: 12}},
	{name: "invalid", spec: "forecasts: [{id: net_arr, typos: 1}]\nperiods: [Q9]"},
	{name: "history_without_backend", spec: "forecasts: [{id: net_arr}]\nhistory: true"},
	{name: "current_unknown", spec: "forecasts: [{id: net_arr}]\nperiods: [previous]"},
	{name: "current_unknown_with_backend", backend: backend, spec: "forecasts: [{id: net_arr}]\nperiods: [previous]"},
	{name: "relative_without_current", spec: "forecasts: [{id: net_arr}]\nperiods: [current-2..next]\nfiscal_year_start_month: 2"},
	{name: "unreachable", spec: "forecasts: [{id: net_arr}]", config: sim.Config{Faults: []sim.Fault{{Op: sim.Limits, Count: sim.Always, Do: sim.Refused()}, {Op: sim.List, Count: sim.Always, Do: sim.Refused()}}}},
	{name: "variable_not_set", spec: "forecasts: [{id: \"${NOT_SET}\"}]"},
}

func TestPlan(t *testing.T) {
	for _, test := range planned {
		t.Run(test.name, func(t *testing.T) {
			var text, machine, checked string
			var err, checkErr error
			var requests int
			synctest.Test(t, func(t *testing.T) {
				test.config.Tenant.Tabs = []sim.Tab{{ID: "net_arr"}, {ID: "renewals"}}
				s := sim.New(test.config)
				defer s.Close()
				if test.plant != nil {
					test.plant(s)
				}
				environment := map[string]string{"CLARI_API_KEY": s.Key()}
				switch test.key {
				case "":
				case "-":
					environment = nil
				default:
					environment["CLARI_API_KEY"] = test.key
				}
				document := source(s.MemoryURL(), test.backend, test.spec)
				var textErr error
				text, textErr = asks(t, s, document, environment, "plan")
				requests = len(s.Ledger().Requests)
				checked, checkErr = asks(t, s, document, environment, "check")
				require.Equal(t, 2*requests, len(s.Ledger().Requests), "check asks what plan does")
				if checkErr != nil {
					require.Error(t, textErr, "plan fails for all that check fails for")
				}
				machine, err = asks(t, s, document, environment, "plan", "--json")
				require.Equal(t, fmt.Sprint(textErr), fmt.Sprint(err))
				require.Zero(t, s.Ledger().Spent())
			})
			require.True(t, json.Valid([]byte(machine)))
			got := fmt.Sprintf("%s\nrequests: %d\nerror: %v\n\n%s\ncheck:\n%serror: %v\n", text, requests, err, machine, checked, checkErr)
			path := filepath.Join("testdata", test.name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// TestManyTabs: two requests, however large the plan is and however many jobs there are to learn from.
func TestManyTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Config{})
		defer s.Close()
		var spec strings.Builder
		spec.WriteString("periods: [current-18..next]\nforecasts:\n")
		for i := range 200 {
			fmt.Fprintf(&spec, "- id: tab_%d\n", i)
			s.Plant(sim.Job{Forecast: fmt.Sprintf("tab_%d", i), CreatedAt: s.Now().AddDate(0, 0, -1), Run: time.Minute})
		}
		out, err := asks(t, s, source(s.MemoryURL(), "", spec.String()), map[string]string{"CLARI_API_KEY": s.Key()}, "plan", "--json")
		require.ErrorContains(t, err, "4000 exports do not fit the quota: 800 left")
		var plan command.Plan
		require.NoError(t, json.Unmarshal([]byte(out), &plan))
		require.Len(t, plan.Exports, 4000)
		require.Equal(t, 4000, plan.Cost)
		require.Equal(t, -3200, *plan.Quota.After)
		require.Equal(t, 4000*60, *plan.Seconds)
		require.Len(t, s.Ledger().Requests, 2)
	})
}
