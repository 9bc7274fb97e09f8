package forecasts

import (
	"cmp"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// A flatWeek is one spelling of a week in the rows: a Timeframe, a Week, a first and a last day.
type flatWeek struct {
	period  uint32 // number of the time period
	day     int32  // first day, in days since 1970
	frame   uint32 // number of the time frame
	label   periodLabel
	text    string // the label as written
	week    string
	lastDay table.Opt[int32]
}

// flatWeeks numbers the time periods and time frames of a result.
type flatWeeks struct {
	spellings dict // the four columns joined
	weeks     []flatWeek
	periods   dict // the quarter itself is "", any other period is its label
	frames    dict // first days, YYYY-MM-DD

	// Where a period was asked for that is no quarter, the quarters in it are periods of their own.
	keepQuarters bool
}

// find returns the week of a row; joined is its four columns in one text.
func (w *flatWeeks) find(joined string, ln *flatLine) (*flatWeek, error) {
	if n, isNew := w.spellings.number(joined); !isNew {
		return &w.weeks[n], nil
	}
	if ln.cells[columnStartDay].blank() {
		return nil, ln.errorf("no %s", columnNames[columnStartDay])
	}
	day, err := ln.day(columnStartDay)
	if err != nil {
		return nil, err
	}
	week := flatWeek{day: day.V, text: ln.keep(columnTimeframe), week: ln.keep(columnWeek)}
	if week.lastDay, err = ln.day(columnEndDay); err != nil {
		return nil, err
	}
	week.label = parseLabel(week.text)
	period := week.text
	if week.label.Quarter != 0 && !w.keepQuarters {
		period = ""
	}
	week.period, _ = w.periods.number(period)
	week.frame, _ = w.frames.number(dayText(week.day))
	w.weeks = append(w.weeks, week)
	return &w.weeks[len(w.weeks)-1], nil
}

// day reads a cell with a calendar day, null when blank.
func (ln *flatLine) day(c flatColumn) (table.Opt[int32], error) {
	if ln.cells[c].blank() {
		return table.Opt[int32]{}, nil
	}
	days, ok := parseDay(ln.cells[c].text)
	if !ok {
		return table.Opt[int32]{}, ln.errorf("%s is %q, not MM/DD/YYYY", columnNames[c], clip(ln.cells[c].text))
	}
	return table.Some(days), nil
}

func (w *flatWeeks) frameID(frame uint32) string { return "TF:" + w.frames.texts[frame] }

// periodID is the id of a time period in the quarter asked for.
func (w *flatWeeks) periodID(quarter string, period uint32) string {
	if label := w.periods.texts[period]; label != "" {
		return quarter + "/" + label
	}
	return quarter
}

// labelOf is how the rows call a time period.
func (w *flatWeeks) labelOf(period uint32) string {
	for _, week := range w.weeks {
		if week.period == period {
			return week.text
		}
	}
	return ""
}

// emitPeriods hands one time period to out for the quarter, where rows are of it, and for each month. The dates of a month are
// unknown, those of the quarter where r has them.
func (w *flatWeeks) emitPeriods(out rows, r *Result) error {
	var x extras
	for n, label := range w.periods.texts {
		x.reset()
		same := w.where(func(week flatWeek) bool { return week.period == uint32(n) }, func(week flatWeek) bool { return week.label.Year != 0 })
		p := TimePeriod{
			TimePeriodID: w.periodID(r.Quarter, uint32(n)),
			Label:        pick(&x, columnTimeframe, each(same, func(week flatWeek) string { return week.text })),
			Year:         table.NonZero(same[0].label.year()),
		}
		switch {
		case label == "" && !w.keepQuarters || same[0].label.Quarter != 0:
			p.Type = table.Some("quarter")
		case same[0].label.Month:
			p.Type = table.Some("month")
		}
		if label == "" {
			if q, ok := fiscal.Parse(r.Quarter); ok {
				p.Year = table.Some(periodLabel{Year: q.Year}.year())
			}
			p.StartDate, p.EndDate = table.Day(r.Start), table.Day(r.End)
		}
		p.Extra, _ = x.object()
		if err := out.TimePeriod(&p); err != nil {
			return err
		}
	}
	return nil
}

// emitFrames hands one time frame to out for each start day. Where the quarter and its months number or end a week differently,
// the quarter's way goes.
func (w *flatWeeks) emitFrames(out rows) error {
	var x extras
	for n := range w.frames.texts {
		x.reset()
		same := w.where(func(week flatWeek) bool { return week.frame == uint32(n) }, func(week flatWeek) bool { return week.label.Quarter != 0 })
		f := TimeFrame{
			TimeFrameID: w.frameID(uint32(n)),
			StartDate:   table.Some(same[0].day),
			Week:        pick(&x, columnWeek, each(same, func(week flatWeek) string { return week.week })),
		}
		last := pick(&x, columnEndDay, each(same, func(week flatWeek) string {
			if !week.lastDay.Valid {
				return ""
			}
			return dayText(week.lastDay.V)
		}))
		if last.Valid {
			days, _ := parseDay(last.V)
			f.EndDate = table.Some(days)
		}
		f.Extra, _ = x.object()
		if err := out.TimeFrame(&f); err != nil {
			return err
		}
	}
	return nil
}

// where is the weeks that match, the better ones first.
func (w *flatWeeks) where(match, better func(flatWeek) bool) []flatWeek {
	var found []flatWeek
	for _, week := range w.weeks {
		if match(week) {
			found = append(found, week)
		}
	}
	rank := func(week flatWeek) int {
		if better(week) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(found, func(a, b flatWeek) int { return cmp.Compare(rank(a), rank(b)) })
	return found
}
