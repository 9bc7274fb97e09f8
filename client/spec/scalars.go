package spec

import (
	"fmt"
	"regexp"
	"strconv"
)

// Concurrency is a number of export jobs, or Auto.
type Concurrency int

// Auto leaves the choice to what Clari's limits have free.
const Auto Concurrency = -1

// MarshalJSON writes c as users do.
func (c Concurrency) MarshalJSON() ([]byte, error) {
	if c == Auto {
		return []byte(`"auto"`), nil
	}
	return strconv.AppendInt(nil, int64(c), 10), nil
}

// Size is a number of bytes, written as a number or as text with a unit: "8GiB".
type Size int64

var (
	sizeForm = regexp.MustCompile(`^(?:([0-9]{1,15})|([0-9]{1,8}) ?(KiB|MiB|GiB))$`)
	sizeUnit = map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
)

// ParseSize reads a number of bytes, or one with KiB, MiB or GiB.
func ParseSize(text string) (Size, error) {
	m := sizeForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("size %q: no number of bytes, KiB, MiB or GiB", text)
	}
	n, err := strconv.ParseInt(m[1]+m[2], 10, 64)
	if m[3] != "" {
		n *= sizeUnit[m[3]]
	}
	return Size(n), err
}

// String is the shortest text that reads back as s.
func (s Size) String() string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if n := sizeUnit[unit]; s != 0 && int64(s)%n == 0 {
			return strconv.FormatInt(int64(s)/n, 10) + unit
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText writes s as String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
