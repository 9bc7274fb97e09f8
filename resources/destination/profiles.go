package destination

const (
	modeAppend    = "append"
	modeOverwrite = "overwrite"
)

var everyMode = []string{modeAppend, modeOverwrite, "overwrite-delete-stale"}

// What the batch writers of plugin-sdk/v4 v4.69.0 do unless told otherwise.
const (
	sdkRows  = 10_000
	sdkBytes = 5 << 20
)

// Looked up in November 2026: keys in each destination's schema.json and code in github.com/cloudquery/cloudquery, modes on its page on
// hub.cloudquery.io, versions in its changelog and on the releases' pages.
func profiles() []Profile {
	return []Profile{postgresql(), snowflake(), bigquery(), duckdb(), clickhouse(), sqlite(), s3()}
}

func postgresql() Profile {
	return Profile{
		Name: "postgresql", Title: "PostgreSQL", Path: "cloudquery/postgresql",
		Lowest:  Release{"v8.7.7", "2025-01-09", "the oldest whose changelog was read"},
		Example: Release{"v8.18.0", "2026-10-13", "the newest seen"},
		Modes:   everyMode, WriteMode: modeOverwrite,
		Required: []string{"connection_string"},
		Optional: []string{
			"pgx_log_level", "batch_size", "batch_size_bytes", "batch_timeout", "create_performance_indexes", "retry_on_deadlock",
		},
		Settings: []Setting{{
			Key: "connection_string", Value: `"${POSTGRESQL_CONNECTION}"`,
			Comment: "postgres://user:password@host:5432/database?search_path=clari",
		}},
		Writer: MixedBatchWriter, Rows: sdkRows, Bytes: sdkBytes,
		KeyTwice: LastStays, State: KeepsState, NUL: NULStripped,
		Rights: "A role that owns its schema is enough: `CREATE SCHEMA clari AUTHORIZATION loader`. From PostgreSQL 15 on ordinary roles may make " +
			"nothing in the schema `public`, so name yours in `search_path`.",
		Notes: []string{
			"Two syncs into one schema at once, shards among them, can deadlock. `retry_on_deadlock: true` tries such a batch again; it came in " +
				"August 2025, after v8.8.7.",
			"The changelog also has a v9.0.0 (2025-05-21), which is older than v8.18.0.",
		},
		Tried: "The server runs in the project's tests. The destination was run by hand, in an earlier version.",
	}
}

func snowflake() Profile {
	return Profile{
		Name: "snowflake", Title: "Snowflake", Path: "cloudquery/snowflake",
		Lowest: Release{
			"v5.2.14", "2026-08-20", "before v5.2.13 (2026-08-12) every start empties the stage that all syncs into a schema share, and " +
				"v5.0.0 to v5.2.13 add new columns to the first table alone, both without an error",
		},
		Example: Release{"v5.3.0", "2026-10-08", "the newest seen"},
		Modes:   everyMode, WriteMode: modeOverwrite,
		Required: []string{"connection_string"},
		Optional: []string{"private_key", "batch_size", "batch_size_bytes", "migrate_concurrency", "leave_stage_files"},
		Settings: []Setting{
			{Key: "connection_string", Value: `"${SNOWFLAKE_CONNECTION}"`, Comment: "user@account/database/clari?warehouse=loading"},
			{Key: "private_key", Value: `"${SNOWFLAKE_PRIVATE_KEY}"`, Comment: "PEM, not encrypted"},
		},
		Writer: BatchWriter, Rows: 5_000, Bytes: 20 << 20,
		KeyTwice: LostOrDoubled, State: KeepsState, Days: "TEXT",
		Rights: "`USAGE` on the warehouse, the database and the schema; `CREATE TABLE`, `CREATE STAGE` and `CREATE FILE FORMAT` in the schema; " +
			"`CREATE VIEW` for whoever makes the views.",
		Notes: []string{"A batch that fails is only logged."},
		Tried: "Neither Snowflake nor its destination was ever run.",
	}
}

func bigquery() Profile {
	return Profile{
		Name: "bigquery", Title: "BigQuery", Path: "cloudquery/bigquery",
		Lowest:  Release{"v4.0.1", "2024-06-12", "from it on tables may have a primary key, and times are TIMESTAMP"},
		Example: Release{"v4.7.0", "", "the newest seen"},
		Modes:   []string{modeAppend}, WriteMode: modeAppend,
		Required: []string{"project_id", "dataset_id"},
		Optional: []string{
			"dataset_location", "time_partitioning", "time_partitioning_expiration", "service_account_key_json", "endpoint", "batch_size",
			"batch_size_bytes", "batch_timeout", "client_project_id",
		},
		Settings: []Setting{
			{Key: "project_id", Value: `"${GOOGLE_PROJECT}"`},
			{Key: "dataset_id", Value: "clari", Comment: "make it before the first sync"},
			{Key: "time_partitioning", Value: "day", Comment: "by _cq_sync_time"},
			{Key: "batch_size", Value: "2000", Comment: "BigQuery drops whole batches that have more", AtMost: 2000},
			{Key: "batch_size_bytes", Value: "1048576", Comment: "BigQuery drops whole batches that have more", AtMost: 1 << 20},
		},
		Writer: BatchWriter, Rows: sdkRows, Bytes: sdkBytes, RequestBytes: 10_485_760,
		KeyTwice: BothStay, State: KeepsVersions,
		Rights: "`roles/bigquery.dataEditor` on the dataset, which has to be there, and `roles/bigquery.jobUser` on the project.",
		Notes: []string{
			"It refuses a request above 10,485,760 bytes, and the destination only logs that: `batch_size` and `batch_size_bytes` are needed.",
		},
		Tried: "Neither BigQuery nor its destination was ever run.",
	}
}

func duckdb() Profile {
	return Profile{
		Name: "duckdb", Title: "DuckDB", Path: "cloudquery/duckdb",
		Lowest:  Release{"v5.6.3", "2024-05-14", "the oldest whose changelog was read"},
		Example: Release{"v6.3.1", "", "the newest seen"},
		Modes:   everyMode, WriteMode: modeOverwrite,
		Required: []string{"connection_string"},
		Optional: []string{"batch_size", "batch_size_bytes", "debug"},
		Settings: []Setting{{Key: "connection_string", Value: "./clari.duckdb"}},
		Writer:   BatchWriter, Rows: 1_000, Bytes: 4 << 20,
		KeyTwice: BatchIsLost, State: KeepsState,
		Notes: []string{
			"Slow with `overwrite`: some 3,000 rows a second. The destination does not run on Windows.",
			"A batch that fails is only logged.",
		},
		Tried: "The destination was run by hand, in an earlier version.",
	}
}

func clickhouse() Profile {
	return Profile{
		Name: "clickhouse", Title: "ClickHouse", Path: "cloudquery/clickhouse",
		Lowest:  Release{"v7.1.3", "", "no older one was looked at"},
		Example: Release{"v8.1.1", "", "the newest seen"},
		Modes:   []string{modeAppend}, WriteMode: modeAppend,
		Required: []string{"connection_string"},
		Optional: []string{"cluster", "engine", "ca_cert", "batch_size", "batch_size_bytes", "batch_timeout"},
		Settings: []Setting{{
			Key: "connection_string", Value: `"${CLICKHOUSE_CONNECTION}"`, Comment: "clickhouse://user:password@host:9440/clari?secure=true",
		}},
		Writer: BatchWriter, Rows: sdkRows, Bytes: sdkBytes,
		KeyTwice: BothStay, State: KeepsVersions,
		Notes: []string{"The server has to be 24.8.1 or newer."},
		Tried: "The destination was never run. ClickHouse itself was, by hand: it takes the views and queries as `clickhouse.py` in `docs/queries` writes them.",
	}
}

func sqlite() Profile {
	return Profile{
		Name: "sqlite", Title: "SQLite", Path: "cloudquery/sqlite",
		Lowest:  Release{"v2.13.3", "", "no older one was looked at"},
		Example: Release{"v2.14.10", "2026-06-19", "the newest seen"},
		Modes:   everyMode, WriteMode: modeOverwrite,
		Required: []string{"connection_string"},
		Optional: []string{"batch_size", "batch_size_bytes"},
		Settings: []Setting{{Key: "connection_string", Value: "./clari.sqlite"}},
		Writer:   BatchWriter, Rows: 1_000, Bytes: 4 << 20,
		KeyTwice: LastStays, State: KeepsState,
		Notes: []string{
			"The file is the database, and the state where it keeps that: in a container both are lost with it, unless the file is on a volume.",
			"A batch that fails is only logged.",
		},
		Tried: "The project's tests have a destination of their own that writes SQLite. CloudQuery's was run by hand, in an earlier version.",
	}
}

func s3() Profile {
	return Profile{
		Name: "s3", Title: "Parquet on S3", Path: "cloudquery/s3",
		Lowest:  Release{"v7.7.2", "", "no older one was looked at"},
		Example: Release{"v7.10.2", "", "the newest seen"},
		Modes:   []string{modeAppend}, WriteMode: modeAppend,
		Required: []string{"format", "bucket", "region", "path"},
		Optional: []string{
			"format_spec", "compression", "no_rotate", "athena", "test_write", "content_type", "endpoint", "server_side_encryption_configuration",
			"use_path_style", "endpoint_skip_tls_verify", "acl", "write_empty_objects_for_empty_tables", "batch_size", "batch_size_bytes",
			"batch_timeout",
		},
		Settings: []Setting{
			{Key: "bucket", Value: `"${S3_BUCKET}"`},
			{Key: "region", Value: "eu-central-1"},
			{Key: "path", Value: "clari/{{TABLE}}/{{YEAR}}-{{MONTH}}-{{DAY}}/{{UUID}}.parquet"},
			{Key: "format", Value: "parquet"},
			{Key: "athena", Value: "true", Comment: "keys of JSON columns as Athena and Glue take them"},
		},
		Writer: StreamingBatchWriter, Rows: sdkRows, Bytes: 50 << 20,
		KeyTwice: BothStay, State: NoState,
		Rights: "`s3:PutObject` on the path of the bucket.",
		Tried:  "Neither S3 nor its destination was ever run.",
	}
}
