package reading

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const reports = "../../resources/forecast/result/testdata/reports/"

// TestReports: what the table in the folder's README says becomes of each of its files does.
func TestReports(t *testing.T) {
	text, err := os.ReadFile(reports + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{"README.md": true}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		name := strings.Trim(cells[0], "| `")
		if len(cells) != 6 || name == "file" || strings.HasPrefix(name, "---") {
			continue
		}
		told[name] = true
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(reports + name)
			if err != nil {
				t.Fatal(err)
			}
			g := given{answer: func(w http.ResponseWriter) { _, _ = w.Write(body) }, csv: strings.Contains(name, ".csv")}
			if wrong := strings.Trim(cells[5], "| `"); wrong != "" {
				refused(t, g, wrong)
				return
			}
			l := lands(t, g)
			row := only(t, l, "exports")
			got := fmt.Sprint(len(l.Rows["clari_forecast_entries"]), row["values_unread"], row["labels_unknown"])
			if want := strings.Join(cells[2:5], " "); got != want {
				t.Errorf("%s entries, unread, unknown; want %s", got, want)
			}
		})
	}
	files, err := filepath.Glob(reports + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !told[filepath.Base(file)] {
			t.Errorf("the README does not tell of %s", filepath.Base(file))
		}
	}
}
