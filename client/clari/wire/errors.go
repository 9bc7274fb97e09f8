package wire

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What an *Error can be, for errors.Is. Codes are those of Clari's API reference.
var (
	ErrUnauthorized     = errors.New("the API key is not accepted")                   // 401 without a code
	ErrNoOptIn          = errors.New("nobody in scope is opted in")                   // no_optin, a 401 in spite of a good key
	ErrForbidden        = errors.New("not allowed")                                   // 403, such as a job of another user's key
	ErrUnknownForecast  = errors.New("no such forecast tab")                          // no_such_forecast_config, or 404 on a creation
	ErrTypeNotSupported = errors.New("type of value not supported by exports")        // type_not_supported
	ErrBadRequest       = errors.New("malformed request")                             // any other 4xx
	ErrQuotaOrQueue     = errors.New("monthly export quota used up or queue full")    // export_monthly_quota_reached is both
	ErrInvalidJob       = errors.New("job unknown, expired or not finished")          // invalid_jobId
	ErrNotCancellable   = errors.New("job can no longer be cancelled")                // export_failed_to_cancel
	ErrNotFound         = errors.New("not found")                                     // 404 of the API, not of a gateway
	ErrServer           = errors.New("clari could not process the request just then") // 5xx, or 400 with "Something went wrong"
)

const (
	codeNoOptIn         = "no_optin"
	codeUnknownForecast = "no_such_forecast_config"
	codeNotSupported    = "type_not_supported"
	codeQuota           = "export_monthly_quota_reached"
	codeInvalidJob      = "invalid_jobId"
	codeNotCancellable  = "export_failed_to_cancel"
	codeWentWrong       = "SWW"
)

// NotCancellable is the answer 200 of a cancellation that says it did not cancel.
func (c *Client) NotCancellable(op, status string) *Error {
	return &Error{Op: op, Status: http.StatusOK, Code: codeNotCancellable, Message: c.redact.line("it is "+status, maxMessage)}
}

var byCode = map[string]error{
	codeNoOptIn: ErrNoOptIn, codeUnknownForecast: ErrUnknownForecast, codeNotSupported: ErrTypeNotSupported,
	codeQuota: ErrQuotaOrQueue, codeInvalidJob: ErrInvalidJob, codeNotCancellable: ErrNotCancellable,
}

// Error is an answer other than success. Its texts come from the server, cleaned: one line each, clipped, without the API key.
type Error struct {
	Op        string // what was asked, such as: get job. Callers know which one
	Status    int    // HTTP
	Code      string // Clari's, empty if it sent none
	Namespace string
	Message   string
	ErrorID   string // ErrorID and RequestID are for Clari's support
	RequestID string
	form      form
	absent    error // what a 404 without a code means here besides ErrNotFound
	noRoute   bool  // a gateway's answer: nobody was asked whether the thing exists
}

func (e *Error) Error() string { return e.Op + ": " + e.detail() }

// Cause is what errors of one cause have in common, whatever Clari's words: the request, the status and the code.
func (e *Error) Cause() string { return fmt.Sprintf("%s %d %s", e.Op, e.Status, e.Code) }

func (e *Error) detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d", e.Status)
	if e.Status/100 == 4 && e.form == untrusted {
		b.WriteString(" (not in a form of Clari's)")
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if text := e.Message; text != "" {
		b.WriteString(": " + text)
	} else if text := http.StatusText(e.Status); text != "" {
		b.WriteString(": " + strings.ToLower(text))
	}
	if e.ErrorID != "" {
		b.WriteString(" (errorId " + e.ErrorID + ")")
	}
	if e.RequestID != "" {
		b.WriteString(" (request_id " + e.RequestID + ")")
	}
	return b.String()
}

// IsRefusal reports whether err is Clari's own refusal of what was asked for: a 401, 403, 404, 410 or other 400 in one of Clari's forms, with
// a code or an errorId. Only that may count against a job that was paid for, or against its result. What a gateway says is none, but for
// its 401; nor is a balancer's page, whatever its status, nor Clari's "Something went wrong".
func IsRefusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status/100 != 4 || errors.Is(e, ErrServer) {
		return false
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	case http.StatusUnauthorized:
		return e.form != untrusted
	}
	return e.form == signed
}

// IsPage reports whether err is a 4xx in no form of Clari's, such as a balancer's page. It says nothing of what was asked for.
func IsPage(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.isPage()
}

func (e *Error) isPage() bool {
	return e.form == untrusted && e.Status/100 == 4 && e.Status != http.StatusTooManyRequests
}

// Is matches the sentinels above. An untrusted answer is ErrServer, whatever its status. A 404 without a code is ErrNotFound, and what Request.Absent says.
func (e *Error) Is(target error) bool {
	if e.isPage() {
		return target == ErrServer
	}
	meaning, known := byCode[e.Code]
	if known && target == meaning {
		return true
	}
	if e.absent != nil && target == e.absent {
		return e.Status == http.StatusNotFound && !known && !e.noRoute
	}
	switch target {
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound && !e.noRoute
	case ErrServer:
		return e.Status >= 500 || e.Status == http.StatusBadRequest && e.Code == codeWentWrong
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized && !known
	case ErrBadRequest:
		switch e.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
			return false
		}
		return e.Status/100 == 4 && !known && e.Code != codeWentWrong
	}
	return false
}

// UnknownOutcomeError is a create that may or may not have been processed. Both times are on the local clock.
type UnknownOutcomeError struct {
	RequestedAt time.Time // just before the request was sent
	EndedAt     time.Time // when we knew no more
	Err         error
}

func (e *UnknownOutcomeError) Error() string {
	return e.Err.Error() + " (the job may or may not have been created)"
}
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// ThrottledError is a request that Clari held back, or would hold back, for longer than Config.MaxWait. It was not processed.
type ThrottledError struct {
	Until time.Time // local clock: no request is worth trying before
	Err   error     // the answer that said so
	limit time.Duration
}

func (e *ThrottledError) Error() string {
	cause := e.Err.Error()
	if answer, ok := errors.AsType[*Error](e.Err); ok {
		cause = answer.detail()
	}
	return fmt.Sprintf("held back until %s, longer than the %s it may wait: %s", e.Until.UTC().Format(time.RFC3339), e.limit, cause)
}
func (e *ThrottledError) Unwrap() error { return e.Err }
