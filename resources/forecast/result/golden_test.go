package result

import (
	"testing"
	"time"
)

// TestGolden reads results written after what production pipelines observed, the samples of Clari's API reference, and a manager's
// export.
func TestGolden(t *testing.T) {
	calendar := func(string) (start, end time.Time, ok bool) { return day(2026, 5, 1), day(2026, 7, 31), true }
	for _, tt := range []struct {
		file, shape string
		asked       Asked
	}{
		{"arrays.json", shapeArrays, Asked{Period: "2023_Q4"}},
		{"variants.json", shapeArrays, Asked{Period: "2023_Q4"}},
		{"flat/reference.json", shapeFlatLists, Asked{Period: "2023_Q2"}},
		{"flat/manager.csv", shapeCSV, Asked{JobCurrency: "USD"}},
		{"flat/all_types.csv", shapeCSV, Asked{Period: "2027_Q2", Currency: "EUR", JobCurrency: "USD"}},
		{"flat/wrapped.json", shapeFlatObjects, Asked{Period: "2027_Q2", Calendar: calendar}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, found, err := land(t.Context(), read(t, "testdata/"+tt.file), tt.asked)
			if err != nil {
				t.Fatal(err)
			}
			if found.Shape != tt.shape {
				t.Errorf("the shape is %s", found.Shape)
			}
			golden(t, "testdata/"+tt.file+".golden", map[string]any{"found": found, "rows": got})
		})
	}
}
