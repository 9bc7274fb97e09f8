package flat

import (
	"slices"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// week is one spelling of a week in the rows: a Timeframe, a Week, a first and a last day.
type week struct {
	period  uint32 // number of the time period
	day     int32  // first day, in days since 1970
	frame   uint32 // number of the time frame
	label   periodLabel
	text    string // the label as written
	week    string
	lastDay table.Opt[int32]
}

// weeks are the weeks of a result by the four columns joined.
type weeks struct {
	spellings store.Dict
	all       []week

	// Where a period was asked for that is no quarter, the quarters in it are periods of their own.
	keepQuarters bool
}

// find returns the week of a row; joined is its four columns in one text.
func (w *weeks) find(to *store.Store, joined []byte, ln *line) (*week, error) {
	n, isNew := w.spellings.Number(joined)
	if !isNew {
		return &w.all[n], nil
	}
	if ln.cells[columnStartDay].blank() {
		return nil, ln.errorf("no %s", columnNames[columnStartDay])
	}
	day, err := ln.day(columnStartDay)
	if err != nil {
		return nil, err
	}
	one := week{day: day.V, text: ln.keep(columnTimeframe), week: ln.keep(columnWeek)}
	if one.lastDay, err = ln.day(columnEndDay); err != nil {
		return nil, err
	}
	one.label = parseLabel(one.text)
	period := "/" + one.text // its id but for the quarter asked for, which is known in the end
	if one.text == "" || one.label.Quarter != 0 && !w.keepQuarters {
		period = ""
	}
	one.period, _ = to.Periods.Number([]byte(period))
	one.frame, _ = to.Frames.Number([]byte("TF:" + dayText(one.day)))
	w.all = append(w.all, one)
	return &w.all[n], nil
}

// day reads a cell with a calendar day, null when blank.
func (ln *line) day(c column) (table.Opt[int32], error) {
	if ln.cells[c].blank() {
		return table.Opt[int32]{}, nil
	}
	text := string(ln.cells[c].text)
	days, ok := parseDay(text)
	if !ok {
		return table.Opt[int32]{}, ln.errorf("%s is %q, not MM/DD/YYYY", columnNames[c], fault.Clip(text))
	}
	return table.Some(days), nil
}

// list lists the time periods and the time frames: one period for the quarter, where rows are of it, and one for each month. The
// dates of a month are unknown. Where the quarter and its months number or end a week differently, the quarter's way goes.
func (w *weeks) list(to *store.Store, period string, start, end table.Opt[int32]) {
	for n, id := range slices.Clone(to.Periods.IDs.Texts) {
		to.RenamePeriod(uint32(n), period+id)
	}
	quarter, isQuarter := fiscal.Parse(period)
	for i := range w.all { // labels of the quarter may differ: the first stays
		one := &w.all[i]
		p := forecast.TimePeriod{TimePeriodID: to.Periods.IDs.Texts[one.period], Label: table.NonZero(one.text)}
		if row := &to.Periods.All[one.period]; row.Label == (table.Opt[string]{}) && row.Type == (table.Opt[string]{}) { // the first of its period
			p.Year = table.NonZero(one.label.year())
			switch {
			case p.TimePeriodID == period && !w.keepQuarters || one.label.Quarter != 0:
				p.Type = table.Some("quarter")
			case one.label.Month:
				p.Type = table.Some("month")
			}
			if p.TimePeriodID == period && isQuarter {
				p.Year = table.Some(periodLabel{Year: quarter.Year}.year())
				p.StartDate, p.EndDate = start, end
			}
		}
		to.AddPeriod(&p)
	}
	for _, one := range w.quartersFirst() {
		to.AddFrame(&forecast.TimeFrame{
			TimeFrameID: to.Frames.IDs.Texts[one.frame], StartDate: table.Some(one.day), EndDate: one.lastDay, Week: table.NonZero(one.week),
		})
	}
}

// quartersFirst is all weeks, those of the quarter before those of its months.
func (w *weeks) quartersFirst() []*week {
	var first, rest []*week
	for i := range w.all {
		if one := &w.all[i]; one.label.Quarter != 0 {
			first = append(first, one)
		} else {
			rest = append(rest, one)
		}
	}
	return append(first, rest...)
}
