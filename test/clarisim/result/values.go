package result

import (
	"math"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// A column is one of the values an entry may have; a type of the export brings one of them.
type column uint8

const (
	forecastColumn column = 1 << iota
	updatedColumn
	quotaColumn
	adjustmentColumn
	totalColumn
	closedColumn
	money = forecastColumn | quotaColumn | adjustmentColumn | totalColumn | closedColumn
)

var columnOfType = map[string]column{
	"forecast": forecastColumn, "forecast_updated": updatedColumn, "quota": quotaColumn,
	"adjustment": adjustmentColumn, "crm_total": totalColumn, "crm_closed": closedColumn,
}

var DefaultTypes = []string{"forecast", "forecast_updated"}

func (x Export) columns() (c column) {
	types := x.Types
	if len(types) == 0 {
		types = DefaultTypes
	}
	for _, t := range types {
		c |= columnOfType[t]
	}
	return c
}

// An amount is in hundredths, so that its text and its float64 agree to the last digit.
type amount struct {
	hundredths int64
	null       bool
}

func (a amount) float() float64 { return float64(a.hundredths) / 100 }

// A cell is the values of one entry. Only those in has are part of it.
type cell struct {
	has                                           column
	forecast, quota, adjustment, crmTotal, crmWon amount
	updated                                       bool
	updatedBy, adjustedBy                         string // "": nobody
	updatedOn, adjustedOn                         int64  // epoch milliseconds; 0: never
	look                                          uint64 // picks how amounts are written in flat rows
}

// cell computes the entry of a block's week; not one of its values depends on what was computed before.
func (x Export) cell(b block, w tenant.Week, asked column) cell {
	if x.Tenant.Amounts != nil {
		return x.told(b, w, asked)
	}
	h := tenant.Mix(tenant.Mix(b.hash, uint64(w.First.Unix())), x.revision(w))
	c := cell{look: tenant.Mix(h, 9)}
	if b.Type == "quota" {
		c.has = asked & quotaColumn
		// A quota is set for the quarter, not for the week.
		c.quota = amountFrom(tenant.Mix(b.hash, 3))
		return c
	}
	c.has = asked & (forecastColumn | updatedColumn | totalColumn | closedColumn)
	c.crmTotal, c.crmWon = amountFrom(tenant.Mix(h, 4)), amountFrom(tenant.Mix(h, 5))
	if w.First.After(x.At) && w.Number > 0 { // still to come
		c.forecast.null = true
		return c
	}
	c.forecast = amountFrom(tenant.Mix(h, 1))
	if c.updated = h%4 != 0; c.updated {
		c.updatedBy, c.updatedOn = b.Member.Name, w.First.UnixMilli()+int64(h>>8%(7*24*3600*1000))
	}
	if adjusted := tenant.Mix(h, 6); adjusted%4 == 0 && b.Manager != "" {
		c.has |= asked & adjustmentColumn
		c.adjustment = amountFrom(tenant.Mix(h, 2))
		c.adjustedBy, c.adjustedOn = b.Manager, w.Last.UnixMilli()+int64(adjusted>>8%(3600*1000))
	}
	return c
}

// told is the entry that Tenant.Amounts tells.
func (x Export) told(b block, w tenant.Week, asked column) cell {
	a := x.Tenant.Amounts(tenant.Sale{Person: b.Member.Number, Tab: x.Tab.ID, Field: *b.Field, Quarter: x.Quarter, Week: w, At: x.At})
	c := cell{updated: a.Updated}
	set := func(col column, v float64) amount {
		if math.IsNaN(v) {
			return amount{null: true}
		}
		c.has |= asked & col
		return amount{hundredths: int64(math.Round(v * 100))}
	}
	c.forecast, c.quota, c.adjustment = set(forecastColumn, a.Forecast), set(quotaColumn, a.Quota), set(adjustmentColumn, a.Adjustment)
	c.crmTotal, c.crmWon = set(totalColumn, a.CRMTotal), set(closedColumn, a.CRMClosed)
	if b.Type == "forecast" {
		c.has |= asked & updatedColumn
	}
	if c.updated {
		c.updatedBy, c.updatedOn = b.Member.Name, w.First.Add(26*time.Hour).UnixMilli()
	}
	if c.has&adjustmentColumn != 0 {
		c.adjustedBy, c.adjustedOn = b.Manager, w.First.Add(50*time.Hour).UnixMilli()
	}
	return c
}

// revision counts how often the amounts of a week have changed by the instant of the export.
func (x Export) revision(w tenant.Week) uint64 {
	if x.Tenant.ChangeEvery == 0 {
		return 0
	}
	at, settled := x.At, w.Last.Add(32*time.Hour)
	if at.After(settled) {
		at = settled
	}
	return uint64(at.UnixNano() / int64(x.Tenant.ChangeEvery))
}

// amountFrom makes one in eight null, one in eight negative, and half of them whole.
func amountFrom(h uint64) amount {
	a := amount{hundredths: int64(h >> 16 % 500_000_000)}
	switch h % 8 {
	case 0:
		return amount{null: true}
	case 1:
		a.hundredths = -a.hundredths
	}
	if h&64 != 0 {
		a.hundredths -= a.hundredths % 100
	}
	return a
}

// hash is that of all an amount depends on but the person, field, week and revision.
func (x Export) hash() uint64 {
	h := x.Tenant.Seed
	for _, text := range []string{x.Tab.ID, x.Scope, x.Currency, x.Quarter.String()} {
		for _, b := range []byte(text) {
			h = h*1099511628211 ^ uint64(b)
		}
		h = tenant.Mix(h, uint64(len(text)))
	}
	return h
}

// UnknownTypes are those that Clari's enum does not list.
func UnknownTypes(types []string) []string {
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return columnOfType[t] != 0 })
}
