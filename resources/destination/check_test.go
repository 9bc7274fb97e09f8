package destination

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/semver"
)

func TestProfiles(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			require.False(t, names[p.Name], "twice")
			names[p.Name] = true
			require.Equal(t, "cloudquery/"+p.Name, p.Path)
			found, ok := For(p.Path)
			require.True(t, ok)
			require.Equal(t, p, found)
			for _, r := range []Release{p.Lowest, p.Example} {
				require.True(t, semver.IsValid(r.Version), r.Version)
				require.NotEmpty(t, r.Why)
			}
			require.LessOrEqual(t, semver.Compare(p.Lowest.Version, p.Example.Version), 0)
			require.Contains(t, p.Modes, p.WriteMode)
			require.NotEmpty(t, p.Tried)
			require.Equal(t, p.KeyTwice == BothStay, !p.Overwrites(), "who appends has no keys")
			set := map[string]bool{}
			for _, s := range p.Settings {
				require.Contains(t, append(p.Required, p.Optional...), s.Key)
				set[s.Key] = true
			}
			for _, key := range p.Required {
				require.True(t, set[key], key)
			}
		})
	}
	_, ok := For("somebody/bigquery")
	require.False(t, ok)
}

func TestCheck(t *testing.T) {
	good := func() map[string]any {
		return map[string]any{
			"name": "bigquery", "path": "cloudquery/bigquery", "version": "v4.7.0", "write_mode": "append",
			"spec": map[string]any{"project_id": "p", "dataset_id": "d", "batch_size": 2000, "batch_size_bytes": json.Number("1048576")},
		}
	}
	top := func(key string, value any) func(map[string]any) { return func(b map[string]any) { b[key] = value } }
	inner := func(key string, value any) func(map[string]any) {
		return func(b map[string]any) { b["spec"].(map[string]any)[key] = value }
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		want   string // the problem; empty: none
		fatal  bool
	}{
		{"as in the example", top("name", "warehouse"), "", false},
		{"a newer version", top("version", "v5.0.0"), "", false},
		{"the lowest version", top("version", "v4.0.1"), "", false},
		{
			"an older version", top("version", "v3.9.0"),
			"version: v3.9.0 is below v4.0.1: from it on tables may have a primary key, and times are TIMESTAMP; write v4.7.0", true,
		},
		{"no version", top("version", nil), `version: "" is no version; write v4.7.0`, true},
		{"a local plugin has none", func(b map[string]any) { b["registry"], b["version"] = "local", nil }, "", false},
		{"overwriting", top("write_mode", "overwrite"), `write_mode: BigQuery has no "overwrite"; write append`, true},
		{"the default mode", top("write_mode", nil), `write_mode: BigQuery has no "overwrite-delete-stale"; write append`, true},
		{
			"forced", top("migrate_mode", "forced"), "migrate_mode: forced empties each table whose columns change, settled quarters too; " +
				"take it out again once it has helped, and export what is settled again with refresh", false,
		},
		{"a key is missing", inner("dataset_id", nil), "spec.dataset_id: is required; write it as in docs/examples/bigquery.yml", true},
		{
			"an unknown key", inner("batchsize", 1), "spec.batchsize: BigQuery v4.7.0 has no such key; known are project_id, dataset_id, dataset_location, " +
				"time_partitioning, time_partitioning_expiration, service_account_key_json, endpoint, batch_size, batch_size_bytes, batch_timeout, client_project_id", false,
		},
		{
			"too many rows", inner("batch_size", 10000.0),
			"spec.batch_size: 10000 is not between 1 and 2000: BigQuery drops whole batches that have more; write batch_size: 2000", true,
		},
		{"fewer rows", inner("batch_size", "500"), "", false},
		{"no number", inner("batch_size", "many"), "spec.batch_size: many is not between 1 and 2000: BigQuery drops whole batches that have more; write batch_size: 2000", true},
		{"part of a row", inner("batch_size", 0.5), "spec.batch_size: 0.5 is not between 1 and 2000: BigQuery drops whole batches that have more; write batch_size: 2000", true},
		{"the default of bytes", inner("batch_size_bytes", nil), "spec.batch_size_bytes: is missing: BigQuery drops whole batches that have more; write batch_size_bytes: 1048576", true},
		{"no spec", top("spec", nil), "", true},
	}
	p, ok := For("cloudquery/bigquery")
	require.True(t, ok)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			block := good()
			test.change(block)
			before := maps.Clone(block)
			problems := p.Check(block)
			require.Equal(t, before, block, "the block is only read")
			switch {
			case test.name == "no spec":
				require.Len(t, problems, 4, "both keys, both sizes")
			case test.want == "":
				require.Empty(t, problems)
			default:
				require.Len(t, problems, 1)
				require.Equal(t, test.want, problems[0].String())
				require.Equal(t, test.fatal, problems[0].Fatal)
			}
		})
	}
}

// TestVersionsThatLoseRows: those that are known to.
func TestVersionsThatLoseRows(t *testing.T) {
	p, ok := For("cloudquery/snowflake")
	require.True(t, ok)
	for _, version := range []string{"v4.3.7", "v5.0.0", "v5.2.12", "v5.2.13"} {
		problems := p.Check(map[string]any{"version": version, "write_mode": "overwrite", "spec": map[string]any{"connection_string": "x"}})
		require.Len(t, problems, 1, version)
		require.True(t, problems[0].Fatal)
	}
}
