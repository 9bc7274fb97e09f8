package wire

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzResolve: whatever a link says, the request stays on the origin and below the path of the base URL.
func FuzzResolve(f *testing.F) {
	for _, link := range []string{"https://api.clari.com/v4/audit/events?x=1", "//evil.example/v4/", "/v4/%2e%2e/x", "?a", "http:\\\\evil", "\t//evil.example", "/\\evil.example/v4/"} {
		f.Add(link)
	}
	c, err := New(Config{BaseURL: "https://api.clari.com/v4", APIKey: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		next, err := c.Resolve("/audit/events", link)
		if err != nil {
			return
		}
		target, err := url.Parse(c.base.String() + next)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.newRequest(t.Context(), Request{Method: http.MethodGet}, target)
		if err != nil {
			t.Skip()
		}
		if r.URL.Host != "api.clari.com" || r.URL.Scheme != "https" || !strings.HasPrefix(r.URL.Path, "/v4/") {
			t.Errorf("%q leads to %s", link, r.URL)
		}
	})
}
