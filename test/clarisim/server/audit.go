package server

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
)

// auditEvents answers with a page of them.
func (s *Server) auditEvents(x *Exchange) {
	refuse := func(text string) {
		x.JSON(http.StatusBadRequest, object{"errors": []object{{"status": "400", "code": "bad_request", "message": text}}})
	}
	if s.around.AuditForbidden {
		x.RefuseAudit()
		return
	}
	params := x.Request.URL.Query()
	q := around.AuditQuery{From: x.At.Add(-around.AuditKept), To: x.At, Now: x.At, Limit: 100, Token: params.Get("token")}
	var err error
	if text := params.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > 1000 {
			refuse("limit must be from 1 to 1000.")
			return
		}
	}
	for key, at := range map[string]*time.Time{"dateFrom": &q.From, "dateTo": &q.To} {
		if text := params.Get(key); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				refuse(key + " is not a date-time.")
				return
			}
		}
	}
	page, next, err := s.around.AuditPage(q)
	if err != nil {
		refuse("token is not valid.")
		return
	}
	if next != "" {
		// The times as they were understood, so that the next page is of the same events.
		params.Set("dateFrom", q.From.UTC().Format(time.RFC3339Nano))
		params.Set("dateTo", q.To.UTC().Format(time.RFC3339Nano))
		params.Set("token", next)
		page["nextLink"] = s.link(x, params)
	}
	for _, alter := range x.pages {
		alter(x, page)
	}
	x.JSON(http.StatusOK, page)
}

// link is the address of a page, written as the configuration has it.
func (s *Server) link(x *Exchange, query url.Values) string {
	switch at := x.Request.URL.Path + "?" + query.Encode(); s.around.AuditLinks {
	case around.FromRoot:
		return at
	case around.QueryOnly:
		return "?" + query.Encode()
	default:
		return "http://" + x.Request.Host + at
	}
}
