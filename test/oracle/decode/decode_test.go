package decode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestByHand: what the decoder says of a result of each shape, reckoned by hand.
func TestByHand(t *testing.T) {
	const arrays = `{"entries":[
		{"userId":"1:east","fieldId":"commit","timeFrameId":"TF:2026-03-23","forecastValue":125000.5,"isUpdated":true,"updatedOn":1770000000,"currency":{"code":"EUR","symbol":"€"}},
		{"userId":"1:east","fieldId":"commit","timeFrameId":"TF:2026-03-23","timePeriodId":"2026_Q1","quotaValue":"7","updatedOn":"2026-02-02T02:40:01Z","aggregationTotal":"soon"}],
		"users":[{"userId":"1:east","name":"Ann","email":" Ann@X.example","hierarchyId":"east","parentHierarchyId":"top","scopeId":"{\"userType\":\"REP\"}"},
			{"userId":"2:top","name":"Bob","crmId":"005B","hierarchyId":"top"}],
		"fields":[{"fieldId":"commit","fieldName":"Commit"},{"fieldId":"commit","fieldName":"Call"}],
		"timePeriods":[{"timePeriodId":"2026_Q1","startDate":"2026-01-01","endDate":"2026-03-31"}],
		"timeFrames":[{"timeFrameId":"TF:2026-03-23","startDate":"2026-03-23","endDate":"2026-03-29"}]}`
	got, err := Result([]byte(arrays), Asked{Period: "2026_Q1", Currency: "USD"})
	require.NoError(t, err)
	require.Equal(t, []Row{{
		"user_id": "1:east", "field_id": "commit", "time_frame_id": "TF:2026-03-23", "time_period_id": "2026_Q1", "forecast_value": 125000.5, "quota_value": 7.0,
		"is_updated": true, "updated_at": time.Date(2026, 2, 2, 2, 40, 1, 0, time.UTC), "currency_code": "EUR", "currency_symbol": "€",
		"user_name": "Ann", "email": " Ann@X.example", "person_id": "ann@x.example", "clari_user_id": "1", "user_type": "REP", "hierarchy_level": int64(1),
		"has_reports": false, "manager_user_id": "2:top", "manager_name": "Bob", "field_name": "Commit", "week_start_date": "2026-03-23",
		"week_end_date": "2026-03-29", "week_number": int64(13), "weeks_to_end": int64(0), "time_period_start_date": "2026-01-01",
		"time_period_end_date": "2026-03-31", "fiscal_year": int64(2026), "fiscal_quarter": int64(1), "extra": map[string]any{"aggregationTotal": "soon"},
	}}, got["clari_forecast_entries"])
	require.Equal(t, []Row{{"field_id": "commit", "name": "Commit", "extra": map[string]any{"other_name": []any{"Call"}}}}, got["clari_forecast_fields"])

	const rows = `Ann,ann@x.example,,Rep,CEO,FY26 Q1,Commit,3,01/19/2026,01/25/2026,`
	const head = "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value\n"
	got, err = Result([]byte(head+rows+"Forecast Value,\"($1,200.50)\"\n"+rows+"Forecast Updated,No\n"+rows+"Quota,\n"+rows+"Stretch,far\n"), Asked{Period: "2026_Q1", JobCurrency: "USD"})
	require.NoError(t, err)
	require.Equal(t, []Row{{
		"user_id": "ann@x.example:Rep:CEO", "field_id": "Commit", "time_frame_id": "TF:2026-01-19", "time_period_id": "2026_Q1", "forecast_value": -1200.5,
		"is_updated": false, "currency_code": "USD", "currency_symbol": "$", "user_name": "Ann", "email": "ann@x.example", "role": "Rep",
		"person_id": "ann@x.example", "hierarchy_level": int64(0), "has_reports": false, "field_name": "Commit", "week_start_date": "2026-01-19",
		"week_end_date": "2026-01-25", "time_period_type": "quarter", "fiscal_year": int64(2026), "fiscal_quarter": int64(1), "extra": map[string]any{"Stretch": "far"},
	}}, got["clari_forecast_entries"])
	require.Equal(t, []Row{{"time_frame_id": "TF:2026-01-19", "start_date": "2026-01-19", "end_date": "2026-01-25", "week": "3", "entries": int64(1)}}, got["clari_forecast_time_frames"])
}

// TestRefused: what must not land.
func TestRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no result":        `{"jobs":[]}`,
		"two amounts":      `{"entries":[{"userId":"1","fieldId":"f","timeFrameId":"w","quotaValue":1},{"userId":"1","fieldId":"f","timeFrameId":"w","quotaValue":2}]}`,
		"no person":        `{"entries":[{"fieldId":"f","timeFrameId":"w"}]}`,
		"another quarter":  `{"entries":[{"userId":"1","fieldId":"f","timeFrameId":"w","timePeriodId":"2025_Q4"}]}`,
		"an error as well": `{"entries":[],"errors":["half"]}`,
	} {
		_, err := Result([]byte(text), Asked{Period: "2026_Q1"})
		require.ErrorAs(t, err, new(Refused), name)
	}
}

// TestWeeks: a quarter from Thursday, 1 January, to Tuesday, 31 March.
func TestWeeks(t *testing.T) {
	for _, tt := range []struct {
		first, last       string
		number, weeksLeft int64
	}{
		{"2025-12-25", "2025-12-31", 0, 12},
		{"2025-12-29", "2026-01-04", 1, 12},
		{"2026-01-01", "2026-01-07", 1, 11},
		{"2026-01-02", "2026-01-08", 2, 11},
		{"2026-03-18", "2026-03-24", 12, 1},
		{"2026-03-19", "2026-03-25", 12, 0},
		{"2026-03-30", "2026-04-05", 14, 0},
	} {
		require.Equal(t, tt.number, weekNumber(day("2026-01-01"), day(tt.first)), tt.first)
		require.Equal(t, tt.weeksLeft, weeksToEnd(day(tt.last), day("2026-03-31")), tt.last)
	}
}
