package world

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// AuditLine is an event in the form in which the table has it, but for its id.
func AuditLine(e sim.AuditEvent) string {
	r := Row{
		"occurred_at": instant(e.At), "actor_id": e.ActorID, "actor_type": e.ActorType, "session_id": e.SessionID, "session_type": e.SessionType,
		"ip_address": e.IP, "event": e.Event, "correlation_id": e.CorrelationID,
	}
	r["event_parameters"], _ = canonical(e.Parameters)
	if e.ImpersonatingActorID != "" {
		r["impersonating_actor_id"] = e.ImpersonatingActorID
	}
	return r.Line()
}

// AuditDiffer compares the events that landed with those that happened, as often as they did. Whoever acts in events is an actor.
func (w *World) AuditDiffer(from, to, now time.Time) (wrong []string) {
	left := map[string]int{}
	actors := map[string]bool{}
	for e := range w.Sim.AuditEvents(from, to, now) {
		left[AuditLine(e)]++
		actors[e.ActorID] = true
		if e.ImpersonatingActorID != "" {
			actors[e.ImpersonatingActorID] = true
		}
	}
	for _, r := range w.Destination.Rows("clari_audit_events", nil) {
		left[r.Line("_cq_id", "event_id")]--
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	for _, r := range w.Destination.Rows("clari_audit_actors", nil) {
		id := r["actor_id"].(string)
		name, email := w.Sim.Actor(id)
		if !actors[id] || r["name"] != name || r["email"] != email {
			wrong = append(wrong, "actor "+r.Line())
		}
		delete(actors, id)
	}
	for id := range actors {
		wrong = append(wrong, "no actor "+id)
	}
	return wrong[:min(len(wrong), 6)]
}
