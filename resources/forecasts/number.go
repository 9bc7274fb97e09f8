package forecasts

import (
	"math"
	"strconv"
)

// number is a JSON number as it is written, and its parts as far as they are simple: at most 19 digits, no exponent.
// Four words: the compiler keeps no larger struct in registers.
type number struct {
	text     string
	digits   uint64 // all of them, without the point
	decimals int    // digits after the point; negative if the parts are not simple
}

// scanNumber reads the number that s begins with. If it returns false, text is as far as it got.
func scanNumber(s []byte) (n number, ok bool) {
	var digits uint64
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	from := i
	for ; i < len(s) && s[i]-'0' < 10; i++ {
		digits = digits*10 + uint64(s[i]-'0')
	}
	count, decimals := i-from, 0
	if count > 1 && s[from] == '0' { // no digit may follow
		return number{text: alias(s[:from+1])}, true
	}
	ok = count > 0
	if ok && i < len(s) && s[i] == '.' {
		i++
		for from = i; i < len(s) && s[i]-'0' < 10; i++ {
			digits = digits*10 + uint64(s[i]-'0')
		}
		decimals = i - from
		count += decimals
		ok = decimals > 0
	}
	if count > 19 {
		decimals = -1
	}
	if ok && i < len(s) && s[i]|0x20 == 'e' {
		decimals = -1
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		for from = i; i < len(s) && s[i]-'0' < 10; {
			i++
		}
		ok = i > from
	}
	return number{text: alias(s[:i]), digits: digits, decimals: decimals}, ok
}

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float is the number's nearest float64, false if it is beyond the range. Where digits and power of ten are exact, so is the
// quotient but for one correct rounding, which is what strconv returns, sooner.
func (n number) float() (float64, bool) {
	if n.digits < 1<<53 && uint(n.decimals) < uint(len(pow10)) {
		v := float64(n.digits) / pow10[n.decimals]
		if n.text[0] == '-' {
			v = -v
		}
		return v, true
	}
	v, err := strconv.ParseFloat(n.text, 64)
	return v, err == nil
}

// integer is the number if it is whole and an int64. One with a point or an exponent is rounded to float64 first.
func (n number) integer() (int64, bool) {
	if n.decimals == 0 && n.digits <= math.MaxInt64 {
		if n.text[0] == '-' {
			return -int64(n.digits), true
		}
		return int64(n.digits), true
	}
	v, err := strconv.ParseFloat(n.text, 64)
	i := int64(v)
	return i, err == nil && math.Abs(v) < 1<<53 && float64(i) == v
}
