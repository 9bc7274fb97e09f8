package activity

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

// content is an error about what is in a result.
func content(format string, args ...any) error {
	return &job.ContentError{Err: fmt.Errorf("check: "+format, args...)}
}

// damaged is one about a result that is no export at all, or half of one: another download may help.
func damaged(format string, args ...any) error {
	return &job.ContentError{Err: fmt.Errorf("check: "+format, args...), Damaged: true}
}

// Decode reads the result of an export, {"activities": [...]} or the bare list, into a store. It reads it once, and holds one activity at a
// time. An error that is a *job.ContentError is about the result, also one that ends too soon; any other is that of in or of the store,
// wrapped.
func Decode(ctx context.Context, in io.Reader, into *Store) error {
	source := document.NewSource(ctx, in)
	buffered := bufio.NewReaderSize(source, document.LookAhead)
	var base int64
	if mark, _ := buffered.Peek(len(document.ByteOrderMark)); string(mark) == document.ByteOrderMark {
		discarded, _ := buffered.Discard(len(mark)) // it is there
		base = int64(discarded)
	}
	d := &decoder{Decoder: document.NewDecoder(source, buffered, base), source: source, store: into}
	if err := d.document(); err != nil {
		if _, ours := errors.AsType[*job.ContentError](err); ours {
			return err
		}
		return d.judge(err)
	}
	into.Odd.Values(odd.NUL, nil, d.NULs)
	switch _, err := d.ReadToken(); err {
	case io.EOF:
		if d.partial != "" {
			return content("%w", &document.PartialError{Key: d.partial})
		}
		return nil
	case nil:
		return damaged("result: something follows its end, at byte %d", d.At())
	default:
		return d.judge(err)
	}
}

// What an error tells of the keys of a result that is something else.
const maxKeys, maxKey = 20, 60

type decoder struct {
	*document.Decoder
	source  *document.Source
	store   *Store
	read    int    // activities
	partial string // a member that tells of an error, or of more to come
}

// judge tells a result that is no JSON, or ends too soon, from one that could not be read or kept.
func (d *decoder) judge(err error) error {
	failed := d.source.Err()
	_, syntax := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case failed == document.ErrLongValue || err == document.ErrLongValue || err == document.ErrTooDeep:
		return damaged("result: near byte %d: %w", d.source.Value(), cmp.Or(failed, err))
	case failed != nil:
	case errors.Is(err, io.ErrUnexpectedEOF):
		return damaged("result: ends at byte %d, too soon", d.At())
	case syntax:
		return damaged("result: no JSON near byte %d", d.At()) // its own text quotes the result
	}
	return fmt.Errorf("read: %w", err)
}

func (d *decoder) document() error {
	switch d.Peek() {
	case jsontext.KindBeginArray:
		return d.list()
	case jsontext.KindBeginObject:
	case jsontext.KindInvalid:
		_, err := d.ReadToken()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	default:
		return content("result: neither an object with activities nor a list")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	var found bool
	var others []string
	for d.Peek() != jsontext.KindEndObject {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		key := token.String()
		switch kind := d.Peek(); {
		case key == "activities" && kind == jsontext.KindBeginArray:
			found = true
			err = d.list()
		case key == "activities" && kind != jsontext.KindNull && kind != jsontext.KindInvalid:
			return content("result: activities is not a list")
		default:
			found = found || key == "activities"
			if len(others) < maxKeys {
				others = append(others, key[:min(len(key), maxKey)])
			}
			err = d.other(key)
		}
		if err != nil {
			return err
		}
	}
	if !found || d.partial != "" && d.read == 0 {
		return content("result: no activities in it; its keys: %q", others)
	}
	_, err := d.ReadToken()
	return err
}

// other reads a member that is no list of activities.
func (d *decoder) other(key string) error {
	known, partial, err := d.Partial(key)
	switch {
	case partial:
		d.partial = cmp.Or(d.partial, key)
	case !known && err == nil:
		if key != "activities" {
			d.store.Odd.Label("member", key)
		}
		return d.Skip()
	}
	return err
}

func (d *decoder) list() error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.Peek() != jsontext.KindEndArray {
		value, err := d.Value()
		if err != nil {
			return err
		}
		d.read++
		if scalar.Depth(value) > document.MaxDepth {
			return document.ErrTooDeep
		}
		a, err := decode(value)
		if err != nil {
			return content("result: activity %d, which ends at byte %d: %w", d.read, d.At(), err)
		}
		count(&d.store.Odd, &a)
		if err := d.store.Append(&a, value); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}
