package result

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

func TestFlatQuarter(t *testing.T) {
	const file2027Q1 = "clari_export_forecast_new_summary_2027_Q12915_20270407_212737.json"
	start, end := day(2026, time.May, 1), day(2026, time.July, 31)
	tests := []struct {
		name  string
		lines []string // over one of 05/12/2026 in FY27 Q2
		asked Asked
		want  string
		err   string
	}{
		{name: "label says the one asked for", lines: []string{""}, asked: Asked{Period: "2027_Q2"}, want: "2027_Q2"},
		{name: "another number", lines: []string{"Timeframe=Q2", "Timeframe=Q3"}, asked: Asked{Period: "2027_Q2"}, err: "wrong quarter: asked for 2027_Q2, the result holds Q3"},
		{name: "another year", lines: []string{""}, asked: Asked{Period: "2026_Q2"}, err: "wrong quarter: asked for 2026_Q2, the result holds FY27 Q2"},
		{name: "another year, but the file name agrees", lines: []string{""}, asked: Asked{Period: "2026_Q2", FileName: "x_2026_Q2_1.csv"}, want: "2026_Q2"},
		{name: "another year, but the days agree", lines: []string{""}, asked: Asked{Period: "2026_Q2", Calendar: between(start, end)}, want: "2026_Q2"},
		{name: "another number, though the file name agrees", lines: []string{"Timeframe=Q3"}, asked: Asked{Period: "2027_Q2", FileName: "x_2027_Q2"}, err: "wrong quarter: asked for 2027_Q2, the result holds Q3"},
		{name: "the file name says another", lines: []string{"Timeframe=Q1"}, asked: Asked{Period: "2020_Q1", FileName: file2027Q1}, err: "wrong quarter: asked for 2020_Q1, the result holds 2027_Q1 by the job's file name"},
		{name: "no rows, but the file name says another", asked: Asked{Period: "2020_Q1", FileName: file2027Q1}, err: "wrong quarter: asked for 2020_Q1, the result holds 2027_Q1 by the job's file name"},
		{name: "digits follow the period in the file name", lines: []string{"Timeframe=Q1"}, asked: Asked{Period: "2027_Q1", FileName: file2027Q1}, want: "2027_Q1"},
		{name: "the tab's id looks like a period", lines: []string{"Timeframe=Q1"}, asked: Asked{Period: "2027_Q1", FileName: "clari_export_forecast_plan_2020_Q4_2027_Q1291_20270407_212737.csv"}, want: "2027_Q1"},
		{name: "days in the quarter", lines: []string{"Timeframe=July FY 2027", "Timeframe=July FY 2027;Start Day=08/04/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, want: "2027_Q2"},
		{name: "first week begins a week before", lines: []string{"Start Day=04/24/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, want: "2027_Q2"},
		{name: "last day", lines: []string{"Start Day=07/31/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, want: "2027_Q2"},
		{name: "all days too early", lines: []string{"Timeframe=May;Start Day=04/23/2026", "Timeframe=May;Start Day=04/16/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, err: "wrong quarter: asked for 2027_Q2, the result holds weeks that start from 2026-04-16 to 2026-04-23"},
		{name: "all days too late", lines: []string{"Start Day=08/01/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, err: "wrong quarter: asked for 2027_Q2, the result holds weeks that start from 2026-08-01 to 2026-08-01"},
		{name: "on both sides", lines: []string{"Start Day=04/16/2026", "Start Day=08/01/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, end)}, err: "wrong quarter: asked for 2027_Q2, the result holds weeks that start from 2026-04-16 to 2026-08-01"},
		{name: "only the start known", lines: []string{"Start Day=04/16/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(start, time.Time{})}, err: "wrong quarter: asked for 2027_Q2, the result holds weeks that start from 2026-04-16 to 2026-04-16"},
		{name: "only the end known", lines: []string{"Start Day=08/16/2026"}, asked: Asked{Period: "2027_Q2", Calendar: between(time.Time{}, end)}, err: "wrong quarter: asked for 2027_Q2, the result holds weeks that start from 2026-08-16 to 2026-08-16"},
		{name: "a period passed through", lines: []string{"Timeframe=Q3"}, asked: Asked{Period: "2018_M1", FileName: "x_2018_M1_1.csv"}, want: "2018_M1"},
		{name: "a period passed through, another file", lines: []string{"Timeframe=Q3"}, asked: Asked{Period: "2018_M1", FileName: "x_2018_M12_1.csv"}, err: "wrong quarter: asked for 2018_M1, the result holds x_2018_M12_1.csv by the job's file name"},

		{name: "Clari chose, label with year", lines: []string{"Timeframe=July FY 2027", "Timeframe=Q2", ""}, want: "2027_Q2"},
		{name: "Clari chose, file name", lines: []string{"Timeframe=Q1"}, asked: Asked{FileName: file2027Q1}, want: "2027_Q1"},
		{name: "Clari chose, the file name is surer than the label's year", lines: []string{"Timeframe=FY20 Q1"}, asked: Asked{FileName: file2027Q1}, want: "2027_Q1"},
		{name: "Clari chose, file name and label contradict", lines: []string{""}, asked: Asked{FileName: file2027Q1}, err: "wrong quarter: asked for 2027_Q1, the result holds FY27 Q2"},
		{name: "Clari chose, labels contradict", lines: []string{"", "Timeframe=Q3"}, err: "wrong quarter: asked for 2027_Q2, the result holds Q3"},
		{name: "Clari chose, labels of two years", lines: []string{"", "Timeframe=FY28 Q2"}, err: "wrong quarter: asked for 2027_Q2, the result holds FY28 Q2"},
		{name: "Clari chose, no year", lines: []string{"Timeframe=Q2"}, err: (&fault.UnknownQuarterError{}).Error()},
		{name: "Clari chose, months only", lines: []string{"Timeframe=July FY 2023"}, err: (&fault.UnknownQuarterError{}).Error()},
		{name: "Clari chose, no rows", want: ""},
		{name: "Clari chose, no rows, file name", asked: Asked{FileName: file2027Q1}, want: "2027_Q1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, encoding := range flatEncodings {
				result, _, err := readFlat(t.Context(), encoding.encode(flatLines(tt.lines...)), tt.asked)
				if tt.err != "" {
					require.EqualError(t, err, tt.err)
					require.True(t, fault.IsContent(err))
					continue
				}
				require.NoError(t, err)
				require.Equal(t, tt.want, result.Quarter)
			}
		})
	}
}
