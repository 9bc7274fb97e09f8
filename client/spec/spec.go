// Package spec is what users write under the source's `spec:` key: its struct and defaults, strict decoding, the rules,
// and the grammar of fiscal periods. The doc comments of the fields are the user's documentation: they become the
// descriptions of the JSON schema.
package spec

import (
	_ "embed"
	"time"
)

//go:generate go run ./gen

// JSONSchema is the JSON schema (draft 2020-12) of Spec, generated from the struct.
//
//go:embed schema.json
var JSONSchema string

// Spec of the Clari source.
type Spec struct {
	// Clari API token, sent as the header `apikey`. Write "${CLARI_API_KEY}" and keep the token in that environment variable.
	// The token sees what its Clari user sees.
	APIKey string `json:"api_key,omitzero" jsonschema:"required"`

	// Root of the Clari API. Plain http is accepted for loopback hosts only.
	BaseURL string `json:"base_url"`

	// Forecast tabs to export, one or more. No two may have the same id, scope_id and currency.
	Forecasts []Forecast `json:"forecasts,omitempty" jsonschema:"required,minItems=1"`

	// Fiscal quarters to export: 2026_Q1; previous, current, next, current-4, current+1; or a range of those such as 2024_Q1..current.
	// A year (2025) and a month (2025_M1) are passed to Clari as they are, with one warning, and their result has to name them. Anything
	// else is an error.
	Periods []string `json:"periods" jsonschema:"minItems=1"`

	// Month (1 to 12) in which the fiscal year begins. With 2, February 2025 opens FY2026. Set it if periods count from the current
	// quarter but do not include it, and there is no state backend. Set it also if results are flat rows (all csv is) whose weeks do not
	// span the quarter: else the quarter settles months later.
	FiscalYearStartMonth int `json:"fiscal_year_start_month,omitzero" jsonschema:"minimum=1,maximum=12"`

	// IANA time zone. It decides which day is today, and which day is the snapshot_date of a row.
	TimeZone string `json:"time_zone"`

	// Format in which Clari delivers results. The rows are the same; csv may help where Clari cuts a large JSON result short.
	ExportFormat string `json:"export_format" jsonschema:"enum=json,enum=csv"`

	// Export jobs at a time, never more than Clari reports as free. With 1 they run one after another; auto takes what others leave free
	// less one, and at least one.
	Concurrency Concurrency `json:"concurrency"`

	// Shortest time between the creation of two jobs.
	DelayBetweenExports Duration `json:"delay_between_exports"`

	// Shortest time between two polls of one job.
	PollInterval Duration `json:"poll_interval"`

	// Longest time between two polls of one job: the gap grows up to it. The first poll may come later.
	PollMaxInterval Duration `json:"poll_max_interval"`

	// How long a job may stay queued before it is cancelled. If Clari asks to wait for longer (Retry-After), the export fails at once.
	QueueTimeout Duration `json:"queue_timeout"`

	// How long a job may run before it is cancelled.
	RunTimeout Duration `json:"run_timeout"`

	// How many jobs to create for one export if they end FAILED or ABORTED. Each may count against the monthly quota.
	ExportAttempts int `json:"export_attempts" jsonschema:"minimum=1,maximum=10"`

	// How long the next syncs keep what a failed or killed sync has landed, instead of exporting it again. 0s switches it off. Needs a
	// state backend.
	ResumeWithin Duration `json:"resume_within"`

	// Folder in which each result is kept as it came, gzipped, by tab and period. It holds personal data, and the plugin deletes none of
	// it.
	KeepResults string `json:"keep_results,omitzero"`

	// How often one HTTP request is repeated after the first try. Waiting after a 429 does not count.
	MaxRetries int `json:"max_retries" jsonschema:"minimum=0"`

	// Longest result, unpacked, in bytes or with KiB, MiB or GiB. A longer one fails its export, and is read again, without a new export,
	// when this is raised.
	MaxResultBytes Size `json:"max_result_bytes"`

	// HTTP requests a second, for everything that is sent with one token.
	RequestsPerSecond float64 `json:"requests_per_second" jsonschema:"exclusiveMinimum=0,maximum=100"`

	// Exports of the monthly quota to leave for others.
	QuotaReserve int `json:"quota_reserve" jsonschema:"minimum=0"`

	// Days after its end when a quarter becomes final. It is then exported once more, and after that no more. Needs a state backend.
	SettleDays int `json:"settle_days" jsonschema:"minimum=0"`

	// Periods to export again although the state says that they are done, in the forms of periods, if the tab has exported them before. A
	// list does so in every sync. {periods: 2024_Q1..2025_Q4, before: 2026-03-01} does so once, for what was exported before that day or
	// instant. Needs a state backend.
	Refresh Refresh `json:"refresh,omitzero"`

	// Periods, in the forms of periods, whose stored result is landed again at no cost, while Clari keeps it. It cures a destination that
	// lost rows. Needs a state backend.
	Reload []string `json:"reload,omitempty"`

	// Keep one snapshot of each day: snapshot_date becomes part of the key. Needs a state backend.
	History bool `json:"history"`

	// What to do about an export with no entries: fail, warn, or auto. auto fails for the current quarter, for one that had rows before,
	// and always without a state backend; else it warns, and the export counts as done.
	OnEmpty string `json:"on_empty" jsonschema:"enum=auto,enum=fail,enum=warn"`

	// What to do if the result has texts for a type that was asked for, and none can be read as an amount: warn lands the rows with a
	// warning, fail fails the export.
	OnUnread string `json:"on_unread" jsonschema:"enum=warn,enum=fail"`

	// Switches on the activity tables. Write {} for its defaults. Each window of days costs one export of the monthly quota.
	Activities *Activities `json:"activities,omitzero"`

	// Switches on the audit tables. Write {} for its defaults. Costs no quota; the token's user needs the right to see audit events.
	Audit *Audit `json:"audit,omitzero"`

	// Switches on the opportunity tables. Costs no quota.
	Opportunities *Opportunities `json:"opportunities,omitzero"`
}

// Forecast tab to export.
type Forecast struct {
	// Id of the forecast tab: the last part of its address in Clari, app.clari.com/forecast/ID.
	ID string `json:"id,omitzero" jsonschema:"required"`

	// What to export. crm_total and crm_closed are refused by some tenants.
	Types []string `json:"types" jsonschema:"minItems=1,uniqueItems=true,enum=forecast,enum=forecast_updated,enum=quota,enum=adjustment,enum=crm_total,enum=crm_closed"`

	// Currency code to export in, such as USD. Without it Clari uses the tab's own.
	Currency string `json:"currency,omitzero"`

	// Person whose part of the hierarchy to export, as userId::type (1905::MGR). Without it everything the token may see.
	ScopeID string `json:"scope_id,omitzero"`

	// true exports every week of the quarter, false only the latest. auto exports every week, unless history is on: then it exports every
	// week of the current and later quarters only once a week (in the first export that begins a full day after the week has ended, since
	// people edit a week until then), and else the latest.
	IncludeHistorical string `json:"include_historical" accept:"boolean"`

	// Periods of this tab, in place of the top-level periods.
	Periods []string `json:"periods,omitempty" jsonschema:"minItems=1"`
}

// Default returns a Spec with every default set. It is not valid: api_key and forecasts have none.
func Default() Spec {
	return Spec{
		BaseURL:             "https://api.clari.com/v4",
		Periods:             []string{"current"},
		TimeZone:            "UTC",
		ExportFormat:        "json",
		Concurrency:         1,
		DelayBetweenExports: Duration(10 * time.Second),
		PollInterval:        Duration(5 * time.Second),
		PollMaxInterval:     Duration(60 * time.Second),
		QueueTimeout:        Duration(30 * time.Minute),
		RunTimeout:          Duration(30 * time.Minute),
		ExportAttempts:      2,
		ResumeWithin:        Duration(45 * time.Minute),
		MaxRetries:          8,
		MaxResultBytes:      8 << 30,
		RequestsPerSecond:   10,
		SettleDays:          14,
		OnEmpty:             "auto",
		OnUnread:            "warn",
	}
}

// DefaultForecast returns a Forecast with every default set. It is not valid: id has none.
func DefaultForecast() Forecast {
	return Forecast{
		Types:             []string{"forecast", "forecast_updated", "quota", "adjustment"},
		IncludeHistorical: "auto",
	}
}

// Location is the time zone of the spec: UTC where none is set. Programs import time/tzdata, so that it is found on
// systems without a time zone database.
func (s *Spec) Location() *time.Location {
	if at, err := time.LoadLocation(s.TimeZone); err == nil {
		return at
	}
	return time.UTC // Parse has refused every zone that does not load
}

// ParsedPeriods are the tab's own periods, else those of the spec. Both have been validated by Parse.
func (f Forecast) ParsedPeriods(s *Spec) []Period {
	if f.Periods != nil {
		return parsePeriods(f.Periods)
	}
	return parsePeriods(s.Periods)
}

// ParsedReload are the periods whose stored result is landed again. They have been validated by Parse.
func (s *Spec) ParsedReload() []Period { return parsePeriods(s.Reload) }

func parsePeriods(items []string) []Period {
	periods := make([]Period, 0, len(items))
	for _, item := range items {
		if p, err := ParsePeriod(item); err == nil {
			periods = append(periods, p)
		}
	}
	return periods
}
