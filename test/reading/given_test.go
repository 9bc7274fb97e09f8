// Package reading tests what becomes of a result, from outside: the plugin gets it from the stand-in for Clari, and the rows that it
// sends, or the error that it returns with none sent, are judged.
package reading

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// A given is a result and how it is asked for.
type given struct {
	body     string
	answer   func(http.ResponseWriter) // in place of body
	period   string                    // "": 2026_Q1
	csv      bool
	file     string // the job's file name; "": it has none
	state    bool
	currency string         // of the job; "": it has none
	spec     map[string]any // more of it
}

// land syncs a result in a bubble of its own.
func land(t *testing.T, g given) (l *world.Sent) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{OmitKeys: []string{"currency"}, Intercept: world.Body([]byte(g.body))}
		if g.answer != nil {
			cfg.Intercept = world.Answer(g.answer)
		}
		if g.currency != "" {
			cfg.OmitKeys, cfg.Tenant.Currency = nil, g.currency
		}
		if g.file == "" {
			cfg.OmitKeys = append(cfg.OmitKeys, "fileName")
		}
		cfg.OnJob = func(j *sim.Job) { j.FileName = g.file }
		spec := map[string]any{"periods": []string{"2026_Q1"}}
		if g.period != "" {
			spec["periods"] = []string{g.period}
		}
		if g.csv {
			spec["export_format"] = "csv"
		}
		maps.Copy(spec, g.spec)
		w := world.New(t, cfg, spec)
		if g.state {
			w.State = map[string]string{}
		}
		l = w.Collect()
	})
	return l
}

// lands syncs a result that is to land.
func lands(t *testing.T, g given) *world.Sent {
	t.Helper()
	l := land(t, g)
	if l.Err != nil {
		t.Errorf("it did not land: %v", l.Err)
	}
	return l
}

// refused syncs a result that is not to land: the error holds a text, and not a row of it was sent.
func refused(t *testing.T, g given, text string) *world.Sent {
	t.Helper()
	l := land(t, g)
	if l.Err == nil {
		t.Errorf("it landed with %d rows", l.ResultRows())
	} else if !strings.Contains(l.Err.Error(), text) {
		t.Errorf("the error does not say %q: %v", text, l.Err)
	}
	if n := l.ResultRows(); l.Err != nil && n > 0 {
		t.Errorf("%d rows were sent before the error: %v", n, l.Err)
	}
	return l
}

// only is the one row of a table.
func only(t *testing.T, l *world.Sent, table string) world.Row {
	t.Helper()
	rows := l.Rows["clari_forecast_"+table]
	if len(rows) != 1 {
		t.Fatalf("%d rows of %s, want 1: %v (error: %v)", len(rows), table, rows, l.Err)
	}
	return rows[0]
}

// has compares some columns of a row; nil is null.
func has(t *testing.T, r world.Row, want map[string]any) {
	t.Helper()
	for _, column := range slices.Sorted(maps.Keys(want)) {
		if r[column] != want[column] {
			t.Errorf("%s is %#v, want %#v", column, r[column], want[column])
		}
	}
}

// An entry, user and so on of the five arrays: an object with some members in place of the usual ones. A nil member is left out.
type members map[string]any

var (
	usualEntry = members{"userId": "1:00E", "fieldId": "commit", "timeFrameId": "TF:2025-02-03", "timePeriodId": "2026_Q1"}
	usualUser  = members{"userId": "1:00E", "name": "Ada", "email": "Ada@x.example", "crmId": "005A", "hierarchyId": "00E", "hierarchyName": "CEO"}
	usualField = members{"fieldId": "commit", "fieldName": "Commit", "fieldType": "forecast"}
	usualWeek  = members{"timeFrameId": "TF:2025-02-03", "startDate": "2025-02-03", "endDate": "2025-02-09"}
	usualTime  = members{
		"timePeriodId": "2026_Q1", "type": "quarter", "label": "Quarter 1", "year": "2026", "startDate": "2025-02-01", "endDate": "2025-04-30",
	}
)

func object(usual, more members) string {
	o := maps.Clone(usual)
	maps.Copy(o, more)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func objects(usual members, of []members) string {
	var texts []string
	for _, more := range of {
		texts = append(texts, object(usual, more))
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// arrays is a result of five arrays.
type arrays struct{ entries, users, fields, periods, weeks []members }

func (a arrays) String() string {
	one := []members{{}}
	for _, array := range []*[]members{&a.entries, &a.users, &a.fields, &a.periods, &a.weeks} {
		if *array == nil {
			*array = one
		}
	}
	return fmt.Sprintf(`{"entries":%s,"users":%s,"fields":%s,"timePeriods":%s,"timeFrames":%s}`, objects(usualEntry, a.entries),
		objects(usualUser, a.users), objects(usualField, a.fields), objects(usualTime, a.periods), objects(usualWeek, a.weeks))
}

var flatColumns = []string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value",
}

var usualRow = members{
	"User": "Ada", "Email": "Ada@x.example", "CRM User ID": "005A", "Role": "CEO", "Parent Role": "", "Timeframe": "FY26 Q1", "Field": "Commit",
	"Week": "0", "Start Day": "02/03/2025", "End Day": "02/09/2025", "Data Type": "Forecast Value", "Data Value": "$5.00",
}

// flat are rows in each of the flat encodings; unknown columns come last.
func flat(rows ...members) map[string]string {
	columns := slices.Clone(flatColumns)
	for _, r := range rows {
		for _, name := range slices.Sorted(maps.Keys(r)) {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	header, _ := json.Marshal(columns)
	lists, csv := []string{string(header)}, strings.Join(columns, ",")+"\n"
	for _, r := range rows {
		full := maps.Clone(usualRow)
		maps.Copy(full, r)
		var cells []string
		for _, name := range columns {
			text, _ := full[name].(string)
			cells = append(cells, text)
		}
		list, _ := json.Marshal(cells)
		lists = append(lists, string(list))
		for i, cell := range cells {
			cells[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		csv += strings.Join(cells, ",") + "\n"
	}
	return map[string]string{"objects": objects(usualRow, rows), "lists": "[" + strings.Join(lists, ",") + "]", "csv": csv}
}

// inFlat runs a test on rows in each of the flat encodings.
func inFlat(t *testing.T, g given, rows []members, test func(*testing.T, given)) {
	t.Helper()
	for name, body := range flat(rows...) {
		t.Run(name, func(t *testing.T) {
			g.body, g.csv = body, name == "csv"
			test(t, g)
		})
	}
}
