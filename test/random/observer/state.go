package observer

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// LastOf is when a sync could last write.
func (g *Observer) LastOf(p *Sync) time.Time {
	if p.StoppedAt.IsZero() {
		return p.End
	}
	return p.StoppedAt
}

// Places are the records of a state backend of what is there, by key. Windows of activities have some too.
func Places(state map[string]string) map[string]journal.Place {
	found := map[string]journal.Place{}
	for key, value := range state {
		var r struct {
			Job journal.Place `json:"job"`
		}
		if strings.HasPrefix(key, "clari/v1/place/") && json.Unmarshal([]byte(value), &r) == nil {
			found[key] = r.Job
		}
	}
	return found
}
