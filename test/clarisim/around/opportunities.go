package around

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// An Opportunity is what Clari knows of one.
type Opportunity struct {
	ID     string
	Score  float64
	Text   string
	Fields []OpportunityField
}

// An OpportunityField is one of its fields. Values are JSON.
type OpportunityField struct {
	ID, Alias, Trend, Value, Original string
	Changes                           []FieldChange
}

// A FieldChange is one change of a field.
type FieldChange struct {
	At       time.Time
	Old, New string // JSON
}

// OpportunityID is the id of the nth opportunity of the tenant.
func (r *Records) OpportunityID(n int) string {
	return fmt.Sprintf("006%012dAAA", n%r.Opportunities)
}

// Opportunity is what a look-up tells of an id.
func (r *Records) Opportunity(id string) Opportunity {
	h := r.tenant.Seed
	for _, b := range []byte(id) {
		h = tenant.Mix(h, uint64(b))
	}
	o := Opportunity{ID: id, Score: float64(h % 101), Text: "Scored by the sim"}
	values := []string{`"Negotiation"`, fmt.Sprint(h % 100000), `true`, `null`, `["a",{"b":1}]`, `{"amount":12.5,"code":"USD"}`}
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h%1000) * time.Minute)
	for i := range int(h%5) + 1 {
		f := OpportunityField{
			ID: fmt.Sprintf("field_%d", i), Alias: fmt.Sprintf("Field %d", i), Trend: []string{"UP", "DOWN", ""}[i%3],
			Value: values[(i+int(h%7))%len(values)], Original: values[(i+1)%len(values)],
		}
		for c := range i {
			f.Changes = append(f.Changes, FieldChange{
				At:  began.Add(time.Duration(c/2) * time.Hour), // two in each instant
				Old: r.trendValue(values[c%len(values)]), New: r.trendValue(values[(c+1)%len(values)]),
			})
		}
		o.Fields = append(o.Fields, f)
	}
	return o
}

// trendValue is an old or a new value: an object, unless the configuration has it otherwise.
func (r *Records) trendValue(value string) string {
	if r.TrendScalars {
		return value
	}
	return `{"value":` + value + `}`
}

// Object is the opportunity as the API shows it.
func (o Opportunity) Object() map[string]any {
	fields := []object{}
	for _, f := range o.Fields {
		history := []object{}
		for _, c := range f.Changes {
			history = append(history, object{"oldValue": json.RawMessage(c.Old), "newValue": json.RawMessage(c.New), "date": c.At.UnixMilli()})
		}
		fields = append(fields, object{
			"id": f.ID, "alias": f.Alias, "imageUrl": "https://clari.example/" + f.ID + ".png", "trend": f.Trend, "value": json.RawMessage(f.Value),
			"originalValue": json.RawMessage(f.Original), "trendHistory": history,
		})
	}
	return object{"id": o.ID, "crmScore": object{"score": o.Score, "message": o.Text}, "fields": fields}
}
