package scalar

import (
	"bytes"
	"iter"
)

// Members walks through an object that jsontext has found valid: each key as it is quoted, each value without white space around
// it. jsontext checks a value of many members half again as fast as it hands out its tokens, and this walk takes a third of the
// time that is saved (BenchmarkMembers): it need not check anything. What it yields points into object.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for i := SkipSpace(object, 1); object[i] != '}'; {
			end := SkipValue(object, i)
			key := object[i:end]
			i = SkipColon(object, end)
			end = SkipValue(object, i)
			if !yield(key, object[i:end]) {
				return
			}
			i = SkipComma(object, end)
		}
	}
}

// SkipColon returns where the value begins whose key ends at i.
func SkipColon(object []byte, i int) int { return SkipSpace(object, SkipSpace(object, i)+1) }

// SkipComma returns where what follows the value begins that ends at i: a member, an element, or the end of them.
func SkipComma(b []byte, i int) int {
	if i = SkipSpace(b, i); b[i] == ',' {
		return SkipSpace(b, i+1)
	}
	return i
}

// Elements walks through an array in the same way.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func(value []byte) bool) {
		i := SkipSpace(array, 1)
		for array[i] != ']' {
			end := SkipValue(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = SkipComma(array, end)
		}
	}
}

// Depth is how deep a valid value nests: 0 for a scalar.
func Depth(value []byte) (deepest int) {
	depth := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		case '"':
			i = skipString(value, i) - 1
		}
	}
	return deepest
}

// SkipSpace returns where what comes at i begins.
func SkipSpace(b []byte, i int) int {
	for b[i] <= ' ' {
		i++
	}
	return i
}

// skipString returns where the string that begins at i ends.
func skipString(b []byte, i int) int {
	for {
		i += 1 + bytes.IndexByte(b[i+1:], '"')
		slash := i
		for b[slash-1] == '\\' {
			slash--
		}
		if (i-slash)%2 == 0 {
			return i + 1
		}
	}
}

// SkipValue returns where the value that begins at i ends.
func SkipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			case '"':
				i = skipString(b, i)
				continue
			}
			i++
		}
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			return i
		}
	}
	return i
}
