package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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
func (s *Server) OpportunityID(n int) string {
	return fmt.Sprintf("006%012dAAA", n%s.cfg.Around.Opportunities)
}

// Opportunity is what a look-up tells of an id, unless the configuration says that it is missing.
func (s *Server) Opportunity(id string) Opportunity { return s.opportunity(id) }

func (s *Server) opportunity(id string) Opportunity {
	h := s.tenant.Seed
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
				Old: s.trendValue(values[c%len(values)]), New: s.trendValue(values[(c+1)%len(values)]),
			})
		}
		o.Fields = append(o.Fields, f)
	}
	return o
}

// trendValue is an old or a new value: an object, unless the configuration has it otherwise.
func (s *Server) trendValue(value string) string {
	if s.cfg.Around.TrendScalars {
		return value
	}
	return `{"value":` + value + `}`
}

func (o Opportunity) object() object {
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

// opportunities answers a look-up.
func (s *Server) opportunities(x *Exchange) {
	ids := x.Request.URL.Query()["oppId"]
	around := s.cfg.Around
	bad := slices.IndexFunc(ids, func(id string) bool { return around.BadOpportunity != nil && around.BadOpportunity(id) })
	refuse := func(text string) {
		x.json(http.StatusBadRequest, []object{{"statusCode": 400, "reaspnPhrase": "Bad Request", "description": text, "details": "oppId"}})
	}
	switch {
	case len(ids) == 0:
		refuse("oppId is required.")
		return
	case len(ids) > 100:
		refuse("At most 100 oppIds may be given.")
		return
	case bad >= 0:
		refuse(fmt.Sprintf("oppId %s is not valid.", ids[bad]))
		return
	}
	list := []object{}
	for _, id := range ids {
		if around.NoOpportunity == nil || !around.NoOpportunity(id) {
			list = append(list, s.opportunity(id).object())
		}
	}
	if around.OpportunityWrap == "" {
		x.json(http.StatusOK, list)
		return
	}
	x.json(http.StatusOK, object{around.OpportunityWrap: list})
}
