package server

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// An Effect is what a Fault does. It answers in place of the API, alters the API's answer on its way out, or alters the job
// that a creation makes.
type Effect struct {
	Name      string
	answer    func(*Exchange)
	processed bool // the API does what was asked before the answer is replaced
	refused   bool // the request never arrives
	through   func(*Exchange) http.ResponseWriter
	job       func(*ledger.Job)
	page      func(*Exchange, object)
}

// AfterProcessing lets the API do what was asked and keeps only its answer back: a creation makes a job.
func (e Effect) AfterProcessing() Effect {
	e.Name += "-after-processing"
	e.processed = true
	return e
}

// RetryAfter adds a Retry-After header in seconds, rounded up.
func (e Effect) RetryAfter(d time.Duration) Effect {
	seconds := strconv.Itoa(int((d + time.Second - 1) / time.Second))
	return e.with("-retry-after", func(x *Exchange) { x.Writer.Header().Set("Retry-After", seconds) })
}

// RetryAfterDate adds a Retry-After header as an HTTP date on Clari's clock, rounded up to a second.
func (e Effect) RetryAfterDate(d time.Duration) Effect {
	return e.with("-retry-after-date", func(x *Exchange) {
		until := x.server.Now().Add(d + time.Second - 1).UTC()
		x.Writer.Header().Set("Retry-After", until.Format(http.TimeFormat))
	})
}

func (e Effect) with(name string, before func(*Exchange)) Effect {
	answer := e.answer
	e.Name += name
	e.answer = func(x *Exchange) {
		before(x)
		answer(x)
	}
	return e
}

// Answer replaces the answer by an HTTP status, with the body that the gateway or the API gives for it.
func Answer(status int) Effect {
	var body any
	switch status {
	case http.StatusBadRequest, http.StatusForbidden:
		body = apiError("SWW", "exports", "Something went wrong")
	case http.StatusUnauthorized:
		body = object{"message": "Invalid authentication credentials"}
	case http.StatusTooManyRequests:
		body = object{"error": "API rate limit exceeded"}
	case http.StatusInternalServerError:
		body = apiError("internal_server_error", "exports", "An unexpected error occurred.")
	default:
		body = object{"message": http.StatusText(status), "request_id": "sim"}
	}
	return AnswerJSON(status, body).named(fmt.Sprintf("answer-%d", status))
}

// AnswerJSON replaces the answer by a status and a JSON body.
func AnswerJSON(status int, body any) Effect {
	return Effect{Name: "answer-json", answer: func(x *Exchange) { x.json(status, body) }}
}

// AnswerBody replaces the answer by a status and a body of any kind.
func AnswerBody(status int, contentType, body string) Effect {
	return Effect{Name: "answer-body", answer: func(x *Exchange) { x.send(status, contentType, body) }}
}

func (e Effect) named(name string) Effect {
	e.Name = name
	return e
}

// Throttled is 429 without a Retry-After; RetryAfter and RetryAfterDate add one.
func Throttled() Effect { return Answer(http.StatusTooManyRequests).named("throttled") }

// QuotaReached is what a creation hears for a full queue and for a spent quota alike.
func QuotaReached() Effect {
	return Effect{Name: "quota-reached", answer: func(x *Exchange) {
		x.refuse(http.StatusBadRequest, "export_monthly_quota_reached", "exports", x.server.quotaReached())
	}}
}

// NoOptIn is 401 for a user who does not take part in forecasting: no fault of the key.
func NoOptIn() Effect {
	return Effect{Name: "no-optin", answer: func(x *Exchange) {
		x.refuse(http.StatusUnauthorized, "no_optin", "fcw", noOptIn(x))
	}}
}

// NoSuchForecast is 400 for a forecast tab that does not exist.
func NoSuchForecast() Effect {
	return Effect{Name: "no-such-forecast", answer: func(x *Exchange) {
		x.refuse(http.StatusBadRequest, "no_such_forecast_config", "fcw",
			"Forecast "+x.Forecast+" does not exist in the ForecastTemplate.")
	}}
}

// TypeNotSupported is 400 for the types crm_total and crm_closed.
func TypeNotSupported() Effect {
	return AnswerJSON(http.StatusBadRequest, apiError("type_not_supported", "fcw", typeNotSupported)).named("type-not-supported")
}

// NotFinished is 400 for results asked for too early, whatever the status said.
func NotFinished() Effect {
	return AnswerJSON(http.StatusBadRequest, apiError("invalid_jobId", "exports", notFinished)).named("not-finished")
}

// ResultsGone is 400 for results that have expired.
func ResultsGone() Effect {
	return AnswerJSON(http.StatusBadRequest, apiError("invalid_jobId", "exports", "There is no data for this job.")).named("results-gone")
}

// IncompleteLimits leaves out of the limits all that is available.
func IncompleteLimits() Effect {
	return AnswerJSON(http.StatusOK, object{"jobs": object{"concurrentLimit": 3}}).named("incomplete-limits")
}

// HTML is a page, as a proxy in between sends, with any status.
func HTML(status int) Effect {
	page := "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body>Please wait...</body></html>\n"
	return AnswerBody(status, "text/html; charset=utf-8", page).named(fmt.Sprintf("html-%d", status))
}

// Malformed is a body that calls itself JSON and is not.
func Malformed() Effect {
	return AnswerBody(http.StatusOK, "application/json", `{"entries":[{"userId":"1",,}],"job":{"status":DONE}`).named("malformed-json")
}

// EchoKey is an error that repeats the API key.
func EchoKey(status int) Effect {
	return Effect{Name: fmt.Sprintf("echo-key-%d", status), answer: func(x *Exchange) {
		x.json(status, object{"message": "No consumer for apikey " + x.Request.Header.Get("apikey")})
	}}
}

// Hang never answers: the request is over when the client gives up, or the server is closed.
func Hang() Effect {
	return Effect{Name: "hang", answer: func(x *Exchange) {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	}}
}

// Reset cuts the connection before anything is answered. Over a socket the client sees a reset, over a pipe its end.
func Reset() Effect {
	return Effect{Name: "reset", answer: func(x *Exchange) {
		if tcp, ok := connOf(x.Request).(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		panic(http.ErrAbortHandler)
	}}
}

// Refused is a connection that is never made. A server on a socket can only reset one that was made: use Transport where the
// difference matters.
func Refused() Effect {
	e := Reset().named("refused")
	e.refused = true
	return e
}
