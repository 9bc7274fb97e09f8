package flat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
)

// isAmount tells whether a text is an amount in any locale.
func isAmount(text string) bool {
	_, _, isPoint := parseIn(text, point)
	_, _, isComma := parseIn(text, comma)
	return isPoint || isComma
}

// parseIn reads an amount of the flat shapes: $3,000,190.00, -2473435.0, (1,200.50) for a negative, -$5, $-5, 2.473435E7, 1 000, 1'000.50,
// with any currency sign or code before or behind it.
//
// The locale says whether the point or the comma opens the decimals; the other one, spaces or apostrophes group thousands. A text that
// could be read in two ways, or in none, is not an amount (ok is false): it must never become a wrong number. symbol is the currency sign
// or code as written, a part of text, empty when there is none.
func parseIn(text string, in locale) (value float64, symbol string, ok bool) {
	if number, size := scalar.Decimal(text); size > 0 && size == len(text) && (in == point || number.IsWhole()) { // most are no more than that
		return number.Float(), "", true
	}
	text = strings.TrimSpace(text)
	from, to := 0, len(text)
	for from < to && text[from]-'0' > 9 {
		from++
	}
	if from == to {
		return 0, "", false
	}
	for text[to-1]-'0' > 9 {
		to--
	}
	if from > 0 && text[from-1] == decimalPoint[in] && (from == 1 || !isLetter(text[from-2])) {
		from-- // "$.50", but not the dot of "Rs.50"
	}
	number, ok := parseDigits(text[from:to], in)
	if !ok {
		return 0, "", false
	}
	before, open := cutBracket(text[:from], '(')
	behind, closed := cutBracket(text[to:], ')')
	before, minus, plus := cutSign(before)
	if open != closed || open && (minus || plus) || len(before) > 0 && len(behind) > 0 {
		return 0, "", false
	}
	symbol = before
	if len(behind) > 0 {
		symbol = behind
	}
	if !isCurrency(symbol) {
		return 0, "", false
	}
	value = number.Float()
	if (minus || open) && value != 0 { // no negative zero: "-$0.00" is 0
		value = -value
	}
	return value, symbol, true
}

// locale is how amounts are written.
type locale uint8

const (
	point locale = iota // 1,234.56
	comma               // 1.234,56
)

var decimalPoint = [...]byte{point: '.', comma: ','}

// parseDigits reads what stands from the first digit of an amount to the last.
func parseDigits(text string, in locale) (scalar.Number, bool) {
	plain := in == point
	for i := 0; i < len(text) && plain; i++ {
		plain = text[i] > ' ' && text[i] != '\'' && text[i] < 0x80
	}
	if plain {
		return scalar.ParseGrouped(text)
	}
	var buf [64]byte
	b, separator := buf[:0], rune(0)
	for _, r := range text {
		switch r {
		case '.', ',', ' ', '\u00a0', '\u2009', '\u202f', '\'', '\u2019':
			if byte(r) == decimalPoint[in] && r < 0x80 {
				b = append(b, '.')
				continue
			}
			if separator != 0 && r != separator {
				return scalar.Number{}, false
			}
			separator = r
			b = append(b, ',')
		default:
			if r >= 0x80 || len(b) == len(buf) {
				return scalar.Number{}, false
			}
			b = append(b, byte(r))
		}
	}
	return scalar.ParseGrouped(b)
}

// cutBracket takes the bracket off either end of what stands on one side of the digits.
func cutBracket(s string, bracket byte) (rest string, found bool) {
	s = strings.TrimSpace(s)
	switch n := len(s); {
	case n == 0:
		return "", false
	case s[0] == bracket:
		return strings.TrimSpace(s[1:]), true
	case s[n-1] == bracket:
		return strings.TrimSpace(s[:n-1]), true
	}
	return s, false
}

// cutSign takes the sign off either end of what stands before the digits.
func cutSign(s string) (rest string, minus, plus bool) {
	if len(s) == 0 {
		return "", false, false
	}
	for _, sign := range []string{"-", "\u2212", "+"} { // hyphen, the true minus, plus
		cut := strings.TrimPrefix(s, sign)
		if len(cut) == len(s) {
			cut = strings.TrimSuffix(s, sign)
		}
		if len(cut) < len(s) {
			return strings.TrimSpace(cut), sign != "+", sign == "+"
		}
	}
	return s, false, false
}

// currencyCodes are the codes of ISO 4217 in use, and currencyLetters the signs written in letters.
// Spelt out, because "1.5 MIO", "12K" and "3M€" are not the amounts that their digits say.
const (
	currencyCodes = " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP " +
		"CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD " +
		"IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN " +
		"NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
		"THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "
	currencyLetters = " US$ CA$ C$ A$ AU$ NZ$ HK$ NT$ S$ R$ MX$ EC$ CN¥ JP¥ FCFA CFPF kr kr. zł Kč Ft lei лв R RM Rp Rs Rs. Fr Fr. S/ "
)

// isCurrency tells whether s is nothing, a code, or a sign such as $, €, US$ or kr.
func isCurrency(s string) bool {
	if len(s) == 0 || len(s) == 1 && s[0] == '$' {
		return true
	}
	if r, size := utf8.DecodeRuneInString(s); size == len(s) && unicode.Is(unicode.Sc, r) {
		return true
	}
	word := " " + s + " "
	return !strings.Contains(s, " ") && (strings.Contains(currencyCodes, word) || strings.Contains(currencyLetters, word))
}

// isCode tells whether a symbol is a code of ISO 4217.
func isCode(symbol string) bool {
	return len(symbol) == 3 && strings.Contains(currencyCodes, " "+symbol+" ")
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
