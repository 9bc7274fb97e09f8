package wire

import (
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
)

// chain calls visit for err and everything below it.
func chain(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		chain(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			chain(e, visit)
		}
	}
}

// Whatever goes wrong, and whatever the server echoes, neither the key nor a password is in an error or in the log.
func TestNothingTellsTheKey(t *testing.T) {
	const password = "hunter2"
	quoted := `{"message":"key ` + strings.NewReplacer(`<`, `\u003c`, `/`, `\/`).Replace(testKey) + `","code":"` + testKey + `","errorId":"` + testKey + `"}`
	for name, handler := range map[string]http.HandlerFunc{
		"message":              answer(401, `{"message":"no such key `+testKey+`"}`),
		"all words":            answer(400, quoted),
		"not closed":           answer(400, quoted[:len(quoted)-1]),
		"HTML":                 answer(502, "<title>"+testKey+"</title>"),
		"text":                 answer(403, strings.Repeat("x", 280)+testKey),
		"split by controls":    answer(403, "k\x003\x07y/0f+Clari<secret>&more="),
		"cut by the limit":     answer(403, strings.Repeat(" ", maxErrorBody-5)+testKey),
		"repeated":             answer(403, strings.Repeat(testKey, 2000)),
		"escaped":              answer(403, url.QueryEscape(testKey)+" "+url.PathEscape(testKey)+" "+html.EscapeString(testKey)+" "+strings.ToLower("%6B%33")+testKey[2:]),
		"request id":           answer(403, "", "X-Request-Id", testKey),
		"URL":                  answer(403, "see https://user:"+password+"@example.com/?key="+url.QueryEscape(testKey)),
		"redirect":             answer(302, "", "Location", "http://user:"+password+"@"+url.QueryEscape(testKey)+".example/"+testKey),
		"bad redirect":         answer(302, "", "Location", "http://user:"+password+"@x:"+testKey),
		"not HTTP":             raw(testKey + "\r\n\r\n"),
		"bad header":           raw("HTTP/1.1 200 OK\r\n" + testKey + "\r\n\r\n"),
		"bad length":           raw("HTTP/1.1 200 OK\r\nContent-Length: " + testKey + "\r\n\r\n"),
		"bad encoding":         raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + testKey + "\r\n\r\n"),
		"no JSON":              answer(200, testKey, "Content-Type", testKey),
		"throttled":            answer(429, `{"error":"`+testKey+`"}`),
		"throttled for long":   answer(429, `{"error":"`+testKey+`"}`, "Retry-After", "99999"),
		"unavailable for long": answer(503, testKey, "Retry-After", "99999"),
		"server error":         answer(500, testKey),
		"hung up":              hangUp,
		"hung":                 hang,
		"cut":                  raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + testKey),
		"dial":                 nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, handler, func(cfg *Config) { cfg.MaxRetries = 1 })
				if handler == nil {
					s.Dial = func(int) (net.Conn, error) {
						return nil, fmt.Errorf("proxy http://user:%s@proxy.example refused %s", password, testKey)
					}
				}
				_, create := c.create(t.Context(), nil)
				_, job := c.job(t.Context())
				_, _, results := fetch(t.Context(), c)
				cancel := c.cancel(t.Context())
				failed := 0
				for _, err := range []error{create, job, results, cancel} {
					chain(err, func(err error) {
						failed++
						for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
							told(t, text, password)
						}
						fit(t, err.Error(), 700)
					})
				}
				if failed == 0 {
					t.Error("nothing failed")
				}
				told(t, s.log.String(), password)
			})
		})
	}
}

func told(t *testing.T, text, password string) {
	t.Helper()
	for _, secret := range []string{testKey, url.QueryEscape(testKey), url.PathEscape(testKey), testKey[:6], testKey[2:], "Clari&lt;secret", `k3y\/`, password} {
		if strings.Contains(text, secret) {
			t.Errorf("%q tells %q", text, secret)
		}
	}
}

func TestRedactedErrorsKeepTheirKindWhereTheyCan(t *testing.T) {
	r := newRedactor(testKey)
	if err := r.error(errDial); !errors.Is(err, errDial.Err) {
		t.Errorf("%v", err)
	}
	leaky := fmt.Errorf("%s: %w", testKey, errDial)
	if err := r.error(leaky); errors.Is(err, leaky) || err.Error() != "[api key]: "+errDial.Error() {
		t.Errorf("%v", err)
	}
}

func TestLine(t *testing.T) {
	r := newRedactor(testKey)
	for _, test := range []struct {
		in, want string
		size     int
	}{
		{" a \r\n\t b ", "a b", 10},
		{"abcdef", "abcdef", 6},
		{"abcdefg", "abc...", 6},
		{"äöü", "ä...", 5},
		{"a\u2028b\u200b\u202ec\xff", "a bc\uFFFD", 20},
		{"at https://u:p@h/x and ftp://me@h", "at https://h/x and ftp://h", 99},
		{"mail a@b.c", "mail a@b.c", 99},
	} {
		if got := r.line(test.in, test.size); got != test.want {
			t.Errorf("%q: %q, want %q", test.in, got, test.want)
		}
	}
}
