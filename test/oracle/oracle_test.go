package oracle

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// What the truth says of the odd hierarchy, by hand.
func TestHierarchy(t *testing.T) {
	type at struct {
		level   any
		reports bool
		manager any
	}
	want := map[string]at{ // by role, and the one above where that is not unique
		"CEO": {int64(0), true, nil}, "Chair": {int64(0), true, nil}, "East": {int64(1), true, "101:00E CEO"}, "West": {int64(1), true, "101:00E CEO"},
		"Rep East": {int64(2), false, "103:00E East"}, "Rep West": {int64(2), false, "104:00E West"},
		"Overlay/East": {int64(2), false, "103:00E East"}, "Overlay/West": {int64(2), false, "104:00E West"},
		"Director": {int64(1), true, "102:00E Chair"}, "Rep of Directors": {int64(2), false, nil},
		"Ring 1": {nil, true, "111:00E Ring 2"}, "Ring 2": {nil, true, "110:00E Ring 1"}, "Below the ring": {nil, false, "110:00E Ring 1"},
		"Stray": {int64(0), true, nil}, "Below the stray": {int64(1), false, "113:00E Stray"},
		"Below a vacancy": {int64(0), false, nil}, "Also below it": {int64(0), false, nil},
	}
	flat := map[string]string{
		"101:00E CEO": "005000000000000001:CEO:", "102:00E Chair": "005000000000000002:Chair:", "103:00E East": "005000000000000003:East:CEO",
		"104:00E West": "005000000000000004:West:CEO", "110:00E Ring 1": "005000000000000010:Ring 1:Ring 2",
		"111:00E Ring 2": "005000000000000011:Ring 2:Ring 1", "113:00E Stray": "005000000000000013:Stray:Elsewhere",
	}
	for _, encoding := range encodings {
		job := sample(encoding)
		job.Export.Tenant.Staff = sim.OddStaff()
		n := 0
		for r := range Of(job)["clari_forecast_users"] {
			role := r["role"].(string)
			if role == "Overlay" {
				role += "/" + r["parent_role"].(string)
			}
			w := want[role]
			if id, ok := w.manager.(string); ok && encoding.Flat() {
				w.manager = flat[id]
			}
			require.Equal(t, w, at{r["hierarchy_level"], r["has_reports"].(bool), r["manager_user_id"]}, "%s %s", encoding, role)
			n++
		}
		require.Equal(t, len(job.Export.Tenant.Staff), n)
	}
}

func TestPeople(t *testing.T) {
	want := map[string][2]string{ // by name: person_id in five arrays and in flat rows
		"Person 5": {"005000000000000005", "005000000000000005"}, "Person 7": {"mixed@clari.example", "mixed@clari.example"}, "Person 8": {"108", "Person 8"},
	}
	for i, encoding := range encodings[:2] {
		job := sample(encoding)
		job.Export.Tenant.Staff = sim.OddStaff()
		for r := range Of(job)["clari_forecast_entries"] {
			if w, ok := want[r["user_name"].(string)]; ok {
				require.Equal(t, w[i], r["person_id"])
			}
		}
	}
}

// The quarter opens on Thursday, 1 May 2025, in the week from 27 April.
func TestWeekNumbers(t *testing.T) {
	for _, encoding := range encodings[:2] {
		numbers := map[any]any{}
		for r := range Of(sample(encoding))["clari_forecast_time_frames"] {
			numbers[r["start_date"]] = r["number"]
		}
		require.Equal(t, map[any]any{
			"2025-04-27": int64(1), "2025-05-04": int64(2), "2025-05-11": int64(3), "2025-05-18": int64(4), "2025-05-25": int64(5), "2025-06-01": int64(6),
		}, numbers)
	}
	// One that opens with a week: 1 February 2026 is a Sunday. The week before it is in the result as well.
	job := sample(sim.Arrays)
	job.Export.Quarter = sim.Quarter{Year: 2027, Number: 1}
	job.Export.Tenant.BlankWeeks = true
	var numbers []any
	for r := range Of(job)["clari_forecast_time_frames"] {
		numbers = append(numbers, r["number"])
	}
	require.Equal(t, []any{int64(0), int64(1), int64(2)}, numbers[:3])
}

func TestForecastKey(t *testing.T) {
	for _, test := range []struct{ forecast, currency, scope, want string }{
		{"net_arr", "", "", "net_arr/2026_Q1"},
		{"net_arr", "EUR", "", "net_arr/2026_Q1/EUR"},
		{"net_arr", "", "1905::MGR", "net_arr/2026_Q1//1905%3A%3AMGR"},
		{"a b/ü", "EUR", "1::REP", "a%20b%2F%C3%BC/2026_Q1/EUR/1%3A%3AREP"},
	} {
		require.Equal(t, test.want, ForecastKey(test.forecast, "2026_Q1", test.currency, test.scope))
	}
}

// Differ finds what is missing, too much or altered, and lets flat rows lack what follows from the days of the quarter, all of it or nothing.
func TestDiffer(t *testing.T) {
	const table = "clari_forecast_entries"
	for _, encoding := range encodings[:2] {
		job := sample(encoding)
		all := slices.Collect(Of(job)[table])
		wrong := func(days Days, alter func([]Row) []Row) int {
			lines, n := Differ(job, table, slices.Values(alter(slices.Collect(Of(job)[table]))), days)
			require.Equal(t, len(all), n)
			return len(lines)
		}
		same := func(rows []Row) []Row { return rows }
		bare := func(rows []Row) []Row {
			for i, r := range rows {
				rows[i] = lessDays(table, r)
			}
			return rows
		}
		half := func(rows []Row) []Row {
			delete(rows[0], "week_number")
			return rows
		}
		require.Zero(t, wrong(Perhaps, same))
		require.Zero(t, wrong(Known, same))
		require.Equal(t, encoding.Flat(), wrong(Unknown, same) > 0)
		require.Equal(t, !encoding.Flat(), wrong(Perhaps, bare) > 0)
		require.Equal(t, !encoding.Flat(), wrong(Unknown, bare) > 0)
		require.NotZero(t, wrong(Known, bare))
		require.NotZero(t, wrong(Perhaps, half))
		require.Equal(t, 1, wrong(Perhaps, func(rows []Row) []Row { return rows[1:] }))
		require.Equal(t, 1, wrong(Perhaps, func(rows []Row) []Row { return append(rows, rows[0]) }))
		require.Equal(t, 1, wrong(Perhaps, func(rows []Row) []Row {
			rows[0]["user_name"] = "somebody else"
			return rows
		}))
	}
}

// TestTables: the oracle knows every table that comes from a result, and no other.
func TestTables(t *testing.T) {
	var want []string
	for _, table := range forecast.Schemas(table.Options{}) {
		if table.Name != "clari_forecast_exports" { // made by the sync, not from a result
			want = append(want, table.Name)
		}
	}
	require.ElementsMatch(t, want, Tables())
}
