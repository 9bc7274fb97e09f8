package bench

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// flatRow is a flat row, as one would declare it for encoding/json.
type flatRow struct {
	User       string
	Email      string
	CRMUserID  string `json:"CRM User ID"`
	Role       string
	ParentRole string `json:"Parent Role"`
	Timeframe  string
	Field      string
	Week       string
	StartDay   string `json:"Start Day"`
	EndDay     string `json:"End Day"`
	DataType   string `json:"Data Type"`
	DataValue  string `json:"Data Value"`
}

func (f *flatRow) fill(cells []string) {
	for i, to := range []*string{
		&f.User, &f.Email, &f.CRMUserID, &f.Role, &f.ParentRole, &f.Timeframe, &f.Field, &f.Week, &f.StartDay, &f.EndDay, &f.DataType, &f.DataValue,
	} {
		*to = cells[i]
	}
}

// decodeFlat reads flat rows with the standard library.
func decodeFlat(r *result) (rows []flatRow, err error) {
	switch r.Encoding {
	case sim.FlatObjects:
		err = json.NewDecoder(bufio.NewReader(r.section())).Decode(&rows)
	case sim.FlatLists:
		var lists [][]string
		err = json.NewDecoder(bufio.NewReader(r.section())).Decode(&lists)
		rows = make([]flatRow, len(lists)-1)
		for i := range rows {
			rows[i].fill(lists[i+1])
		}
	case sim.CSV:
		d := csv.NewReader(r.section())
		if _, err := d.Read(); err != nil {
			return nil, err
		}
		for {
			cells, err := d.Read()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			var f flatRow
			f.fill(cells)
			rows = append(rows, f)
		}
	}
	return rows, err
}

// decodeRows reads the entries of any result.
func decodeRows(r *result) (rows []*row, err error) {
	if r.Flat() {
		var flat []flatRow
		if flat, err = decodeFlat(r); err == nil {
			rows, err = join(flat)
		}
	} else {
		rows, err = decodeStructs(r)
	}
	if err == nil && len(rows) != r.entries {
		err = fmt.Errorf("%d rows of %d", len(rows), r.entries)
	}
	return rows, err
}

// join makes entries of flat rows, through a map.
func join(flat []flatRow) (rows []*row, err error) {
	type key struct{ user, role, parentRole, timeframe, week, field string }
	found := map[key]*row{}
	for i := range flat {
		f := &flat[i]
		k := key{f.Email, f.Role, f.ParentRole, f.Timeframe, f.StartDay, f.Field}
		w := found[k]
		if w == nil {
			day, err := time.Parse("01/02/2006", f.StartDay)
			if err != nil {
				return nil, err
			}
			w = newRow()
			w.TimePeriodID, w.TimeFrameID = f.Timeframe, "TF:"+day.Format(time.DateOnly)
			w.UserID, w.FieldID, w.FieldName = f.Email+" "+f.Role, f.Field, &f.Field
			w.CRMUserID, w.Email = &f.CRMUserID, &f.Email
			found[k] = w
			rows = append(rows, w)
		}
		switch f.DataType {
		case "Forecast Value":
			w.ForecastValue = amount(f.DataValue)
		case "Forecast Updated":
			w.IsUpdated = new(f.DataValue == "Yes")
		case "Quota Value":
			w.QuotaValue = amount(f.DataValue)
		case "Adjustment Value":
			w.AdjustmentValue = amount(f.DataValue)
		}
	}
	return rows, nil
}

var noSigns = strings.NewReplacer("$", "", ",", "", "(", "-", ")", "")

func amount(text string) *float64 {
	v, err := strconv.ParseFloat(noSigns.Replace(text), 64)
	if err != nil {
		return nil
	}
	return &v
}
