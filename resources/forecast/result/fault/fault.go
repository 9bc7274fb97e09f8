// Package fault is what may be wrong with the content of a result that was read without fault.
package fault

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/document"
)

// WrongQuarterError says that a result holds another fiscal quarter than the one asked for. Clari answers so
// when it does not recognise a request's time period (observed in production pipelines).
type WrongQuarterError struct {
	Asked string // label, such as 2026_Q1
	Got   string // what the result says, a quarter's id or label
}

func (e *WrongQuarterError) Error() string {
	return fmt.Sprintf("wrong quarter: asked for %s, the result holds %s", Clip(e.Asked), Clip(e.Got))
}

// UnknownQuarterError says that Clari chose the quarter and nothing in the result tells which.
type UnknownQuarterError struct{}

func (*UnknownQuarterError) Error() string {
	return "unknown quarter: neither the result nor the job's file name says which quarter Clari chose: name one in periods"
}

// UnknownShapeError says that a result is in none of the shapes that Clari is known to send.
type UnknownShapeError struct {
	What string   // kind of document: "JSON object", "JSON list", "HTML page", "text"
	Keys []string // its top-level keys, clipped; nothing else of it
}

func (e *UnknownShapeError) Error() string {
	if len(e.Keys) == 0 {
		return fmt.Sprintf("unknown shape of result: %s without the keys of a forecast export", e.What)
	}
	return fmt.Sprintf("unknown shape of result: %s with the keys %s", e.What, strings.Join(e.Keys, ", "))
}

// MalformedError says that a result breaks the rules of its own format: cut short, bad syntax,
// or text after its end.
type MalformedError struct {
	Offset int64  // bytes from the start of the result, -1 where unknown
	Detail string // never more than a few bytes of the result
}

func (e *MalformedError) Error() string {
	if e.Offset < 0 {
		return "malformed result: " + e.Detail
	}
	return fmt.Sprintf("malformed result at byte %d: %s", e.Offset, e.Detail)
}

// Malformed is a MalformedError without an offset.
func Malformed(format string, args ...any) error {
	return &MalformedError{Offset: -1, Detail: fmt.Sprintf(format, args...)}
}

// UnreadError says that nothing of what an export was asked for could be read, though something was there.
type UnreadError struct {
	Types   []string // of typesToExport
	Example string   // the form of a text, or a label that is not known
}

func (e *UnreadError) Error() string {
	return fmt.Sprintf("no amount of type %s could be read, though texts were there (such as %q): report it, or set on_unread: warn", strings.Join(e.Types, ", "), e.Example)
}

// SeparatorError says that the cells of a csv are separated by something else than commas.
type SeparatorError struct {
	Name string // of the separator
}

func (e *SeparatorError) Error() string {
	return fmt.Sprintf("csv with %s between its cells instead of commas: use export_format json", e.Name)
}

// MissingIDError says that an entry lacks a part of its key.
type MissingIDError struct {
	Index int    // of the first such entry in the result, from 0
	ID    string // the part, as the result should have named it
}

func (e *MissingIDError) Error() string {
	return fmt.Sprintf("entry %d has no %s", e.Index, e.ID)
}

// ConflictError says that a result holds two values for one cell.
type ConflictError struct {
	Key    string // of the row: its ids, slash between them
	Column string // of our table
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s comes twice with different values for %s", Clip(e.Key), Clip(e.Column))
}

// IsContent tells whether err says that a result, read without fault, is not what it should be.
func IsContent(err error) bool {
	return is[*WrongQuarterError](err) || is[*UnknownQuarterError](err) || is[*MissingIDError](err) || is[*ConflictError](err) ||
		is[*document.PartialError](err) || is[*UnreadError](err) || is[*SeparatorError](err) || IsDamaged(err)
}

// IsDamaged tells whether that may have come about on its way here: a page of a gateway's, or half a result.
func IsDamaged(err error) bool {
	return is[*UnknownShapeError](err) || is[*MalformedError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// Clip keeps what a result says short and on one line where an error repeats it.
func Clip(s string) string {
	const most = 120 // bytes
	s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s), "?")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
