// Package document makes up results of exports, in all shapes and with all that a result may have: texts that are hard to write, numbers at
// the ends of what a float64 holds, parts of an entry far apart, labels that contradict each other, loops in the hierarchy. What it makes
// follows from a stream of choices, a seed's or a fuzzer's. It does not know what is to become of a document: package decode does.
package document

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// A Document is a result, and what was asked for.
type Document struct {
	Text  []byte
	Asked decode.Asked
}

// Choices are where a document's choices come from.
type Choices struct {
	random *rand.Rand
	bytes  []byte // in place of random; all choices are 0 when they are used up
}

// Seeded are the choices of a seed.
func Seeded(seed uint64) *Choices { return &Choices{random: rand.New(rand.NewPCG(seed, 20260401))} }

// FromBytes are those of a fuzzer.
func FromBytes(b []byte) *Choices { return &Choices{bytes: b} }

// Of makes a document of any shape.
func Of(c *Choices) Document {
	if c.in(3) {
		return flat(c)
	}
	return arrays(c)
}

// n is one of so many.
func (c *Choices) n(n int) int {
	switch {
	case c.random != nil:
		return c.random.IntN(n)
	case len(c.bytes) == 0:
		return 0
	}
	v := int(c.bytes[0])
	c.bytes = c.bytes[1:]
	if n > 256 && len(c.bytes) > 0 {
		v = v<<8 | int(c.bytes[0])
		c.bytes = c.bytes[1:]
	}
	return v % n
}

// in is true once in so many times, and never when a fuzzer's choices are used up.
func (c *Choices) in(n int) bool { return c.n(n) == n-1 }

func pick[T any](c *Choices, all ...T) T { return all[c.n(len(all))] }

func shuffle[T any](c *Choices, all []T) {
	for i := range all {
		j := i + c.n(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
}

// A writer writes JSON with blanks and escapes where none are needed.
type writer struct {
	*Choices
	bytes.Buffer
	blanks, escapes int // once in so many places; 0: never
}

type member struct{ key, value string }

func (w *writer) blank() {
	for w.blanks > 0 && w.in(w.blanks) {
		w.WriteByte(" \t\r\n"[w.Choices.n(4)])
	}
}

// quote is a text. Bytes that are not UTF-8 stay as they are.
func (w *writer) quote(s string) string {
	out := []byte{'"'}
	for i, r := range s {
		switch {
		case r == 0xFFFD && s[i] != 0xEF:
			out = append(out, s[i])
		case r >= 0x20 && r != '"' && r != '\\' && (w.escapes == 0 || !w.in(w.escapes)):
			out = append(out, string(r)...)
		case r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04X`, 0xd800+((r-0x10000)>>10), 0xdc00+((r-0x10000)&0x3ff))
		case r == '\n':
			out = append(out, `\n`...)
		default:
			out = fmt.Appendf(out, `\u%04X`, r)
		}
	}
	return string(append(out, '"'))
}

func (w *writer) object(all []member) string {
	return w.list('{', '}', len(all), func(i int) string { return w.quote(all[i].key) + ":" + all[i].value })
}

func (w *writer) list(open, end byte, n int, element func(int) string) string {
	sub := writer{Choices: w.Choices, blanks: w.blanks, escapes: w.escapes}
	sub.WriteByte(open)
	for i := range n {
		if sub.blank(); i > 0 {
			sub.WriteByte(',')
		}
		sub.blank()
		sub.WriteString(element(i))
	}
	sub.blank()
	sub.WriteByte(end)
	return sub.String()
}

// Texts that are hard to write or to read.
var odd = []string{
	"a", "Zoë \"Q\" O'Brien, Jr.", "李雷 🚀", "Line\nBreak", `back\slash`, "},{", "null", "true", "1", "1.50", " ", " pad ", "é", "e\u0301", "x\x00y",
	"bad\xffutf", "TF:2026-01-05", "2026_Q1", "other_role", "A@X.COM", " a@x.com", "\uFFFD", "N/A",
	"long long long long long long long long long long long long long long long long long long long long long long long long long long",
}

func (c *Choices) text() string {
	if !c.in(3) {
		return pick(c, "a", "b", "c", "d")
	}
	return pick(c, odd...)
}
