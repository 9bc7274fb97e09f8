package sim

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// An AuditEvent is something that happened, as the table of audit events must hold it.
type AuditEvent struct {
	At                               time.Time
	ActorID, ActorType               string
	SessionID, SessionType, IP       string
	Event, CorrelationID, Parameters string // Parameters is JSON
	ImpersonatingActorID             string // "": nobody
	late                             bool
}

var auditEvents = []string{"api.accessed", "export.created", "forecast.viewed", "user.login", "opportunity.edited"}

// auditEvent is the nth event since 1970. Where equal ones are wanted, some are the one before, at its instant.
func (s *Server) auditEvent(n int64) AuditEvent {
	around, seed := &s.cfg.Around, s.tenant.Seed
	if around.AuditEqual > 0 && n%int64(around.AuditEqual) == 0 {
		n--
	}
	h := tenant.Mix(seed, uint64(n))
	at := time.Unix(0, n*int64(around.AuditEvery)).UTC()
	if around.AuditTimes == Seconds {
		at = at.Truncate(time.Second)
	}
	actor := int(h % uint64(around.AuditActors))
	e := AuditEvent{
		At: at.Truncate(time.Millisecond), ActorID: actorID(actor), ActorType: actorType(actor),
		SessionID: fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(h), h>>16&0xffffffffffff), SessionType: []string{"WEB", "IOS", "ANDROID"}[h>>8%3],
		IP: fmt.Sprintf("203.0.113.%d", h>>16%256), Event: auditEvents[h>>24%uint64(len(auditEvents))], CorrelationID: fmt.Sprintf("%016x", h),
		Parameters: fmt.Sprintf(`{"path":"/v4/export/jobs","n":%d,"of":["a",null]}`, h%9), late: n%7 == 3,
	}
	if h>>32%10 == 0 {
		e.ImpersonatingActorID = actorID(int(h>>40) % around.AuditActors)
	}
	return e
}

func actorID(i int) string { return strconv.Itoa(7000 + i) }

func actorType(i int) string {
	if i == 0 {
		return "SYSTEM"
	}
	return "USER"
}

// listed says whether an event can be listed at a time: not before it is there, nor after Clari has forgotten it.
func (s *Server) listed(e AuditEvent, now time.Time) bool {
	there := e.At
	if e.late {
		there = there.Add(s.cfg.Around.AuditLate)
	}
	return !there.After(now) && now.Sub(e.At) <= month
}

// AuditEvents yields the events from one time to another, both included, that can be listed at now; the oldest first.
func (s *Server) AuditEvents(from, to, now time.Time) iter.Seq[AuditEvent] {
	return func(yield func(AuditEvent) bool) {
		first, last := s.auditRange(from, to)
		for n := first; n <= last; n++ {
			if e := s.auditEvent(n); !e.At.Before(from) && !e.At.After(to) && s.listed(e, now) && !yield(e) {
				return
			}
		}
	}
}

// auditRange is the numbers of the events between two times, and a few more.
func (s *Server) auditRange(from, to time.Time) (first, last int64) {
	every := int64(s.cfg.Around.AuditEvery)
	margin := int64(2*time.Second)/every + 2
	return from.UnixNano()/every - margin, to.UnixNano()/every + margin
}

// Actor is the name and e-mail address of an actor.
func (s *Server) Actor(id string) (name, email string) {
	n, _ := strconv.Atoi(id)
	return s.tenant.Name(n - 7000), fmt.Sprintf("actor%s@clari.example", id)
}

func (s *Server) auditEvents(x *Exchange) {
	q := x.Request.URL.Query()
	refuse := func(text string) {
		x.json(http.StatusBadRequest, object{"errors": []object{{"status": "400", "code": "bad_request", "message": text}}})
	}
	if s.cfg.Around.AuditForbidden {
		x.json(http.StatusForbidden, noAuditRights)
		return
	}
	limit, from, to := 100, x.At.Add(-month), x.At
	var err error
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			refuse("limit must be from 1 to 1000.")
			return
		}
	}
	for key, at := range map[string]*time.Time{"dateFrom": &from, "dateTo": &to} {
		if text := q.Get(key); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				refuse(key + " is not a date-time.")
				return
			}
		}
	}
	first, last := s.auditRange(from, to)
	step := int64(1)
	if !s.cfg.Around.AuditOldest {
		first, last, step = last, first, -1
	}
	if text := q.Get("token"); text != "" {
		if first, err = strconv.ParseInt(text, 36, 64); err != nil {
			refuse("token is not valid.")
			return
		}
	}
	items, actors, named := []object{}, []object{}, map[string]bool{}
	next := ""
	for n := first; n*step <= last*step; n += step {
		e := s.auditEvent(n)
		if e.At.Before(from) || e.At.After(to) || !s.listed(e, x.At) {
			continue
		}
		if len(items) == limit {
			next = strconv.FormatInt(n, 36)
			break
		}
		items = append(items, s.auditItem(e))
		for _, id := range []string{e.ActorID, e.ImpersonatingActorID} {
			if id != "" && !named[id] {
				named[id] = true
				name, email := s.Actor(id)
				i, _ := strconv.Atoi(id)
				actors = append(actors, object{"actorId": id, "actorType": actorType(i - 7000), "name": name, "email": email})
			}
		}
	}
	page := object{s.cfg.Around.AuditKey: items, "actors": actors}
	if next != "" {
		// The times as they were understood, so that the next page is of the same events.
		q.Set("dateFrom", from.UTC().Format(time.RFC3339Nano))
		q.Set("dateTo", to.UTC().Format(time.RFC3339Nano))
		q.Set("token", next)
		page["nextLink"] = s.link(x, q)
	}
	for _, alter := range x.pages {
		alter(x, page)
	}
	x.json(http.StatusOK, page)
}

func (s *Server) auditItem(e AuditEvent) object {
	o := object{
		"eventTimestamp": writeTime(e.At, s.cfg.Around.AuditTimes), "actorId": e.ActorID, "actorType": e.ActorType, "sessionId": e.SessionID,
		"sessionType": e.SessionType, "ipAddress": e.IP, "event": e.Event, "correlationID": e.CorrelationID,
		"eventParameters": json.RawMessage(e.Parameters),
	}
	if e.ImpersonatingActorID != "" {
		o["impersonatingActorId"] = e.ImpersonatingActorID
		if s.cfg.Around.AuditActorNumbers {
			o["impersonatingActorId"] = json.RawMessage(e.ImpersonatingActorID)
		}
	}
	return o
}

// link is the address of a page, written as the configuration has it.
func (s *Server) link(x *Exchange, query url.Values) string {
	switch at := x.Request.URL.Path + "?" + query.Encode(); s.cfg.Around.AuditLinks {
	case FromRoot:
		return at
	case QueryOnly:
		return "?" + query.Encode()
	default:
		return "http://" + x.Request.Host + at
	}
}
