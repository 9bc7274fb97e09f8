package around_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestOpportunityLookUp(t *testing.T) {
	missing := func(id string) bool { return id == "006M" }
	bad := func(id string) bool { return id == "006X" }
	caller.InBubble(t, sim.Config{Around: sim.Around{OpportunityWrap: "opportunities", NoOpportunity: missing, BadOpportunity: bad}}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		list := c.Get("/opportunity?oppId=" + s.OpportunityID(3) + "&oppId=006M")["opportunities"].([]any)
		require.Len(t, list, 1)
		o := s.Opportunity(s.OpportunityID(3))
		require.Equal(t, []any{o.ID, o.Score}, []any{list[0].(map[string]any)["id"], list[0].(map[string]any)["crmScore"].(map[string]any)["score"]})
		for query, text := range map[string]string{"": "required", "?oppId=1&oppId=006X": "006X is not valid", "?" + strings.Repeat("oppId=1&", 101): "At most 100"} {
			status, _, body, err := c.Do("GET", "/opportunity"+query, "")
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, string(body), text)
			require.Contains(t, string(body), `"reaspnPhrase":"Bad Request"`)
		}
		require.Equal(t, sim.Opportunities, s.Ledger().Requests[0].Op)
	})
}
