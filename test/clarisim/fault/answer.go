package fault

import (
	"fmt"
	"net"
	"net/http"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
)

// Answer replaces the answer by an HTTP status, with the body that the gateway or the API gives for it.
func Answer(status int) server.Effect {
	answer := func(x *server.Exchange) {
		x.JSON(status, map[string]any{"message": http.StatusText(status), "request_id": "sim"})
	}
	switch status {
	case http.StatusBadRequest, http.StatusForbidden:
		answer = func(x *server.Exchange) { x.Refuse(status, "SWW", "exports", "Something went wrong") }
	case http.StatusUnauthorized:
		answer = (*server.Exchange).RefuseKey
	case http.StatusTooManyRequests:
		answer = (*server.Exchange).RefuseRate
	case http.StatusInternalServerError:
		answer = func(x *server.Exchange) {
			x.Refuse(status, "internal_server_error", "exports", "An unexpected error occurred.")
		}
	}
	return server.Effect{Name: fmt.Sprintf("answer-%d", status), Answer: answer}
}

// AnswerJSON replaces the answer by a status and a JSON body.
func AnswerJSON(status int, body any) server.Effect {
	return server.Effect{Name: "answer-json", Answer: func(x *server.Exchange) { x.JSON(status, body) }}
}

// AnswerBody replaces the answer by a status and a body of any kind.
func AnswerBody(status int, contentType, body string) server.Effect {
	return server.Effect{Name: "answer-body", Answer: func(x *server.Exchange) { x.Send(status, contentType, body) }}
}

func named(name string, e server.Effect) server.Effect {
	e.Name = name
	return e
}

// Throttled is 429 without a Retry-After; RetryAfter and RetryAfterDate add one.
func Throttled() server.Effect { return named("throttled", Answer(http.StatusTooManyRequests)) }

// QuotaReached is what a creation hears for a full queue and for a spent quota alike.
func QuotaReached() server.Effect {
	return server.Effect{Name: "quota-reached", Answer: (*server.Exchange).RefuseQuota}
}

// NoOptIn is 401 for a user who does not take part in forecasting: no fault of the key.
func NoOptIn() server.Effect {
	return server.Effect{Name: "no-optin", Answer: (*server.Exchange).RefuseUser}
}

// NoSuchForecast is 400 for a forecast tab that does not exist.
func NoSuchForecast() server.Effect {
	return server.Effect{Name: "no-such-forecast", Answer: (*server.Exchange).RefuseForecast}
}

// TypeNotSupported is 400 for the types crm_total and crm_closed.
func TypeNotSupported() server.Effect {
	return server.Effect{Name: "type-not-supported", Answer: (*server.Exchange).RefuseTypes}
}

// NotFinished is 400 for results asked for too early, whatever the status said.
func NotFinished() server.Effect {
	return server.Effect{Name: "not-finished", Answer: (*server.Exchange).RefuseEarly}
}

// ResultsGone is 400 for results that have expired.
func ResultsGone() server.Effect {
	return server.Effect{Name: "results-gone", Answer: func(x *server.Exchange) {
		x.Refuse(http.StatusBadRequest, "invalid_jobId", "exports", "There is no data for this job.")
	}}
}

// IncompleteLimits leaves out of the limits all that is available.
func IncompleteLimits() server.Effect {
	return named("incomplete-limits", AnswerJSON(http.StatusOK, map[string]any{"jobs": map[string]any{"concurrentLimit": 3}}))
}

// HTML is a page, as a proxy in between sends, with any status.
func HTML(status int) server.Effect {
	page := "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body>Please wait...</body></html>\n"
	return named(fmt.Sprintf("html-%d", status), AnswerBody(status, "text/html; charset=utf-8", page))
}

// Malformed is a body that calls itself JSON and is not.
func Malformed() server.Effect {
	return named("malformed-json", AnswerBody(http.StatusOK, "application/json", `{"entries":[{"userId":"1",,}],"job":{"status":DONE}`))
}

// EchoKey is an error that repeats the API key.
func EchoKey(status int) server.Effect {
	return server.Effect{Name: fmt.Sprintf("echo-key-%d", status), Answer: func(x *server.Exchange) {
		x.JSON(status, map[string]any{"message": "No consumer for apikey " + x.Request.Header.Get("apikey")})
	}}
}

// NoAuditRights is 403 as the audit endpoint writes it.
func NoAuditRights() server.Effect {
	return server.Effect{Name: "no-audit-rights", Answer: (*server.Exchange).RefuseAudit}
}

// Hang never answers: the request is over when the client gives up, or the server is closed.
func Hang() server.Effect {
	return server.Effect{Name: "hang", Answer: func(x *server.Exchange) {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	}}
}

// Reset cuts the connection before anything is answered. Over a socket the client sees a reset, over a pipe its end.
func Reset() server.Effect {
	return server.Effect{Name: "reset", Answer: func(x *server.Exchange) {
		if tcp, ok := x.Conn().(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		panic(http.ErrAbortHandler)
	}}
}

// Refused is a connection that is never made. A server on a socket can only reset one that was made: use Transport where the
// difference matters.
func Refused() server.Effect {
	e := named("refused", Reset())
	e.Refused = true
	return e
}
