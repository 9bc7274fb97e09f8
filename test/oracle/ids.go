package oracle

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// userID is the id of a person in a role. Flat rows have none: it is made of what they have.
func (t *told) userID(p *sim.Person) string {
	if !t.flat {
		return valid(p.UserID())
	}
	part := func(s string) string { return percent(valid(s), func(c byte) bool { return c != ':' && c != '%' }) }
	return part(cmp.Or(p.CRMID, p.Email, p.Name)) + ":" + part(p.Role) + ":" + part(p.ParentRole)
}

func (t *told) fieldID(f sim.Field) string {
	if t.flat {
		return valid(f.Name)
	}
	return f.ID
}

func (t *told) timePeriodID(p sim.Period) string {
	switch {
	case !t.flat:
		return p.ID
	case p.Kind == "quarter":
		return t.period()
	default:
		return t.period() + "/" + p.FlatLabel
	}
}

func (t *told) timeFrameID(w sim.Week) string { return "TF:" + w.First.Format(time.DateOnly) }
