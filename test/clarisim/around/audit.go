package around

import (
	"encoding/json"
	"fmt"
	"iter"
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
func (r *Records) auditEvent(n int64) AuditEvent {
	if r.AuditEqual > 0 && n%int64(r.AuditEqual) == 0 {
		n--
	}
	h := tenant.Mix(r.tenant.Seed, uint64(n))
	at := time.Unix(0, n*int64(r.AuditEvery)).UTC()
	if r.AuditTimes == Seconds {
		at = at.Truncate(time.Second)
	}
	actor := int(h % uint64(r.AuditActors))
	e := AuditEvent{
		At: at.Truncate(time.Millisecond), ActorID: actorID(actor), ActorType: actorType(actor),
		SessionID: fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(h), h>>16&0xffffffffffff), SessionType: []string{"WEB", "IOS", "ANDROID"}[h>>8%3],
		IP: fmt.Sprintf("203.0.113.%d", h>>16%256), Event: auditEvents[h>>24%uint64(len(auditEvents))], CorrelationID: fmt.Sprintf("%016x", h),
		Parameters: fmt.Sprintf(`{"path":"/v4/export/jobs","n":%d,"of":["a",null]}`, h%9), late: n%7 == 3,
	}
	if h>>32%10 == 0 {
		e.ImpersonatingActorID = actorID(int(h>>40) % r.AuditActors)
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
func (r *Records) listed(e AuditEvent, now time.Time) bool {
	there := e.At
	if e.late {
		there = there.Add(r.AuditLate)
	}
	return !there.After(now) && now.Sub(e.At) <= AuditKept
}

// AuditEvents yields the events from one time to another, both included, that can be listed at now; the oldest first.
func (r *Records) AuditEvents(from, to, now time.Time) iter.Seq[AuditEvent] {
	return func(yield func(AuditEvent) bool) {
		first, last := r.auditRange(from, to)
		for n := first; n <= last; n++ {
			if e := r.auditEvent(n); !e.At.Before(from) && !e.At.After(to) && r.listed(e, now) && !yield(e) {
				return
			}
		}
	}
}

// auditRange is the numbers of the events between two times, and a few more.
func (r *Records) auditRange(from, to time.Time) (first, last int64) {
	every := int64(r.AuditEvery)
	margin := int64(2*time.Second)/every + 2
	return from.UnixNano()/every - margin, to.UnixNano()/every + margin
}

// Actor is the name and e-mail address of an actor.
func (r *Records) Actor(id string) (name, email string) {
	n, _ := strconv.Atoi(id)
	return r.tenant.Name(n - 7000), fmt.Sprintf("actor%s@clari.example", id)
}

// An AuditQuery asks for a page of events.
type AuditQuery struct {
	From, To, Now time.Time // of events between two times, both included, those that can be listed now
	Limit         int
	Token         string // where the page begins, as the page before it told; "" is the first one
}

// AuditPage is a page of events as the API lists them, without its link, and the token of the next; "" if it is the last.
func (r *Records) AuditPage(q AuditQuery) (page map[string]any, next string, err error) {
	first, last := r.auditRange(q.From, q.To)
	step := int64(1)
	if !r.AuditOldest {
		first, last, step = last, first, -1
	}
	if q.Token != "" {
		if first, err = strconv.ParseInt(q.Token, 36, 64); err != nil {
			return nil, "", err
		}
	}
	items, actors, named := []object{}, []object{}, map[string]bool{}
	for n := first; n*step <= last*step; n += step {
		e := r.auditEvent(n)
		if e.At.Before(q.From) || e.At.After(q.To) || !r.listed(e, q.Now) {
			continue
		}
		if len(items) == q.Limit {
			next = strconv.FormatInt(n, 36)
			break
		}
		items = append(items, r.auditItem(e))
		for _, id := range []string{e.ActorID, e.ImpersonatingActorID} {
			if id != "" && !named[id] {
				named[id] = true
				name, email := r.Actor(id)
				i, _ := strconv.Atoi(id)
				actors = append(actors, object{"actorId": id, "actorType": actorType(i - 7000), "name": name, "email": email})
			}
		}
	}
	return object{r.AuditKey: items, "actors": actors}, next, nil
}

func (r *Records) auditItem(e AuditEvent) object {
	o := object{
		"eventTimestamp": writeTime(e.At, r.AuditTimes), "actorId": e.ActorID, "actorType": e.ActorType, "sessionId": e.SessionID,
		"sessionType": e.SessionType, "ipAddress": e.IP, "event": e.Event, "correlationID": e.CorrelationID,
		"eventParameters": json.RawMessage(e.Parameters),
	}
	if e.ImpersonatingActorID != "" {
		o["impersonatingActorId"] = e.ImpersonatingActorID
		if r.AuditActorNumbers {
			o["impersonatingActorId"] = json.RawMessage(e.ImpersonatingActorID)
		}
	}
	return o
}
