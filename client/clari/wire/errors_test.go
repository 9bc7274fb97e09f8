package wire

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"
)

var sentinels = map[error]string{
	ErrUnauthorized: "ErrUnauthorized", ErrNoOptIn: "ErrNoOptIn", ErrForbidden: "ErrForbidden", ErrUnknownForecast: "ErrUnknownForecast",
	ErrTypeNotSupported: "ErrTypeNotSupported", ErrBadRequest: "ErrBadRequest", ErrQuotaOrQueue: "ErrQuotaOrQueue",
	ErrInvalidJob: "ErrInvalidJob", ErrNotCancellable: "ErrNotCancellable", ErrNotFound: "ErrNotFound", ErrServer: "ErrServer",
}

// The bodies are those of Clari's API reference and of its gateway.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		is     []error
		text   string // after the op
	}{
		{
			"quota or queue", 400, `{"code":"export_monthly_quota_reached","namespace":"exports","errorId":"5f0c","message":"The monthly quota limit of 30 or concurrent limit of 1 has been reached.","orgId":101,"source":"Export"}`,
			[]error{ErrQuotaOrQueue},
			"HTTP 400 export_monthly_quota_reached: The monthly quota limit of 30 or concurrent limit of 1 has been reached. (errorId 5f0c)",
		},
		{"quota, as rate limit", 429, `{"code":"export_monthly_quota_reached","message":"reached"}`, []error{ErrQuotaOrQueue}, "HTTP 429 export_monthly_quota_reached: reached"},
		{
			"unknown tab", 400, `{"code":"no_such_forecast_config","namespace":"fcw","errorId":"e","message":"Forecast deal_owner does not exist in the ForecastTemplate.","orgId":101}`,
			[]error{ErrUnknownForecast},
			"HTTP 400 no_such_forecast_config: Forecast deal_owner does not exist in the ForecastTemplate. (errorId e)",
		},
		{"missing id", 400, `{"code":"missing_forecast_id","namespace":"fcw","message":"The forecastId query parameter is required."}`, []error{ErrBadRequest}, "HTTP 400 missing_forecast_id: The forecastId query parameter is required."},
		{
			"type", 400, `{"code":"type_not_supported","namespace":"fcw","message":"CRM Totals and CRM Closed are not supported typeToExport values for Export API."}`,
			[]error{ErrTypeNotSupported},
			"HTTP 400 type_not_supported: CRM Totals and CRM Closed are not supported typeToExport values for Export API.",
		},
		{
			"bad request", 400, `{"code":"bad_request","namespace":"fcw","message":"The following typesToExport values are invalid: [\"forecast_value\", \"quota_value\"]"}`,
			[]error{ErrBadRequest},
			`HTTP 400 bad_request: The following typesToExport values are invalid: ["forecast_value", "quota_value"]`,
		},
		{
			"no opt-in", 401, `{"code":"no_optin","namespace":"fcw","message":"No optins for scope 1::MGR for forecast 'deal_owner'."}`,
			[]error{ErrNoOptIn},
			"HTTP 401 no_optin: No optins for scope 1::MGR for forecast 'deal_owner'.",
		},
		{"gateway, message", 401, `{"message":"Invalid authentication credentials"}`, []error{ErrUnauthorized}, "HTTP 401: Invalid authentication credentials"},
		{"gateway, error", 401, `{"error":"Invalid authentication credentials"}`, []error{ErrUnauthorized}, "HTTP 401: Invalid authentication credentials"},
		{"error message", 401, `{"errorMessage":"Credentials not provided!, see documentation"}`, []error{ErrUnauthorized}, "HTTP 401: Credentials not provided!, see documentation"},
		{"another user's job", 403, `{"code":"SWW","namespace":"exports","message":"no rights"}`, []error{ErrForbidden}, "HTTP 403 SWW: no rights"},
		{
			"unfinished job", 400, `{"code":"invalid_jobId","namespace":"exports","message":"Cannot retrieve data for job because it has not finished executing."}`,
			[]error{ErrInvalidJob},
			"HTTP 400 invalid_jobId: Cannot retrieve data for job because it has not finished executing.",
		},
		{"ended job", 400, `{"code":"export_failed_to_cancel","namespace":"exports","message":"too late"}`, []error{ErrNotCancellable}, "HTTP 400 export_failed_to_cancel: too late"},
		{"went wrong", 400, `{"code":"SWW","namespace":"exports","message":"Something went wrong"}`, []error{ErrServer}, "HTTP 400 SWW: Something went wrong"},
		{
			"server error", 500, `{"code":"internal_server_error","namespace":"exports","errorId":"x","message":"An unexpected error occurred."}`,
			[]error{ErrServer},
			"HTTP 500 internal_server_error: An unexpected error occurred. (errorId x)",
		},
		{"no route", 404, `{"message":"no Route matched with those values","request_id":"r1"}`, nil, "HTTP 404: no Route matched with those values (request_id r1)"},
		{"not found on create", 404, `{"message":"no such thing"}`, []error{ErrNotFound, ErrUnknownForecast}, "HTTP 404: no such thing"},
		{
			"audit", 400, `{"errors":[{"status":"400","message":"limit is too large","code":"invalid","target":"limit"},{"status":"400","message":"so is the rest"}]}`,
			[]error{ErrBadRequest},
			"HTTP 400 invalid: limit is too large; so is the rest",
		},
		{"opportunity", 400, `[{"statusCode":400,"reaspnPhrase":"Bad Request","description":"too many ids","details":null}]`, []error{ErrBadRequest}, "HTTP 400: too many ids"},
		{"opportunity, terse", 400, `[{"statusCode":400,"reaspnPhrase":"Bad Request"}]`, []error{ErrBadRequest}, "HTTP 400: Bad Request"},
		{"ingest", 422, `[{"errorCode":"E1","errorSummary":"wrong field"}]`, []error{ErrBadRequest}, "HTTP 422 E1: wrong field"},
		{"nested", 400, `{"error":{"code":17,"message":"inner"}}`, []error{ErrBadRequest}, "HTTP 400 17: inner"},
		{"JSON text", 400, `"just text"`, []error{ErrServer}, "HTTP 400 (not in a form of Clari's): just text"},
		{"no known key", 418, `{"a":1}`, []error{ErrServer}, `HTTP 418 (not in a form of Clari's): {"a":1}`},
		{"a balancer's page", 403, "<html><title>403 Forbidden</title></html>", []error{ErrServer}, "HTTP 403 (not in a form of Clari's): 403 Forbidden"},
		{"HTML", 502, "<!doctype html>\n<html><head><TITLE>\n 502 Bad\tGateway </TITLE></head><body>...", []error{ErrServer}, "HTTP 502: 502 Bad Gateway"},
		{"text", 503, "upstream\r\nconnect\x00 error\x1b[31m", []error{ErrServer}, "HTTP 503: upstream connect error[31m"},
		{"cut JSON", 500, `{"message":"half`, []error{ErrServer}, `HTTP 500: {"message":"half`},
		{"nothing", 504, "", []error{ErrServer}, "HTTP 504: gateway timeout"},
		{"nothing known", 599, "", []error{ErrServer}, "HTTP 599"},
		{
			"long", 500, `{"message":"` + strings.Repeat("é", 1000) + `","code":"` + strings.Repeat("c", 1000) + `"}`,
			[]error{ErrServer},
			"HTTP 500 " + strings.Repeat("c", 97) + "...: " + strings.Repeat("é", 148) + "...",
		},
		{"larger than is read", 500, `{"message":"` + strings.Repeat("long ", 10000) + `"}`, []error{ErrServer}, `HTTP 500: {"message":"` + strings.Repeat("long ", 57)[:285] + "..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := serve(t, answer(test.status, test.body), func(cfg *Config) { cfg.MaxRetries = 0 })
				_, err := c.create(t.Context(), nil)
				e, ok := errors.AsType[*Error](err)
				if !ok {
					t.Fatalf("%v", err)
				}
				const op = `create export`
				if e.Op != op || e.Status != test.status || e.Error() != op+": "+test.text {
					t.Errorf("got  %s\nwant %s: %s", e, op, test.text)
				}
				for sentinel, name := range sentinels {
					want := false
					for _, is := range test.is {
						want = want || is == sentinel
					}
					if errors.Is(err, sentinel) != want {
						t.Errorf("is %s: %t", name, !want)
					}
				}
			})
		})
	}
}

func TestRequestIDFromHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(403, `{"message":"no"}`, "X-Kong-Request-Id", "k1"))
		if _, err := c.job(t.Context()); err == nil || err.Error() != `get job: HTTP 403: no (request_id k1)` {
			t.Errorf("%v", err)
		}
	})
}

// fit fails unless text may stand in a log line.
func fit(t *testing.T, text string, size int) {
	t.Helper()
	if len(text) > size || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || !unicode.IsPrint(r) }) {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add([]byte(`{"code":"no_optin","namespace":"fcw","errorId":"e","message":"No optins","orgId":1}`))
	f.Add([]byte(`{"errors":[{"status":"400","message":"a","code":"c","details":{"error":"b"}}]}`))
	f.Add([]byte(`[{"statusCode":400,"reaspnPhrase":"Bad Request","description":"","details":[]}]`))
	f.Add([]byte(`[{"errorCode":1,"errorSummary":"s"},"t",null]`))
	f.Add([]byte(`{"error":"API rate limit exceeded","request_id":"` + testKey + `"}`))
	f.Add([]byte("<html><title>" + testKey + "\x00\u202e</title>"))
	r := newRedactor(testKey)
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &Error{Op: "get limits", Status: http.StatusBadRequest}
		e.read(body, r)
		fit(t, e.Message, maxMessage)
		for _, word := range []string{e.Code, e.Namespace, e.ErrorID, e.RequestID} {
			fit(t, word, maxWord)
		}
		if text := e.Error(); strings.Contains(text, testKey) || !strings.HasPrefix(text, "get limits: HTTP 400") {
			t.Errorf("%q", text)
		}
	})
}
