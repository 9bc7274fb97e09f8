package wire

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A refusal says that it is the proxy's: test-connection tells it from Clari's by that.
func TestProxyRefuses(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("%s, want CONNECT", r.Method)
		}
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport()
	defer transport.CloseIdleConnections()
	transport.Proxy = http.ProxyURL(at)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.clari.example/v4/admin/limits", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.RoundTrip(r)
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "proxyconnect" || !strings.Contains(err.Error(), "the proxy answers HTTP 407") {
		t.Fatalf("%v", err)
	}
}
