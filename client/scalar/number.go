package scalar

import (
	"math"
	"strconv"
)

// Number is a decimal number as it is written, and its parts as far as they are simple: at most 19 digits, no exponent.
type Number struct {
	digits   uint64 // all of them, without the point
	decimals int8   // digits after the point; negative if the parts are not simple
	negative bool
	slow     float64 // the value where the parts are not simple
}

// ParseNumber reads a number as JSON writes it; leading zeros and a point without a digit before it are taken too. False means
// that the text is no number, or one beyond float64.
func ParseNumber[T string | []byte](s T) (Number, bool) { return parse(s, false) }

// ParseGrouped reads a number whose whole part may be grouped by commas, strictly: 3,000,190.00 or the Indian 30,00,190.00.
// A grouped number has no leading zero and no exponent.
func ParseGrouped[T string | []byte](s T) (Number, bool) { return parse(s, true) }

func parse[T string | []byte](s T, grouped bool) (n Number, ok bool) {
	i := 0
	if i < len(s) && s[i] == '-' {
		n.negative = true
		i++
	}
	from, count, significant, commas := i, 0, 0, 0
	first, middle, run := 0, 0, 0 // sizes of the groups of digits
	for ; i < len(s); i++ {
		if d := s[i] - '0'; d < 10 {
			n.digits = n.digits*10 + uint64(d)
			run++
			if count++; d != 0 || significant > 0 {
				significant++
			}
			continue
		}
		if s[i] != ',' || !grouped {
			break
		}
		switch {
		case commas == 0:
			first = run
		case commas == 1:
			middle = run
		case run != middle:
			return Number{}, false
		}
		commas++
		run = 0
	}
	if commas > 0 && (run != 3 || first < 1 || first > 3 || s[from] == '0' || commas > 1 && (middle != 3 && middle != 2 || first > middle)) {
		return Number{}, false
	}
	if i < len(s) && s[i] == '.' {
		point := i
		for i++; i < len(s) && s[i]-'0' < 10; i++ {
			d := s[i] - '0'
			n.digits = n.digits*10 + uint64(d)
			if count++; d != 0 || significant > 0 {
				significant++
			}
		}
		if i == point+1 {
			return Number{}, false
		}
		n.decimals = int8(min(i-point-1, math.MaxInt8))
	}
	if count == 0 {
		return Number{}, false
	}
	simple := significant <= 19 && int(n.decimals) < len(pow10)
	if i < len(s) && s[i]|0x20 == 'e' && commas == 0 {
		simple = false
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		for i < len(s) && s[i]-'0' < 10 {
			i++
		}
		if i == start {
			return Number{}, false
		}
	}
	if i < len(s) {
		return Number{}, false
	}
	if simple && (n.digits < 1<<53 || n.decimals == 0 && n.digits <= math.MaxInt64) {
		return n, true
	}
	return parseSlowly(string(s), commas > 0)
}

// Decimal reads the number that text begins with, and returns its size in bytes: 0 where it is none, or not a plain one of at most
// 15 digits. Where it is one, its end need not be found first: with it BenchmarkRead takes a seventh less. FuzzNumber holds it against
// ParseNumber.
func Decimal[T string | []byte](text T) (n Number, size int) {
	const most = 15 // digits that float64 holds exactly
	i := 0
	if len(text) > 0 && text[0] == '-' {
		n.negative = true
		i++
	}
	from, digits := i, 0
	for ; i < len(text) && text[i]-'0' < 10; i++ {
		n.digits = n.digits*10 + uint64(text[i]-'0')
	}
	if digits = i - from; digits > 0 && i < len(text) && text[i] == '.' {
		point := i
		for i++; i < len(text) && text[i]-'0' < 10; i++ {
			n.digits = n.digits*10 + uint64(text[i]-'0')
		}
		decimals := i - point - 1
		if decimals == 0 || decimals > most {
			return Number{}, 0
		}
		n.decimals = int8(decimals)
		digits += decimals
	}
	if digits == 0 || digits > most || i < len(text) && text[i]|0x20 == 'e' {
		return Number{}, 0
	}
	return n, i
}

func parseSlowly(s string, commas bool) (Number, bool) {
	if commas {
		plain := make([]byte, 0, len(s))
		for i := range len(s) {
			if s[i] != ',' {
				plain = append(plain, s[i])
			}
		}
		s = string(plain)
	}
	v, err := strconv.ParseFloat(s, 64)
	return Number{decimals: -1, slow: v}, err == nil // else out of range
}

// pow10 are powers of ten that float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// Float is the number's nearest float64, never a negative zero. Where digits and power of ten are exact, so is the quotient but for
// one correct rounding, which is what strconv returns, sooner.
func (n Number) Float() float64 {
	v := n.slow
	if n.decimals >= 0 {
		v = float64(n.digits) / pow10[n.decimals]
		if n.negative {
			v = -v
		}
	}
	if v == 0 {
		return 0
	}
	return v
}

// IsWhole tells whether it is written without a point and an exponent.
func (n Number) IsWhole() bool { return n.decimals == 0 }

// Whole is the number if it is whole and an int64. One with a point or an exponent is rounded to float64 first.
func (n Number) Whole() (int64, bool) {
	if n.decimals == 0 {
		if n.negative {
			return -int64(n.digits), true
		}
		return int64(n.digits), true
	}
	v := n.Float()
	return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
}
