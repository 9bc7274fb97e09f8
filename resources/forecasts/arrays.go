package forecasts

// The five arrays of a result (observed in production pipelines): entries, users, fields, timePeriods and timeFrames. Keys and
// arrays come in any order, and a key that does not apply is left out. Which keys an entry has depends on the types asked for.

func (c *cursor) openRow() {
	c.arena = c.arena[:0]
	c.odd.reset()
}

// closeRow returns what the row had no column for.
func (c *cursor) closeRow() (extra []byte) {
	extra, conflict := c.odd.object()
	if conflict != "" {
		c.fail(twice, clip(conflict))
	}
	return extra
}

func (c *cursor) other(key string) {
	start := c.begin()
	c.skip()
	if c.err == nil {
		c.odd.keep(key, c.b[start:c.i])
	}
}

func (c *cursor) entry(e *Entry) {
	*e = Entry{}
	c.openRow()
	for key := range c.object {
		switch key {
		case "userId":
			putID(c, key, &e.UserID, c.text(key))
		case "fieldId":
			putID(c, key, &e.FieldID, c.text(key))
		case "timeFrameId":
			putID(c, key, &e.TimeFrameID, c.text(key))
		case "timePeriodId":
			putID(c, key, &e.TimePeriodID, c.text(key))
		case "forecastValue":
			put(c, key, &e.ForecastValue, c.amount(key))
		case "quotaValue":
			put(c, key, &e.QuotaValue, c.amount(key))
		case "adjustmentValue":
			put(c, key, &e.AdjustmentValue, c.amount(key))
		case "aggregationTotal":
			put(c, key, &e.CRMTotal, c.amount(key))
		case "currency":
			c.currency(key, e)
		case "isUpdated":
			put(c, key, &e.IsUpdated, c.flag(key))
		case "updatedBy":
			put(c, key, &e.UpdatedBy, c.text(key))
		case "updatedOn":
			put(c, key, &e.UpdatedAt, c.instant(key))
		case "adjustedBy":
			put(c, key, &e.AdjustedBy, c.text(key))
		case "adjustedOn":
			put(c, key, &e.AdjustedAt, c.instant(key))
		default: // whatever crm_closed comes under, for one
			c.other(key)
		}
	}
	e.Extra = c.closeRow()
}

// currency reads {"code": "USD", "symbol": "$"}, or the code alone. What else it holds goes to extra with all of it.
func (c *cursor) currency(key string, e *Entry) {
	start := c.begin()
	if c.peek() != '{' {
		put(c, key, &e.CurrencyCode, c.text(key))
		return
	}
	odd := false
	for member := range c.object {
		switch member {
		case "code":
			put(c, member, &e.CurrencyCode, c.text(key))
		case "symbol":
			put(c, member, &e.CurrencySymbol, c.text(key))
		default:
			c.skip()
			odd = true
		}
	}
	if odd {
		c.keep(start, key)
	}
}

func (c *cursor) user(u *User) {
	*u = User{}
	c.openRow()
	for key := range c.object {
		switch key {
		case "userId":
			putID(c, key, &u.UserID, c.text(key))
		case "name":
			put(c, key, &u.Name, c.text(key))
		case "email":
			put(c, key, &u.Email, c.text(key))
		case "scopeId":
			c.document(key, &u.UserScope)
		case "crmId":
			put(c, key, &u.CRMUserID, c.text(key))
		case "hierarchyId":
			put(c, key, &u.HierarchyID, c.text(key))
		case "hierarchyName":
			put(c, key, &u.Role, c.text(key))
		case "parentHierarchyId":
			put(c, key, &u.ParentHierarchyID, c.text(key))
		case "parentHierarchyName":
			putID(c, key, &u.ParentRole, c.text(key))
		default:
			c.other(key)
		}
	}
	u.Extra = c.closeRow()
}

func (c *cursor) field(f *Field) {
	*f = Field{}
	c.openRow()
	for key := range c.object {
		switch key {
		case "fieldId":
			putID(c, key, &f.FieldID, c.text(key))
		case "fieldName":
			put(c, key, &f.Name, c.text(key))
		case "fieldType":
			put(c, key, &f.Type, c.text(key))
		default:
			c.other(key)
		}
	}
	f.Extra = c.closeRow()
}

func (c *cursor) timePeriod(p *TimePeriod) {
	*p = TimePeriod{}
	c.openRow()
	for key := range c.object {
		switch key {
		case "timePeriodId":
			putID(c, key, &p.TimePeriodID, c.text(key))
		case "type":
			put(c, key, &p.Type, c.text(key))
		case "label":
			put(c, key, &p.Label, c.text(key))
		case "year":
			put(c, key, &p.Year, c.text(key))
		case "startDate":
			put(c, key, &p.StartDate, c.day(key))
		case "endDate":
			put(c, key, &p.EndDate, c.day(key))
		case "crmId":
			put(c, key, &p.CRMID, c.text(key))
		default:
			c.other(key)
		}
	}
	p.Extra = c.closeRow()
}

func (c *cursor) timeFrame(f *TimeFrame) {
	*f = TimeFrame{}
	c.openRow()
	for key := range c.object {
		switch key {
		case "timeFrameId":
			putID(c, key, &f.TimeFrameID, c.text(key))
		case "startDate":
			put(c, key, &f.StartDate, c.day(key))
		case "endDate":
			put(c, key, &f.EndDate, c.day(key))
		case "week":
			put(c, key, &f.Week, c.text(key))
		default:
			c.other(key)
		}
	}
	f.Extra = c.closeRow()
}
