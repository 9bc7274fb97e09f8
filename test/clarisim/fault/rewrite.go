package fault

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
)

// Rewritten passes on another body than the API's own.
func Rewritten(name string, rewrite func(body []byte) []byte) server.Effect {
	return server.Effect{Name: name, Answer: func(x *server.Exchange) {
		kept := &keeper{header: http.Header{}, status: http.StatusOK}
		w := x.Writer
		x.Writer = kept
		x.Process()
		x.Writer = w
		x.Send(kept.status, kept.header.Get("Content-Type"), string(rewrite(kept.body.Bytes())))
	}}
}

// A keeper keeps an answer back.
type keeper struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keeper) Header() http.Header         { return k.header }
func (k *keeper) WriteHeader(status int)      { k.status = status }
func (k *keeper) Write(p []byte) (int, error) { return k.body.Write(p) }

// OddItem puts one more item, any JSON, before those of a list of jobs.
func OddItem(item string) server.Effect {
	return Rewritten("odd-item "+item, func(body []byte) []byte {
		at := bytes.IndexByte(body, '[') + 1
		between := ","
		if bytes.HasPrefix(body[at:], []byte("]")) {
			between = ""
		}
		return []byte(string(body[:at]) + item + between + string(body[at:]))
	})
}

// Padded lets so many blanks follow the body, in pieces that cost no memory.
func Padded(bytes int) server.Effect {
	return server.Effect{Name: "padded", Through: func(x *server.Exchange) http.ResponseWriter {
		return &padder{ResponseWriter: x.Writer, left: bytes}
	}}
}

type padder struct {
	http.ResponseWriter
	left int
}

func (p *padder) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *padder) WriteHeader(status int) {
	p.Header().Del("Content-Length")
	p.ResponseWriter.WriteHeader(status)
}

// Write is called once, by Exchange.Send.
func (p *padder) Write(body []byte) (int, error) {
	n, err := p.ResponseWriter.Write(body)
	blanks := strings.Repeat(" ", 1<<20)
	for ; err == nil && p.left > 0; p.left -= len(blanks) {
		_, err = io.WriteString(p.ResponseWriter, blanks)
	}
	return n, err
}
