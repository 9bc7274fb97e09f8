package oracle

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Days says whether the plugin could know the days of a quarter which the result does not tell.
type Days int

const (
	Perhaps Days = iota // there may have been other exports, or a calendar: each row is to have all that follows from the days, or nothing
	Known
	Unknown
)

// ofDays are the columns of flat rows that follow from the days of the quarter.
var ofDays = []string{"start_date", "end_date", "time_period_start_date", "time_period_end_date", "week_number", "number", "weeks_to_end"}

func (r Row) key(table string) string {
	var b strings.Builder
	for _, name := range made[table].keys {
		fmt.Fprintf(&b, "%v|", r[name])
	}
	return b.String()
}

// Differ compares rows that landed of a job, in one table, with those that must be there, and returns what differs: a line a row, and
// not more than a few. landed are the rows of that job alone.
func Differ(job sim.Job, table string, landed iter.Seq[Row], days Days) (wrong []string, compared int) {
	c := comparison{table: table, days: days, mayLack: job.Export.Encoding.Flat() && days != Known, left: map[string]int{}, whole: map[string]string{}}
	want := Of(job)[table]
	for r := range want {
		c.left[c.wanted(r)]++
		compared++
	}
	extra := map[string]Row{} // landed and not wanted
	for r := range landed {
		text, line := c.landed(r)
		if line != "" {
			wrong = append(wrong, line)
		}
		if c.left[text]--; c.left[text] < 0 {
			if other, ok := extra[r.key(table)]; ok {
				wrong = append(wrong, "landed more than once: "+other.Text())
			}
			extra[r.key(table)] = r
		}
	}
	for r := range c.some(want) {
		text := c.wanted(r)
		if c.left[text] <= 0 {
			continue
		}
		c.left[text]--
		key := r.key(table)
		if other, ok := extra[key]; ok {
			wrong = append(wrong, c.columns(other, r))
		} else {
			wrong = append(wrong, "missing: "+text)
		}
		delete(extra, key)
	}
	for _, r := range extra {
		wrong = append(wrong, "too much: "+r.Text())
	}
	slices.Sort(wrong)
	const most = 6
	if len(wrong) > most {
		wrong = append(wrong[:most], fmt.Sprintf("and %d more", len(wrong)-most))
	}
	for i := range wrong {
		wrong[i] = fmt.Sprintf("%s: job %s: %s", table, job.ID, wrong[i])
	}
	return wrong, compared
}

// A comparison counts rows by their text: wanted and not landed, and below zero the other way round.
type comparison struct {
	table   string
	days    Days
	mayLack bool // rows may lack what follows from the days of the quarter
	left    map[string]int
	whole   map[string]string // the whole row to its text without that
}

// some are the rows of the truth if any of them is missing: else nobody need look at them again.
func (c *comparison) some(want iter.Seq[Row]) iter.Seq[Row] {
	for _, n := range c.left {
		if n > 0 {
			return want
		}
	}
	return func(func(Row) bool) {}
}

// wanted is the text that a row of the truth is counted by.
func (c *comparison) wanted(r Row) string {
	if !c.mayLack {
		return r.Text()
	}
	rest := lessDays(c.table, r).Text()
	if c.whole[rest] = r.Text(); c.days == Unknown {
		c.whole[rest] = rest
	}
	return rest
}

// landed is the text that a row is counted by, and what is wrong with what follows from the days.
func (c *comparison) landed(r Row) (text, wrong string) {
	text = r.Text()
	if !c.mayLack {
		return text, ""
	}
	rest := lessDays(c.table, r).Text()
	if whole, ok := c.whole[rest]; ok && text != whole && (c.days == Unknown || text != rest) {
		wrong = fmt.Sprintf("landed %s, want %s", text, whole)
	}
	return rest, wrong
}

// columns says in which columns two rows of one key differ.
func (c *comparison) columns(landed, want Row) string {
	if c.mayLack {
		landed, want = lessDays(c.table, landed), lessDays(c.table, want)
	}
	all := maps.Clone(want)
	maps.Copy(all, landed)
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if landed[name] != want[name] {
			differ = append(differ, fmt.Sprintf("%s is %#v, want %#v", name, landed[name], want[name]))
		}
	}
	return fmt.Sprintf("%s: %s", want.key(c.table), strings.Join(differ, "; "))
}

// lessDays is a row without what follows from the days of the quarter. Those of weeks are in the rows.
func lessDays(table string, r Row) Row {
	r = maps.Clone(r)
	for _, name := range ofDays {
		if table != "clari_forecast_time_frames" || name == "number" || name == "weeks_to_end" {
			delete(r, name)
		}
	}
	return r
}

// Text is a row as one line.
func (r Row) Text() string {
	b := make([]byte, 0, 1024)
	for _, name := range slices.Sorted(maps.Keys(r)) {
		b = append(append(b, name...), '=')
		switch v := r[name].(type) { // as fmt does, which takes half of a comparison's time
		case string:
			b = append(b, v...)
		case float64:
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		default:
			b = fmt.Append(b, v)
		}
		b = append(b, ' ')
	}
	return string(b)
}

// notCompared tell of the sync, not of the export; the lifecycle tests look at them.
var notCompared = []string{"_cq_id", "_cq_parent_id", "_cq_sync_time", "_cq_source_name", "exported_at", "snapshot_date"}

// Canonical is a row that landed in the form of the truth: days and times as text (RFC 3339, UTC), numbers as int64 or float64, JSON with
// its keys in order. It takes the values of Arrow as text or numbers (times in microseconds since 1970), and those of the embedded destination.
func Canonical(landed map[string]any) Row {
	r := Row{}
	for name, v := range landed {
		if v != nil && !slices.Contains(notCompared, name) {
			r[name] = canonical(name, v)
		}
	}
	return r
}

func canonical(name string, v any) any {
	switch {
	case strings.HasSuffix(name, "_at"):
		return instant(v)
	case strings.HasSuffix(name, "_date"):
		if day, ok := v.(time.Time); ok {
			return day.UTC().Format(time.DateOnly)
		}
	case strings.HasPrefix(name, "is_") || strings.HasPrefix(name, "has_"):
		if n, ok := v.(int64); ok {
			return n == 1
		}
	case name == "extra" || name == "user_scope":
		if text, ok := v.(string); ok {
			return canonicalJSON(text)
		}
	}
	return v
}

func instant(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int64:
		return time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.000000Z"} {
			if at, err := time.Parse(layout, v); err == nil {
				return at.UTC().Format(time.RFC3339Nano)
			}
		}
	}
	return v
}

func canonicalJSON(text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(out)
}
