package decode

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var quarterOfFile = regexp.MustCompile(`[0-9]{4}_Q[1-4]`)

var quarterID = regexp.MustCompile(`^([0-9]{4})_Q([1-4])$`)

// quarter is the year and the number of a quarter's id.
func quarter(id string) (year, number int, ok bool) {
	m := quarterID.FindStringSubmatch(id)
	if m == nil {
		return 0, 0, false
	}
	year, _ = strconv.Atoi(m[1])
	number, _ = strconv.Atoi(m[2])
	return year, number, true
}

func isQuarter(id string) bool { return quarterID.MatchString(id) }

// quarterInName is the quarter that a job's file is named for; other digits follow it at once.
func quarterInName(file string) string {
	return quarterOfFile.FindString(file)
}

// named says whether a file is named for a period that was passed through.
func named(file, period string) bool {
	return regexp.MustCompile(`_` + regexp.QuoteMeta(period) + `[0-9]`).MatchString(file)
}

// arraysQuarter finds the requested period, and refuses a result that is not of it.
func (d *decoding) arraysQuarter(entries []*record) {
	var listed, inEntries, ids []string
	for _, p := range d.periods.list {
		id := p.text("time_period_id")
		if ids = append(ids, id); isQuarter(id) {
			listed = append(listed, id)
		}
	}
	for _, e := range entries {
		if id := e.text("time_period_id"); id != "" {
			if ids = append(ids, id); isQuarter(id) && !slices.Contains(inEntries, id) {
				inEntries = append(inEntries, id)
			}
		}
	}
	asked := d.asked.Period
	d.quarter = asked
	switch {
	case isQuarter(asked):
		if slices.ContainsFunc(inEntries, func(id string) bool { return id != asked }) {
			refuse("wrong quarter")
		}
		if len(inEntries) == 0 && len(listed) > 0 && !slices.Contains(listed, asked) {
			refuse("wrong quarter")
		}
	case asked != "":
		if !slices.Contains(ids, asked) && (len(ids) > 0 || !named(d.asked.FileName, asked)) {
			refuse("wrong period")
		}
	default:
		d.quarter = chosen(listed, inEntries, d.asked.FileName)
		if d.quarter == "" && len(entries) > 0 {
			refuse("unknown quarter")
		}
	}
}

// chosen is the quarter that Clari chose.
func chosen(listed, inEntries []string, file string) string {
	switch {
	case len(inEntries) > 1 || (len(listed) == 1 && len(inEntries) == 1 && listed[0] != inEntries[0]):
		refuse("two quarters")
	case len(listed) == 1:
		return listed[0]
	case len(inEntries) == 1:
		return inEntries[0]
	}
	return quarterInName(file)
}

// days are the first and the last of the requested period, text of a day, empty where they are not known.
func (d *decoding) days() (start, end string) {
	if !d.asked.Start.IsZero() {
		start, end = d.asked.Start.Format(time.DateOnly), d.asked.End.Format(time.DateOnly)
	}
	if p := d.periods.byID[d.quarter]; p != nil {
		for name, day := range map[string]*string{"start_date": &start, "end_date": &end} {
			if told := p.text(name); told != "" {
				*day = told
			}
		}
	}
	return start, end
}

// weeks fills what follows from the days of the quarter, and how many entries a week has.
func (d *decoding) weeks() {
	start, end := d.days()
	entries := map[string]int64{}
	for _, e := range d.entries.list {
		entries[e.text("time_frame_id")]++
	}
	for _, f := range d.frames.list {
		f.cells["entries"] = entries[f.text("time_frame_id")]
		if first := f.text("start_date"); first != "" && start != "" {
			f.cells["number"] = weekNumber(day(start), day(first))
		}
		if last := f.text("end_date"); last != "" && end != "" {
			f.cells["weeks_to_end"] = weeksToEnd(day(last), day(end))
		}
	}
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// weekNumber counts weeks since the one in which the quarter begins, which is 1.
func weekNumber(start, first time.Time) int64 {
	n := int64(1)
	for ; first.After(start); first = first.AddDate(0, 0, -7) {
		n++
	}
	for ; !first.AddDate(0, 0, 7).After(start); first = first.AddDate(0, 0, 7) {
		n--
	}
	return n
}

// weeksToEnd counts whole weeks from a week's end to the quarter's: 0 in the last week and on the border.
func weeksToEnd(last, end time.Time) (n int64) {
	for last = last.AddDate(0, 0, 7); !last.After(end); last = last.AddDate(0, 0, 7) {
		n++
	}
	return n
}

var quarterLabel = regexp.MustCompile(`(?i)^(?:FY ?'?([0-9]{2}|[0-9]{4}) )?(?:Q|Quarter )([1-4])(?: FY ?'?([0-9]{2}|[0-9]{4}))?$`)

// labelled is the quarter number that a flat row's Timeframe names, 0 if it is none.
func labelled(label string) int {
	if _, number, ok := quarter(label); ok {
		return number
	}
	if m := quarterLabel.FindStringSubmatch(strings.TrimSpace(label)); m != nil {
		return int(m[2][0] - '0')
	}
	return 0
}
