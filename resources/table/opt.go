package table

import "time"

// Opt is a cell that may be null: the zero value is null.
type Opt[T any] struct {
	V     T
	Valid bool
}

// Some is a cell that holds v.
func Some[T any](v T) Opt[T] { return Opt[T]{V: v, Valid: true} }

// NonZero is a cell that holds v, null where v is the zero value.
func NonZero[T comparable](v T) Opt[T] {
	var zero T
	return Opt[T]{V: v, Valid: v != zero}
}

// Ptr is a cell that holds what p points to, null for nil.
func Ptr[T any](p *T) Opt[T] {
	if p == nil {
		return Opt[T]{}
	}
	return Some(*p)
}

// Micros is the instant t in microseconds since 1970, null for the zero time.
func Micros(t time.Time) Opt[int64] {
	if t.IsZero() {
		return Opt[int64]{}
	}
	return Some(t.UnixMicro())
}

// Day is the calendar day of t, in the location of t, in days since 1970. It is null for the zero time.
func Day(t time.Time) Opt[int32] {
	if t.IsZero() {
		return Opt[int32]{}
	}
	year, month, day := t.Date()
	return Some(int32(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay))
}

// DayTime is the start, in UTC, of a day counted from 1970.
func DayTime(day int32) time.Time { return time.Unix(int64(day)*secondsPerDay, 0).UTC() }

const secondsPerDay = 24 * 60 * 60
