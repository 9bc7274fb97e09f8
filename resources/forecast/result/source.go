package result

import (
	"context"
	"errors"
	"io"
)

// maxValue is how long a JSON value may be, in bytes. A longer one is no forecast entry: the limit keeps a broken result from filling
// the memory.
const maxValue = 32 << 20

// errLongValue says that a value is longer than maxValue.
var errLongValue = errors.New("long value")

// source is the result as it comes. It counts and bounds under whoever reads it.
type source struct {
	ctx   context.Context
	r     io.Reader
	n     int64 // bytes so far
	value int64 // where the value begins that is being read; -1 while there is no bound
	err   error // why it ended before its end
}

func (s *source) Read(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.err = context.Cause(s.ctx); s.err != nil {
		return 0, s.err
	}
	b = b[:min(len(b), lookAhead)]
	n, err := s.r.Read(b)
	s.n += int64(n)
	switch {
	case s.value >= 0 && s.n-s.value > maxValue+2*lookAhead: // of what comes after it
		s.err = errLongValue
	case err != nil && err != io.EOF:
		s.err = err
	default:
		return n, err
	}
	return n, s.err
}
