package clari

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

const (
	auditPath = "/audit/events"
	// maxIdlePages is how many pages without an event are followed: links that lead on for ever must not keep a sync.
	maxIdlePages = 100
)

// AuditQuery says which audit events to list.
type AuditQuery struct {
	From, To time.Time // zero From: as far back as Clari goes, about 30 days; zero To: until now
	PageSize int       // events in one answer, at most 1000; 0: Clari's default
}

// AuditPage is one answer: some of the events, and the actors that they name.
type AuditPage struct {
	Events []AuditEvent
	Actors []AuditActor
	Extra  json.RawMessage // a JSON object of unknown keys, nil if there are none
}

// AuditEvent has no id. Any part of it may be empty, as in Job.
type AuditEvent struct {
	At                                       time.Time // UTC
	ActorID, ActorType, ImpersonatingActorID string
	SessionID, SessionType, IPAddress        string
	Event, CorrelationID                     string
	Parameters                               json.RawMessage
	Extra                                    json.RawMessage
}

// AuditActor is somebody, or something, that caused events.
type AuditActor struct {
	ID, Type, Name, Email string
	Extra                 json.RawMessage
}

// AuditEvents lists audit events, a page at a time, in Clari's order. The first error ends it. A link to a next page is followed only within
// the base URL; one that repeats is an error.
func (c *Client) AuditEvents(ctx context.Context, q AuditQuery) iter.Seq2[AuditPage, error] {
	return func(yield func(AuditPage, error) bool) {
		r := wire.Request{Method: http.MethodGet, Path: auditPath + q.encode()}
		asked := map[string]bool{}
		idle := 0 // pages without an event, one after another
		for n := 1; ; n++ {
			r.Op = fmt.Sprintf("get audit events, page %d", n)
			asked[r.Path] = true
			var page AuditPage
			var link string
			err := c.Call(ctx, r, maxPage, func(body []byte) (err error) {
				var odd int
				page, link, odd, err = decodeAuditPage(body)
				c.tellOdd("get audit events", odd)
				return err
			})
			if idle++; len(page.Events) > 0 {
				idle = 0
			}
			if err == nil && link != "" && idle == maxIdlePages {
				err = fmt.Errorf("%s: nextLink leads on, and the last %d pages have no event", r.Op, idle)
			}
			if err == nil && link != "" {
				if r.Path, err = c.Resolve(r.Path, link); err == nil && asked[r.Path] {
					err = errors.New("nextLink repeats: it names a page that was read before")
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", r.Op, err)
				}
			}
			if err != nil {
				// The events of a page whose link is no good are as good as those of any other.
				if len(page.Events)+len(page.Actors) == 0 || yield(page, nil) {
					yield(AuditPage{}, err)
				}
				return
			}
			if !yield(page, nil) || link == "" {
				return
			}
		}
	}
}

func (q AuditQuery) encode() string {
	v := url.Values{}
	if q.PageSize > 0 {
		v.Set("limit", strconv.Itoa(q.PageSize))
	}
	for key, at := range map[string]time.Time{"dateFrom": q.From, "dateTo": q.To} {
		if !at.IsZero() {
			v.Set(key, at.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// decodeAuditPage reads {"items": [...], "actors": [...], "nextLink"?}, and counts the items that are no objects. Some descriptions of the API call the items activities.
func decodeAuditPage(data []byte) (page AuditPage, nextLink string, odd int, err error) {
	o, err := parseObject(data)
	if err != nil {
		return AuditPage{}, "", 0, fmt.Errorf("not an object with items: %w", err)
	}
	key := "items"
	if _, ok := o[key]; !ok {
		key = "activities"
	}
	if _, ok := o[key]; !ok && !o.only("actors", "nextLink") { // Clari leaves out lists that are empty
		return AuditPage{}, "", 0, fmt.Errorf("neither items nor activities in it; its keys: %s", o.keys())
	}
	if page.Events, odd, err = decodeEach(o, key, decodeAuditEvent); err != nil {
		return AuditPage{}, "", 0, err
	}
	var oddActors int
	if page.Actors, oddActors, err = decodeEach(o, "actors", decodeAuditActor); err != nil {
		return AuditPage{}, "", 0, err
	}
	nextLink = strings.TrimSpace(take(o, "nextLink", text))
	if _, left := o["nextLink"]; left {
		return AuditPage{}, "", 0, errors.New("nextLink is not text")
	}
	page.Extra = o.rest()
	return page, nextLink, odd + oddActors, nil
}

// only says whether there are keys, and none but these.
func (o object) only(keys ...string) bool {
	for key := range o {
		if !slices.Contains(keys, key) {
			return false
		}
	}
	return len(o) > 0
}

// keys names the keys of an object whose shape is not known. They are names that the API's authors chose, not values.
func (o object) keys() string {
	const most = 20
	keys := slices.Sorted(maps.Keys(o))
	if len(keys) > most {
		keys = append(keys[:most], "...")
	}
	return fmt.Sprintf("%q", keys)
}

// decodeEach removes a list of objects. An item that is none is left out and counted. No list at all is an empty one.
func decodeEach[T any](o object, key string, decode func(object) T) (list []T, odd int, err error) {
	raw, ok := o[key]
	if !ok {
		return nil, 0, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, 0, fmt.Errorf("%s is not a list", key)
	}
	for _, raw := range items {
		item, err := parseObject(raw)
		if err != nil {
			odd++
			continue
		}
		list = append(list, decode(item))
	}
	delete(o, key)
	return list, odd, nil
}

func decodeAuditEvent(o object) AuditEvent {
	e := AuditEvent{
		At:      take(o, "eventTimestamp", moment),
		ActorID: take(o, "actorId", text), ActorType: take(o, "actorType", text),
		ImpersonatingActorID: take(o, "impersonatingActorId", text),
		SessionID:            take(o, "sessionId", text), SessionType: take(o, "sessionType", text), IPAddress: take(o, "ipAddress", text),
		Event: take(o, "event", text), CorrelationID: take(o, "correlationID", text),
		Parameters: take(o, "eventParameters", compact),
	}
	e.Extra = o.rest()
	return e
}

func decodeAuditActor(o object) AuditActor {
	a := AuditActor{ID: take(o, "actorId", text), Type: take(o, "actorType", text), Name: take(o, "name", text), Email: take(o, "email", text)}
	a.Extra = o.rest()
	return a
}
