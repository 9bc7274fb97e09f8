package wire

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxMessage = 300 // bytes of a server's or the network's own words that errors repeat
	maxWord    = 100 // bytes of a code or an id
)

// redactor takes the API key, however an answer spells it, and user info of URLs out of text.
type redactor struct{ key *regexp.Regexp }

const redactedKey = "[api key]"

var userInfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s"'<>]*@`)

// newRedactor knows each character of the key as itself and as it is escaped in JSON, in URLs and in HTML. The key is printable ASCII.
func newRedactor(key string) redactor {
	var pattern strings.Builder
	for _, c := range []byte(key) {
		fmt.Fprintf(&pattern, `(?:\\?%s|(?i:\\u00%02x|%%%02[2]x|&#0*%[2]d;|&#x0*%[2]x;)|%s)`,
			regexp.QuoteMeta(string(c)), c, regexp.QuoteMeta(html.EscapeString(string(c))))
	}
	return redactor{regexp.MustCompile(pattern.String())}
}

// hide is not concerned with how text looks, only with what it tells.
func (r redactor) hide(text string) string {
	return userInfo.ReplaceAllString(r.key.ReplaceAllLiteralString(text, redactedKey), "$1")
}

// line makes text from outside fit for an error: one line without control characters or secrets, of at most size bytes.
func (r redactor) line(s string, size int) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = r.hide(strings.Join(strings.Fields(s), " "))
	if len(s) <= size {
		return s
	}
	const more = "..."
	end := size - len(more)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// error keeps err where its text is fit to be read, else replaces it: then nothing below it can be asked for either.
func (r redactor) error(err error) error {
	text := err.Error()
	if s := r.line(text, maxMessage); s != text {
		return redacted(s)
	}
	return err
}

type redacted string

func (e redacted) Error() string { return string(e) }
