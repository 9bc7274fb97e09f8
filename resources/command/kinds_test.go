package command

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
)

// TestExportOf: an export of a kind that nobody has heard of shows by its name.
func TestExportOf(t *testing.T) {
	require.Equal(t, Export{Name: "headcount of all", Why: "always"}, exportOf(job.Item{Name: "headcount of all", Item: due.Item{Why: "always"}, Labels: []job.Label{{Name: "village", Value: "a"}}}))
	require.Equal(t, Export{ForecastID: "net_arr", RequestedPeriod: "2026_Q1", Why: "current"}, exportOf(job.Item{
		Name: "forecast net_arr period 2026_Q1", Item: due.Item{Why: "current"}, Labels: []job.Label{{Name: "forecast_id", Value: "net_arr"}, {Name: "requested_period", Value: "2026_Q1"}},
	}))
}
