package result

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

func (x Export) writeArrays(w *bufio.Writer) error {
	order := x.Quirks.ArrayOrder
	if order == nil {
		order = arrayNames
	}
	for i, name := range order {
		fmt.Fprintf(w, "%c%q:[", "{,"[min(i, 1)], name)
		separate := separator(w)
		switch name {
		case "entries":
			x.writeEntries(w, separate)
		case "users":
			for p := range x.people() {
				separate()
				writeObject(w, x.userObject(p))
			}
		case "fields":
			x.writeFields(w, separate)
		case "timePeriods":
			x.writePeriods(w, separate)
		case "timeFrames":
			x.writeFrames(w, separate)
		}
		if _, err := w.WriteString("]"); err != nil {
			return err
		}
	}
	return w.WriteByte('}')
}

// separator is a function that writes a comma before every item but the first.
func separator(w *bufio.Writer) func() {
	first := true
	return func() {
		if !first {
			w.WriteByte(',')
		}
		first = false
	}
}

// writeEntries stops at a broken connection only with the next person: bufio keeps the error.
func (x Export) writeEntries(w *bufio.Writer, separate func()) {
	code, sign := x.currency()
	money := fmt.Sprintf(`,"currency":{"code":%s,"symbol":%s}`, quote(code), quote(sign))
	weeks := x.shuffled(x.weeks())
	frames := make([]string, len(weeks))
	for i, week := range weeks {
		frames[i] = fmt.Sprintf(`,"timeFrameId":%q`, week.ID())
	}
	missing := x.Quirks.MissingID
	var line []byte
	for _, parts := range x.passes() {
		for b := range x.all() {
			head := entryHead(b)
			currency := money
			if b.Count {
				currency = `,"currency":null`
			}
			for i, week := range weeks {
				for _, part := range parts {
					c := x.cell(b, week, part)
					if c.has == 0 {
						continue
					}
					separate()
					line = append(append(line[:0], head...), frames[i]...)
					if missing {
						line, missing = append(append(line[:0], '{'), frames[i][1:]...), false
					}
					line = x.appendColumns(line, c, currency)
					if _, err := w.Write(line); err != nil {
						return
					}
				}
			}
		}
	}
	if b, week, c, ok := x.repeated(); ok {
		separate()
		line = append(line[:0], entryHead(b)+`,"timeFrameId":"`+week.ID()+`"`...)
		w.Write(x.appendColumns(line, c, money))
	}
}

func entryHead(b block) string {
	return fmt.Sprintf(`{"fieldId":%s,"userId":%s,"timePeriodId":%q`, quote(b.Field.ID), quote(b.UserID()), b.Period.ID)
}

// appendColumns leaves out the keys that do not apply, and ends the object.
func (x Export) appendColumns(line []byte, c cell, currency string) []byte {
	put := func(key string, a amount) {
		line = append(append(append(line, `,"`...), key...), `":`...)
		line = x.appendAmount(line, a)
	}
	if c.has&forecastColumn != 0 {
		put("forecastValue", c.forecast)
	}
	if c.has&quotaColumn != 0 {
		put("quotaValue", c.quota)
	}
	if c.has&adjustmentColumn != 0 {
		put("adjustmentValue", c.adjustment)
		line = appendQuoted(append(line, `,"adjustedBy":`...), c.adjustedBy)
		line = strconv.AppendInt(append(line, `,"adjustedOn":`...), c.adjustedOn, 10)
	}
	if c.has&totalColumn != 0 {
		put("aggregationTotal", c.crmTotal)
	}
	if c.has&closedColumn != 0 {
		put(crmClosedKey, c.crmWon)
	}
	if c.has&money != 0 {
		line = append(line, currency...)
	}
	if c.has&updatedColumn != 0 {
		line = strconv.AppendBool(append(line, `,"isUpdated":`...), c.updated)
		if c.updated {
			line = appendQuoted(append(line, `,"updatedBy":`...), c.updatedBy)
			line = strconv.AppendInt(append(line, `,"updatedOn":`...), c.updatedOn, 10)
		} else {
			line = append(line, `,"updatedOn":null`...)
		}
	}
	if x.Quirks.ExtraKeys {
		line = append(line, `,"simNote":"entry"`...)
	}
	if x.Quirks.UniqueKeys {
		line = append(line, fmt.Sprintf(`,"%s":"u%d"`, uniqueKey(c), c.look%1000)...)
	}
	return append(line, '}')
}

func (x Export) appendAmount(line []byte, a amount) []byte {
	switch {
	case a.null:
		return append(line, "null"...)
	case x.Quirks.AmountText:
		return append(appendAmount(append(line, '"'), a), '"')
	default:
		return appendAmount(line, a)
	}
}

func (x Export) userObject(p tenant.Member) object {
	o := object{
		"userId": p.UserID(), "name": p.Name, "email": p.Email, "crmId": nil, "scopeId": p.Scope(),
		"hierarchyId": p.RoleID, "hierarchyName": p.Role,
		"parentHierarchyId": p.ParentRoleID, "parentHierarchyName": p.ParentRole,
	}
	if p.CRMID != "" {
		o["crmId"] = p.CRMID
	}
	if x.Quirks.ScopeObject {
		o["scopeId"] = json.RawMessage(p.Scope())
	}
	return o.with(x.Note("user"))
}

func (x Export) writeFields(w *bufio.Writer, separate func()) {
	for f := range x.Fields() {
		separate()
		writeObject(w, object{"fieldId": f.ID, "fieldName": f.Name, "fieldType": f.Type}.with(x.Note("field")))
	}
}

func (x Export) writePeriods(w *bufio.Writer, separate func()) {
	for p := range x.TimePeriods() {
		separate()
		writeObject(w, object{
			"timePeriodId": p.ID, "type": p.Kind, "label": p.Label, "year": strconv.Itoa(p.Year), "crmId": p.CRMID,
			"startDate": p.First.Format(time.DateOnly), "endDate": p.Last.Format(time.DateOnly),
		}.with(x.Note("period")))
	}
}

func (x Export) writeFrames(w *bufio.Writer, separate func()) {
	if x.Quirks.Bare {
		return
	}
	for _, week := range x.shuffled(x.weeks()) {
		separate()
		writeObject(w, object{
			"timeFrameId": week.ID(), "startDate": week.First.Format(time.DateOnly), "endDate": week.Last.Format(time.DateOnly),
		}.with(x.Note("frame")))
	}
}
