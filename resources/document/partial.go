package document

import (
	"fmt"
	"strings"
)

// PartialError says that a document tells, beside what is in it, that it is not whole: of an error, or of a next page.
type PartialError struct {
	Key string // the member that says so
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("partial result: it says so itself, by %q beside its rows", e.Key)
}

// Partial reads the value of a member whose key is one that tells of an error or of a next page, and reports whether it does, which it does not where it is
// empty. Of any other member it reads nothing, and known is false.
func (d *Decoder) Partial(key string) (known, partial bool, err error) {
	switch strings.ToLower(strings.ReplaceAll(key, "_", "")) {
	case "error", "errors", "fault", "exception", "errormessage", "errorcode", "truncated", "nextlink", "nextpage", "nextpagetoken", "hasmore":
	default:
		return false, false, nil
	}
	value, err := d.ReadValue()
	switch strings.Join(strings.Fields(string(value[:min(len(value), 64)])), "") {
	case "null", `""`, "[]", "{}", "false", "0", `"false"`, `"0"`:
		return true, false, err
	}
	return true, true, err
}
