package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

const maxErrorBody = 8 << 10 // bytes that are read of an error's body

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// form of an error's body: how far it can be believed to be Clari's.
type form int

const (
	untrusted form = iota // none that is known: a balancer's page, nothing, half an answer, or from another host
	unsigned              // a message alone, as Clari's gateway sends it
	signed                // with a code or an errorId, as the API does
)

// read fills e from the body of an error, which Clari's reference shows in these shapes, by part of the API:
//
//	exports, jobs  {"code", "namespace", "errorId", "message", "orgId"}
//	audit          {"errors": [{"status", "message", "code"?, "target"?, "details"?}]}
//	opportunity    [{"statusCode", "reaspnPhrase", "description", "details"}]
//	ingest         [{"errorCode", "errorSummary"}]
//	gateway        {"message", "request_id"?} or {"error"}
//
// and in which a gateway may just as well send HTML or nothing.
func (e *Error) read(body []byte, r redactor) {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var messages []string
	if len(body) <= maxErrorBody && d.Decode(&v) == nil {
		messages = e.collect(v, nil)
		_, bare := v.(string)
		switch {
		case e.Code != "" || e.ErrorID != "":
			e.form = signed
		case len(messages) > 0 && !bare:
			e.form = unsigned
		}
	}
	if len(messages) == 0 {
		messages = []string{fallback(body, r)}
	}
	e.Message = r.line(strings.Join(slices.Compact(messages), "; "), maxMessage)
	for _, word := range []*string{&e.Code, &e.Namespace, &e.ErrorID, &e.RequestID} {
		*word = r.line(*word, maxWord)
	}
}

func (e *Error) collect(v any, messages []string) []string {
	switch v := v.(type) {
	case string:
		return append(messages, v)
	case []any:
		for _, item := range v {
			messages = e.collect(item, messages)
		}
	case map[string]any:
		e.Code = cmp.Or(e.Code, word(v, "code"), word(v, "errorCode"))
		e.Namespace = cmp.Or(e.Namespace, word(v, "namespace"))
		e.ErrorID = cmp.Or(e.ErrorID, word(v, "errorId"))
		e.RequestID = cmp.Or(e.RequestID, word(v, "request_id"), word(v, "requestId"))
		text := cmp.Or(word(v, "message"), word(v, "errorMessage"), word(v, "errorSummary"), word(v, "description"), word(v, "reaspnPhrase"), word(v, "reasonPhrase"))
		if text != "" {
			messages = append(messages, text)
		}
		for _, nested := range []string{"error", "errors"} {
			messages = e.collect(v[nested], messages)
		}
	}
	return messages
}

// word is the text or number under a key.
func word(v map[string]any, key string) string {
	switch w := v[key].(type) {
	case string:
		return w
	case json.Number:
		return w.String()
	}
	return ""
}

// fallback is what can be said of a body that is none of the known shapes: the title of a page, else its beginning.
func fallback(body []byte, r redactor) string {
	text := r.hide(string(body))
	if len(body) > maxErrorBody { // it was cut, perhaps within the key
		text = text[:len(text)/2]
	}
	if title := htmlTitle.FindStringSubmatch(text); title != nil && strings.TrimSpace(title[1]) != "" {
		return title[1]
	}
	return text
}
