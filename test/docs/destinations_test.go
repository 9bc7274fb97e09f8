package docs

// destination is what the documentation of a CloudQuery destination lets its block say.
type destination struct {
	modes    []string // of write_mode
	required []string // keys of spec
	optional []string
	files    bool // writes files: keeps no state
}

// destinations by the last part of their path. Keys are those of each plugin's spec_json_schema in github.com/cloudquery/cloudquery,
// modes those of its page on hub.cloudquery.io; read in November 2026.
var destinations = map[string]destination{
	// plugins/destination/postgresql/client/spec/schema.json
	"postgresql": {
		modes:    []string{"append", "overwrite", "overwrite-delete-stale"},
		required: []string{"connection_string"},
		optional: []string{"pgx_log_level", "batch_size", "batch_size_bytes", "batch_timeout", "create_performance_indexes", "retry_on_deadlock"},
	},
	// plugins/destination/snowflake/client/schema.json; overwriting is its "merge"
	"snowflake": {
		modes:    []string{"append", "overwrite", "overwrite-delete-stale"},
		required: []string{"connection_string"},
		optional: []string{"private_key", "batch_size", "batch_size_bytes", "migrate_concurrency", "leave_stage_files", "skip_write_setup"},
	},
	// plugins/destination/duckdb/client/schema.json, docs/_configuration.md
	"duckdb": {
		modes:    []string{"append", "overwrite", "overwrite-delete-stale"},
		required: []string{"connection_string"},
		optional: []string{"batch_size", "batch_size_bytes", "debug"},
	},
	// plugins/destination/sqlite/client/schema.json
	"sqlite": {
		modes:    []string{"append", "overwrite", "overwrite-delete-stale"},
		required: []string{"connection_string"},
		optional: []string{"batch_size", "batch_size_bytes"},
	},
	// plugins/destination/bigquery/client/schema.json; "only supports the append write mode"
	"bigquery": {
		modes:    []string{"append"},
		required: []string{"project_id", "dataset_id"},
		optional: []string{
			"dataset_location", "time_partitioning", "service_account_key_json", "endpoint", "batch_size", "batch_size_bytes", "batch_timeout",
			"client_project_id",
		},
	},
	// plugins/destination/clickhouse/client/spec/schema.json, docs/overview.md: "supports append write mode only"
	"clickhouse": {
		modes:    []string{"append"},
		required: []string{"connection_string"},
		optional: []string{"cluster", "engine", "ca_cert", "batch_size", "batch_size_bytes", "batch_timeout"},
	},
	// plugins/destination/s3/client/spec/schema.json; "only supports append write-mode"
	"s3": {
		modes:    []string{"append"},
		required: []string{"format", "bucket", "region", "path"},
		optional: []string{
			"format_spec", "compression", "no_rotate", "athena", "test_write", "content_type", "endpoint", "server_side_encryption_configuration",
			"use_path_style", "endpoint_skip_tls_verify", "acl", "write_empty_objects_for_empty_tables", "batch_size", "batch_size_bytes",
			"batch_timeout",
		},
		files: true,
	},
}
