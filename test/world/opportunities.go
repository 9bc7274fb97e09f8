package world

import (
	"fmt"
	"maps"
	"slices"
)

// OpportunityDiffer compares what landed of these opportunities, and nothing else must have.
func (w *World) OpportunityDiffer(ids []string) (wrong []string) {
	left := map[string]int{}
	parents := map[string]string{} // _cq_id -> what the row is about
	add := func(r Row) { left[r.Line()]++ }
	for _, id := range ids {
		o := w.Sim.Opportunity(id)
		add(Row{"opportunity_id": id, "crm_score": o.Score, "crm_score_message": o.Text})
		for _, f := range o.Fields {
			r := Row{"opportunity_id": id, "field_id": f.ID, "alias": f.Alias, "image_url": "https://clari.example/" + f.ID + ".png", "parent": id}
			for key, value := range map[string]string{"value": f.Value, "original_value": f.Original} {
				if value != "null" {
					r[key], _ = canonical(value)
				}
			}
			if f.Trend != "" {
				r["trend"] = f.Trend
			}
			add(r)
			places := map[int64]int64{}
			for _, c := range f.Changes {
				r := Row{"opportunity_id": id, "field_id": f.ID, "changed_at": instant(c.At), "place": places[c.At.Unix()], "parent": id + " " + f.ID}
				places[c.At.Unix()]++
				for key, value := range map[string]string{"old_value": c.Old, "new_value": c.New} {
					if value != "null" {
						r[key], _ = canonical(value)
					}
				}
				add(r)
			}
		}
	}
	for _, table := range Family("clari_opportunities") {
		for _, r := range w.Destination.Rows(table, nil) {
			r = maps.Clone(r)
			switch table {
			case "clari_opportunities":
				parents[r["_cq_id"].(string)] = r["opportunity_id"].(string)
			default:
				parents[r["_cq_id"].(string)] = fmt.Sprint(r["opportunity_id"], " ", r["field_id"])
				r["parent"] = parents[r["_cq_parent_id"].(string)]
			}
			left[r.Line("_cq_id", "_cq_parent_id", "observed_at")]--
		}
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	return wrong[:min(len(wrong), 6)]
}
