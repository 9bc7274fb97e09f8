package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// ActivityDiffer compares the activities that landed with those from one day to another, both included.
func (w *World) ActivityDiffer(from, to, now time.Time) []string {
	wrong := w.activityDifferences(from, to, now)
	return wrong[:min(len(wrong), 6)]
}

func (w *World) activityDifferences(from, to, now time.Time) (wrong []string) {
	left := map[string]int{}
	add := func(table string, r Row) {
		maps.DeleteFunc(r, func(_ string, v any) bool { return v == "" })
		left[table+": "+r.Line()]++
	}
	for a := range w.Sim.Activities(sim.Activities{First: from, Last: to, Types: sim.ActivityTypes, At: now}) {
		add("clari_activities", Row{
			"activity_id": a.ID, "activity_type": a.Type, "subject": a.Subject, "occurred_at": instant(a.At), "owner_crm_user_id": a.Owner,
			"organizer_crm_user_id": a.Organizer,
		})
		for _, id := range a.Accounts {
			add("clari_activity_accounts", Row{
				"activity_id": a.ID, "account_id": id, "account_name": "Account " + strings.TrimRight(id, "A"), "owner_crm_user_id": a.Owner, "parent": a.ID,
			})
		}
		for _, id := range a.Opportunities {
			add("clari_activity_opportunities", Row{
				"activity_id": a.ID, "opportunity_id": id, "opportunity_name": "Deal " + strings.TrimRight(id, "A"), "owner_crm_user_id": a.Owner, "parent": a.ID,
			})
		}
		for _, p := range a.Participants {
			add("clari_activity_participants", Row{
				"activity_id": a.ID, "participant_id": strings.ToLower(p.Email), "name": p.Name, "email": p.Email, "crm_user_id": p.CRMUserID,
				"is_internal": p.Internal, "parent": a.ID,
			})
		}
	}
	parents := map[any]any{}
	for _, r := range w.Destination.Rows("clari_activities", nil) {
		parents[r["_cq_id"]] = r["activity_id"]
		left["clari_activities: "+r.Line("_cq_id", "job_id", "exported_at")]--
	}
	for _, table := range Family("clari_activities")[1:] {
		for _, r := range w.Destination.Rows(table, nil) {
			r = maps.Clone(r)
			r["parent"] = parents[r["_cq_parent_id"]]
			left[table+": "+r.Line("_cq_id", "_cq_parent_id")]--
		}
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	return wrong
}

// ChildrenDiffer is activityDiffer, but for the activities themselves.
func (w *World) ChildrenDiffer(from, to, now time.Time) (wrong []string) {
	return slices.DeleteFunc(w.activityDifferences(from, to, now), func(line string) bool { return strings.Contains(line, " clari_activities: ") })
}
