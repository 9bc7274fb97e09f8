package parts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPut(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	const text = "above\n<!-- list: made by make gen -->\nold\n<!-- end of list -->\nbelow\n<!-- sum: written by make faults -->\n1\n<!-- end of sum -->\n<!-- half: made by make gen -->\n"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		got, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	for _, test := range []struct {
		part, text string
		write      bool
		wrong      string
		page       string
	}{
		{"list", "old\n", false, "", text},
		{"sum", "2\n", false, "run make faults", text},
		{"none", "", true, "no mark where", text},
		{"half", "", true, "ends", text},
		{"list", "new\n$1\n", true, "", strings.Replace(text, "old\n", "new\n$1\n", 1)},
	} {
		err := Put(page, test.part, test.text, test.write)
		if test.wrong == "" && err != nil || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
			t.Errorf("%s: %v", test.part, err)
		}
		if got := read(); got != test.page {
			t.Errorf("%s: the page is %q", test.part, got)
		}
	}
	if found := Any.FindAllString(read(), -1); len(found) != 2 {
		t.Errorf("parts %q", found)
	}
}
