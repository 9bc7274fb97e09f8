package clari

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

// MaxOpportunities is how many opportunities one request may ask for.
const MaxOpportunities = 100

// Opportunity is what Clari knows of one. ID is always there; the rest as in Job. A field without an id, or with that of another, is in
// Extra.
type Opportunity struct {
	ID           string
	Score        *float64
	ScoreMessage string
	Fields       []OpportunityField
	Extra        json.RawMessage
}

// OpportunityField is one field of an opportunity. Values are JSON of any kind, nil for null. A change without a time is in Extra.
type OpportunityField struct {
	ID, Alias, ImageURL, Trend string
	Value, OriginalValue       json.RawMessage
	TrendHistory               []FieldChange
	Extra                      json.RawMessage
}

// FieldChange is one change of a field.
type FieldChange struct {
	At       time.Time // UTC
	Old, New json.RawMessage
	Extra    json.RawMessage
}

// Opportunities looks up opportunities by their CRM ids, at most MaxOpportunities. It costs no quota. Those that Clari does not know are
// missing from the answer.
func (c *Client) Opportunities(ctx context.Context, ids []string) (found []Opportunity, err error) {
	r := wire.Request{Op: fmt.Sprintf("get %d opportunities", len(ids)), Method: http.MethodGet}
	if len(ids) == 1 {
		r.Op = fmt.Sprintf("get opportunity %q", ids[0])
	}
	if len(ids) == 0 || len(ids) > MaxOpportunities {
		return nil, fmt.Errorf("%s: not 1 to %d", r.Op, MaxOpportunities)
	}
	r.Path = "/opportunity?" + url.Values{"oppId": ids}.Encode()
	err = c.Call(ctx, r, maxPage, func(body []byte) error {
		var odd int
		found, odd, err = decodeOpportunities(body)
		c.tellOdd("get opportunities", odd)
		return err
	})
	return found, err
}

// decodeOpportunities reads a list, bare (Clari's API reference), as {"opportunities": [...]} (a production pipeline) or as
// {"items": [...]}, and counts what is no opportunity or has no id.
func decodeOpportunities(data []byte) (found []Opportunity, odd int, err error) {
	o := object{"items": data}
	key := "items"
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) {
		if o, err = parseObject(data); err != nil {
			return nil, 0, fmt.Errorf("not a list of opportunities: %w", err)
		}
		if _, ok := o["opportunities"]; ok {
			key = "opportunities"
		} else if _, ok := o[key]; !ok {
			return nil, 0, fmt.Errorf("neither a list nor an object with opportunities; its keys: %s", o.keys())
		}
	}
	list, odd, err := decodeEach(o, key, decodeOpportunity)
	if err != nil {
		return nil, 0, err
	}
	found = slices.DeleteFunc(list, func(o Opportunity) bool { return o.ID == "" })
	return found, odd + len(list) - len(found), nil
}

func decodeOpportunity(o object) Opportunity {
	p := Opportunity{ID: take(o, "id", text)}
	if score, err := parseObject(o["crmScore"]); err == nil {
		p.Score, p.ScoreMessage = take(score, "score", amount), take(score, "message", text)
		delete(o, "crmScore")
		if rest := score.rest(); rest != nil {
			o["crmScore"] = rest
		}
	} else {
		p.Score = take(o, "crmScore", amount)
	}
	seen := map[string]bool{}
	p.Fields = takeList(o, "fields", func(o object) (OpportunityField, bool) {
		f := OpportunityField{ID: take(o, "id", text)}
		if f.ID == "" || seen[f.ID] {
			return f, false
		}
		seen[f.ID] = true
		f.Alias, f.ImageURL, f.Trend = take(o, "alias", text), take(o, "imageUrl", text), take(o, "trend", text)
		f.Value, f.OriginalValue = take(o, "value", compact), take(o, "originalValue", compact)
		f.TrendHistory = takeList(o, "trendHistory", decodeChange)
		f.Extra = o.rest()
		return f, true
	})
	p.Extra = o.rest()
	return p
}

func decodeChange(o object) (FieldChange, bool) {
	c := FieldChange{At: take(o, "date", moment), Old: take(o, "oldValue", compact), New: take(o, "newValue", compact)}
	c.Extra = o.rest()
	return c, !c.At.IsZero()
}
