package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var testStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble

const content = `{"entries":[{"userId":"u1"},{"userId":"u2"}],"users":[]}`

func zipped() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, strings.Repeat(content, 1000))
	_ = w.Close()
	return b.String()
}

func fetch(ctx context.Context, c *testClient) (string, *Results, error) {
	res, err := c.results(ctx)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), res, err
}

func TestResults(t *testing.T) {
	z := zipped()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		body    string
		want    Results
	}{
		{
			"with length", answer(200, content, "Content-Length", fmt.Sprint(len(content)), "Content-Type", "application/json"), content,
			Results{ContentType: "application/json", Length: int64(len(content)), EndMarked: true},
		},
		{
			"chunked", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "abcde",
			Results{ContentType: "text/csv", Length: -1, EndMarked: true},
		},
		{
			"until the connection ends", raw("HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\nabc"), "abc",
			Results{ContentType: "text/csv", Length: -1},
		},
		{
			"gzip", answer(200, z, "Content-Encoding", "gzip", "Content-Type", "text/csv", "Content-Length", fmt.Sprint(len(z))), strings.Repeat(content, 1000),
			Results{ContentType: "text/csv", Length: -1, EndMarked: true},
		},
		{
			"gzip that no header names", answer(200, z, "Content-Type", "application/json"), strings.Repeat(content, 1000),
			Results{ContentType: "application/json", Length: int64(len(z)), EndMarked: true},
		},
		{
			"unknown encoding", answer(200, "???", "Content-Encoding", "br", "Content-Type", "text/csv"), "???",
			Results{ContentType: "text/csv", Length: 3, Encoding: "br", EndMarked: true},
		},
		{"empty", answer(200, "", "Content-Type", "text/csv"), "", Results{ContentType: "text/csv", EndMarked: true}},
		{
			"after faults", inTurn(answer(500, ""), hangUp, answer(200, content, "Content-Type", "x")), content,
			Results{ContentType: "x", Length: int64(len(content)), EndMarked: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := serve(t, test.handler)
				body, res, err := fetch(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				res.Body = nil
				if body != test.body || *res != test.want {
					t.Errorf("%d bytes, %+v, want %d, %+v", len(body), *res, len(test.body), test.want)
				}
			})
		})
	}
}

// flushed sends bytes, then goes on.
func flushed(text string, next http.HandlerFunc, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer(200, text, headers...)(w, r)
		w.(http.Flusher).Flush()
		next(w, r)
	}
}

func TestCutResults(t *testing.T) {
	z := zipped()
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	damaged := []byte(z)
	damaged[len(z)-6] ^= 1 // in the checksum
	length := fmt.Sprint(len(z))
	half := z[:len(z)/2]
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		is      error
		read    int64 // -1: whatever
		timeout bool
	}{
		{"short of its length", raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"), io.ErrUnexpectedEOF, 3, false},
		{"within a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"), io.ErrUnexpectedEOF, 3, false},
		{"without the last chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), io.ErrUnexpectedEOF, 3, false},
		{"before the first byte", flushed("", abort), io.ErrUnexpectedEOF, 0, false},
		{"gzip, connection", flushed(half, abort, "Content-Encoding", "gzip"), io.ErrUnexpectedEOF, -1, false},
		{"gzip, file", answer(200, half, "Content-Encoding", "gzip"), io.ErrUnexpectedEOF, -1, false},
		{"gzip, file of known length", answer(200, half, "Content-Encoding", "gzip", "Content-Length", fmt.Sprint(len(half))), io.ErrUnexpectedEOF, -1, false},
		{"gzip, last chunk", flushed(z, abort, "Content-Encoding", "gzip"), io.ErrUnexpectedEOF, -1, false},
		{"gzip, checksum", answer(200, string(damaged), "Content-Encoding", "gzip", "Content-Length", length), gzip.ErrChecksum, -1, false},
		{"gzip, none", answer(200, content, "Content-Encoding", "gzip"), gzip.ErrHeader, 0, false},
		{"packed, no header, cut", answer(200, half, "Content-Type", "application/json"), io.ErrUnexpectedEOF, -1, false},
		{"packed, no header, without its trailer", answer(200, z[:len(z)-8], "Content-Type", "application/json"), io.ErrUnexpectedEOF, -1, false},
		{"packed, no header, checksum", answer(200, string(damaged), "Content-Type", "application/json"), gzip.ErrChecksum, -1, false},
		{"packed, no header, something behind", answer(200, z+"x", "Content-Type", "application/json"), io.ErrUnexpectedEOF, -1, false},
		{"hung", flushed("abc", hang), nil, 3, true},
		{"gzip, hung", flushed(half, hang, "Content-Encoding", "gzip"), nil, -1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, test.handler)
				body, _, err := fetch(t.Context(), c)
				cut, ok := errors.AsType[*CutError](err)
				if !ok {
					t.Fatalf("%v", err)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("%v is not %v", err, test.is)
				}
				if !strings.HasPrefix(test.name, "packed") && cut.Read != int64(len(body)) || test.read >= 0 && cut.Read != test.read {
					t.Errorf("read %d bytes: %v", len(body), err)
				}
				if !strings.HasPrefix(err.Error(), fmt.Sprintf(`get results: cut after %d bytes: `, cut.Read)) {
					t.Errorf("text: %v", err)
				}
				timeout, ok := errors.AsType[net.Error](err)
				if took := s.Elapsed(); test.timeout != (ok && timeout.Timeout()) || test.timeout != (took == idleTimeout) {
					t.Errorf("after %s: %v", took, err)
				}
				if d := c.DownloadRetry(err, 0); !d.Retry {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

func TestSlowResultsAreNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for i := range 10 {
				time.Sleep(idleTimeout - time.Second)
				_, _ = fmt.Fprint(w, i)
				w.(http.Flusher).Flush()
			}
		})
		if body, _, err := fetch(t.Context(), c); err != nil || body != "0123456789" || s.Elapsed() != 10*(idleTimeout-time.Second) {
			t.Errorf("%q after %s: %v", body, s.Elapsed(), err)
		}
	})
}

func TestSlowReaderIsNotATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(200, strings.Repeat(content, 1000)))
		if body, err := c.results(t.Context()); err != nil { // not read at all for a long time
			t.Fatal(err)
		} else {
			time.Sleep(10 * idleTimeout)
			if n, err := io.Copy(io.Discard, body.Body); err != nil {
				t.Errorf("after %d bytes: %v", n, err)
			}
			_ = body.Body.Close()
		}
		res, err := c.results(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for range 3 {
			time.Sleep(10 * idleTimeout)
			if _, err := res.Body.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * idleTimeout)
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Error(err)
		}
	})
}

func TestHungResultsHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, inTurn(hang, answer(200, content)))
		if body, _, err := fetch(t.Context(), c); err != nil || body != content {
			t.Fatal(err)
		}
		within(t, "took", s.Elapsed(), idleTimeout+time.Second, idleTimeout+time.Second*5/4)
	})
}

func TestClosedBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, flushed("abc", hang))
		res, err := c.results(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if n, err := res.Body.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("read after close: %d, %v", n, err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestResultsThatAreNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(400, `{"code":"invalid_jobId","namespace":"exports","message":"Cannot retrieve data for job because it has not finished executing."}`))
		if _, _, err := fetch(t.Context(), c); !errors.Is(err, ErrInvalidJob) {
			t.Errorf("%v", err)
		}
	})
}
