package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"text/template"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// TestDemo: the plan of the demo's spec is what a first sync of it then exports, in that order.
func TestDemo(t *testing.T) {
	text, err := os.ReadFile("../try/demo.yml.tmpl")
	require.NoError(t, err)
	demo := template.Must(template.New("demo").Parse(string(text)))
	synctest.Test(t, func(t *testing.T) {
		tabs := []sim.Tab{{ID: "net_arr"}, {ID: "bookings"}, {ID: "renewals"}}
		s := sim.New(sim.Config{Tenant: sim.Tenant{Tabs: tabs}})
		defer s.Close()
		var document bytes.Buffer
		sqlite, _ := destination.For("cloudquery/sqlite")
		require.NoError(t, demo.Execute(&document, map[string]any{
			"BaseURL": s.MemoryURL(), "Tabs": tabs, "Database": "./demo.sqlite", "To": sqlite,
		}))
		environment := map[string]string{"CLARI_API_KEY": s.Key()}
		out, err := asks(t, s, document.String(), environment, "plan", "--json")
		require.NoError(t, err)
		var plan command.Plan
		require.NoError(t, json.Unmarshal([]byte(out), &plan))

		config, err := runner.Parse(document.Bytes(), func(name string) (string, bool) { return environment[name], true })
		require.NoError(t, err)
		sync(t, s, config)
		ledger := s.Ledger()
		require.NotZero(t, plan.Cost)
		require.Equal(t, ledger.Spent(), plan.Cost)
		require.Equal(t, 1000-ledger.Spent(), *plan.Quota.After)
		require.Len(t, ledger.Jobs, len(plan.Exports))
		current, ok := fiscal.Parse(s.Current().String())
		require.True(t, ok)
		for i, e := range plan.Exports {
			require.Equal(t, ledger.Jobs[i].Forecast, e.ForecastID)
			period, err := spec.ParsePeriod(e.RequestedPeriod)
			require.NoError(t, err)
			quarters, err := period.Quarters(current)
			require.NoError(t, err)
			require.Equal(t, ledger.Jobs[i].Got, quarters[0].String(), e.RequestedPeriod)
		}
	})
}

// memory is a state backend.
type memory map[string]string

func (m memory) SetKey(_ context.Context, key, value string) error {
	m[key] = value
	return nil
}
func (m memory) GetKey(_ context.Context, key string) (string, error) { return m[key], nil }
func (memory) Flush(context.Context) error                            { return nil }
func (memory) Close() error                                           { return nil }

// sync runs a sync, of whose rows nothing is kept.
func sync(t *testing.T, s *sim.Server, config *runner.Config) {
	t.Helper()
	text, err := json.Marshal(config.Source.Spec)
	require.NoError(t, err)
	client, err := plugin.New(zerolog.Nop(), text, plugin.Options{
		Transport: s.Transport(), State: func(context.Context, *sdk.BackendOptions) (state.Client, error) { return memory{}, nil },
	})
	require.NoError(t, err)
	options := sdk.SyncOptions{Tables: config.Source.Tables}
	if b := config.Source.BackendOptions; b != nil {
		options.BackendOptions = &sdk.BackendOptions{TableName: b.TableName, Connection: b.Connection}
	}
	messages := make(chan message.SyncMessage)
	go func() {
		for range messages {
		}
	}()
	err = client.Sync(t.Context(), options, messages)
	close(messages)
	require.NoError(t, err)
}

// TestHelp: the help of the command is that of a CloudQuery command.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	root := command.Root(command.Env{})
	root.SetOut(&out)
	root.SetArgs([]string{"plan", "--help"})
	require.NoError(t, root.Execute())
	for _, part := range []string{"Usage:\n  cq-source-clari plan SPEC... [flags]", "Examples:", "--json"} {
		require.Contains(t, out.String(), part)
	}
	require.True(t, slices.Contains(strings.Fields(command.Help()), "plan"))
	require.True(t, command.Is("check"))
	require.False(t, command.Is("serve"))
}
