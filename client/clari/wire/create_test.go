package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestUnclearCreates(t *testing.T) {
	reset := func(s *server) {
		s.Dial = func(int) (net.Conn, error) {
			here, there := net.Pipe()
			s.Conns <- there
			return &resetConn{Conn: here, written: make(chan struct{})}, nil
		}
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		setUp   func(*server)
		ends    time.Duration
		is      error
		text    string
	}{
		{"timeout", hang, nil, CallTimeout, nil, "timeout: no whole answer within 1m0s"},
		{"hung up", hangUp, nil, 0, io.EOF, ""},
		{"reset", answer(200, okCreate), reset, 0, nil, "connection reset by peer"},
		{"cut header", raw("HTTP/1.1 200 O"), nil, 0, io.ErrUnexpectedEOF, ""},
		{"cut body", raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"jobId\":"), nil, 0, io.ErrUnexpectedEOF, ""},
		{"cut chunks", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"job\r\n"), nil, 0, io.ErrUnexpectedEOF, ""},
		{"stuck body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99")
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, nil, CallTimeout, nil, "timeout"},
		{"not HTTP", raw("hello\r\n\r\n"), nil, 0, nil, "malformed HTTP response"},
		{"500", answer(500, `{"code":"internal_server_error","namespace":"exports","message":"An unexpected error occurred."}`), nil, 0, ErrServer, "An unexpected error occurred."},
		{"502", answer(502, "<html><title>502 Bad Gateway</title>"), nil, 0, ErrServer, "HTTP 502: 502 Bad Gateway"},
		{"503", answer(503, ""), nil, 0, ErrServer, "service unavailable"},
		{"504", answer(504, ""), nil, 0, ErrServer, "gateway timeout"},
		{"520", answer(520, ""), nil, 0, ErrServer, "HTTP 520"},
		{"no JSON", answer(200, `<html>`, "Content-Type", "text/html"), nil, 0, nil, `answer not understood ("text/html")`},
		{"list", answer(202, `[]`), nil, 0, nil, "answer not understood"},
		{"no content", answer(204, ""), nil, 0, nil, "unexpected end of JSON input"},
		{"too large", answer(200, `{"jobId":"j1","x":"`+strings.Repeat("x", testLimit)+`"}`), nil, 0, nil, "larger than 1048576 bytes"},
		{"see other", answer(303, "", "Location", "/v4/export/jobs"), nil, 0, nil, "HTTP 303: redirect to http://clari.test not followed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, test.handler)
				if test.setUp != nil {
					test.setUp(s)
				}
				time.Sleep(time.Second)
				id, err := c.create(t.Context(), nil)
				u := unclear(t, err)
				if id != "" {
					t.Errorf("id %q", id)
				}
				if got := u.RequestedAt.Sub(s.Began()); got != time.Second {
					t.Errorf("requested after %s", got)
				}
				if got := u.EndedAt.Sub(u.RequestedAt); got != test.ends {
					t.Errorf("ended after %s, want %s", got, test.ends)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("%v is not %v", err, test.is)
				}
				if !strings.Contains(err.Error(), test.text) || !strings.HasPrefix(err.Error(), `create export: `) ||
					!strings.HasSuffix(err.Error(), " (the job may or may not have been created)") {
					t.Errorf("text: %v", err)
				}
				time.Sleep(time.Hour)
				if n := s.Posts.Load(); n != 1 {
					t.Errorf("the server saw %d creates", n)
				}
			})
		})
	}
}

func TestContextEndsDuringCreate(t *testing.T) {
	for _, deadline := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, hang)
			ctx, cancel := context.WithCancel(t.Context())
			want := context.Canceled
			if deadline {
				ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
				want = context.DeadlineExceeded
			} else {
				time.AfterFunc(5*time.Second, cancel)
			}
			defer cancel()
			_, err := c.create(ctx, nil)
			u := unclear(t, err)
			if !errors.Is(err, want) || s.Posts.Load() != 1 {
				t.Errorf("%d creates: %v", s.Posts.Load(), err)
			}
			if got := u.EndedAt.Sub(u.RequestedAt); got != 5*time.Second {
				t.Errorf("took %s", got)
			}
		})
	}
}

// What surely was not processed is sent again, and what is refused is not unclear.
func TestCreatesThatWereNotProcessed(t *testing.T) {
	dns := &net.DNSError{Err: "no such host", Name: "clari.test", IsNotFound: true}
	for _, test := range []struct {
		name  string
		first http.HandlerFunc // answers to the first create; nil: it never arrives
		dial  func(n int) (net.Conn, error)
		least time.Duration
		most  time.Duration
	}{
		{"refused connections", nil, func(n int) (net.Conn, error) {
			if n < 3 {
				return nil, errDial
			}
			return nil, nil
		}, 7 * time.Second, 9 * time.Second},
		{"unknown host", nil, func(n int) (net.Conn, error) {
			if n < 1 {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: dns}
			}
			return nil, nil
		}, time.Second, 5 * time.Second / 4},
		{"throttled", answer(429, "", "Retry-After", "11"), nil, 11 * time.Second, 11 * time.Second},
		{"unavailable for a while", answer(503, "", "Retry-After", "13"), nil, 13 * time.Second, 16500 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler, posts := answer(200, okCreate), int32(1)
				if test.first != nil {
					handler, posts = inTurn(test.first, handler), 2
				}
				c, s := serve(t, handler)
				s.Dial = test.dial
				id, err := c.create(t.Context(), nil)
				if err != nil || id != "j1" || s.Posts.Load() != posts {
					t.Fatalf("%q after %d creates: %v", id, s.Posts.Load(), err)
				}
				within(t, "took", s.Elapsed(), test.least, test.most)
			})
		})
	}
}

func TestCreateWithoutAnyConnection(t *testing.T) {
	for _, test := range []struct {
		name, scheme string
		dial         func(ctx context.Context, s *server) (net.Conn, error)
	}{
		{"refused", "http", func(context.Context, *server) (net.Conn, error) { return nil, errDial }},
		{"hung dial", "http", func(ctx context.Context, _ *server) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }},
		{"no TLS there", "https", func(ctx context.Context, s *server) (net.Conn, error) { return s.Connect(ctx, "", "") }},
		{"hung TLS handshake", "https", func(context.Context, *server) (net.Conn, error) { return swallow(), nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int32
				c, s := serve(t, answer(200, okCreate), func(cfg *Config) {
					cfg.BaseURL, cfg.MaxRetries = test.scheme+"://clari.test/v4", 2
				})
				c.transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
					dials.Add(1)
					return test.dial(ctx, s)
				}
				_, err := c.create(t.Context(), nil)
				if _, vague := errors.AsType[*UnknownOutcomeError](err); vague || err == nil || !strings.HasSuffix(err.Error(), " (tried 3 times)") {
					t.Errorf("%v", err)
				}
				if dials.Load() != 3 || s.Posts.Load() != 0 {
					t.Errorf("%d dials, %d creates", dials.Load(), s.Posts.Load())
				}
			})
		})
	}
}

func TestContextEndsBeforeCreateIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(200, okCreate))
		c.transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.create(ctx, nil)
		if _, vague := errors.AsType[*UnknownOutcomeError](err); vague || !errors.Is(err, context.Canceled) || s.Elapsed() != time.Second {
			t.Errorf("after %s: %v", s.Elapsed(), err)
		}
	})
}

// Go's transport repeats some requests on its own when a connection that it used before turns out dead. Not this one.
func TestCreateIsNotReplayedOnAStaleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				hangUp(w, r)
				return
			}
			answer(200, okLimits)(w, r)
		})
		for range 3 {
			if _, err := c.limits(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s.Dials.Load() != 1 {
			t.Errorf("%d connections: the first is not used again", s.Dials.Load())
		}
		_, err := c.create(t.Context(), nil)
		unclear(t, err)
		if s.Posts.Load() != 1 || s.Dials.Load() != 2 {
			t.Errorf("%d creates on %d connections, want a new one", s.Posts.Load(), s.Dials.Load())
		}
		// With a transport that cannot drop idle connections the create goes out on the used one: still once.
		type bare struct{ http.RoundTripper }
		c.transport = bare{c.transport}
		if _, err := c.limits(t.Context()); err != nil {
			t.Fatal(err)
		}
		dials := s.Dials.Load()
		_, err = c.create(t.Context(), nil)
		unclear(t, err)
		if s.Posts.Load() != 2 || s.Dials.Load() != dials {
			t.Errorf("%d creates on %d new connections", s.Posts.Load()-1, s.Dials.Load()-dials)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportThatProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		c, _ := serve(t, hang, func(cfg *Config) {
			cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) { sent++; return nil, errDial })
		})
		_, err := c.create(t.Context(), nil)
		unclear(t, err)
		if sent != 1 {
			t.Errorf("sent %d times", sent)
		}
	})
}

type overTLS struct {
	net.Conn
	protocol string
}

func (c overTLS) ConnectionState() tls.ConnectionState {
	return tls.ConnectionState{NegotiatedProtocol: c.protocol}
}

func TestProofOfNotSending(t *testing.T) {
	asked := func(c *httptrace.ClientTrace) { c.GetConn("clari.test:443") }
	got := func(conn net.Conn) func(c *httptrace.ClientTrace) {
		return func(c *httptrace.ClientTrace) { c.GotConn(httptrace.GotConnInfo{Conn: conn}) }
	}
	wrote := func(c *httptrace.ClientTrace) { c.WroteHeaders() }
	type events []func(*httptrace.ClientTrace)
	for name, test := range map[string]struct {
		events events
		sent   bool
	}{
		"a transport that reports nothing": {nil, true},
		"no connection":                    {events{asked}, false},
		"nothing written":                  {events{asked, got(nil)}, false},
		"nothing written over TLS":         {events{asked, got(overTLS{protocol: "http/1.1"})}, false},
		"written":                          {events{asked, got(nil), wrote}, true},
		"HTTP/2":                           {events{asked, got(overTLS{protocol: "h2"})}, true},
	} {
		var p proof
		for _, event := range test.events {
			event(p.trace())
		}
		if p.sent() != test.sent {
			t.Errorf("%s: sent is %t", name, p.sent())
		}
	}
}

func TestCreateOverHTTP2(t *testing.T) {
	posts := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		posts++
		panic(http.ErrAbortHandler) // resets the stream
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	transport := newTransport()
	transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	plain, err := New(Config{BaseURL: s.URL, APIKey: testKey, MaxRetries: 3, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	c := &testClient{plain}
	defer c.Close()
	_, err = c.create(t.Context(), nil)
	unclear(t, err)
	if !strings.Contains(err.Error(), "stream error") || posts != 1 {
		t.Errorf("%d creates: %v", posts, err)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(hang))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	plain, err := New(Config{BaseURL: s.URL, APIKey: testKey, MaxRetries: 3})
	if err != nil {
		t.Fatal(err)
	}
	c := &testClient{plain}
	defer c.Close()
	_, err = c.create(t.Context(), nil) // would take seconds if it were repeated
	if err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") || strings.Contains(err.Error(), "tried") {
		t.Errorf("%v", err)
	}
	if _, vague := errors.AsType[*UnknownOutcomeError](err); vague {
		t.Errorf("nothing was sent: %v", err)
	}
}
