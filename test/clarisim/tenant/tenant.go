// Package tenant makes up a customer of Clari from a seed: who is in its hierarchy, its forecast tabs, its fiscal calendar. Nothing of it is held in
// memory. What an export of it holds is in result.
package tenant

import (
	"cmp"
	"fmt"
	"time"
)

// A Tenant is a customer of Clari, made up from a seed. Nothing of it is held in memory: people, weeks and
// amounts are computed as they are needed, so that a tenant may have any size. The zero value is a small tenant.
type Tenant struct {
	Seed    uint64
	People  int                // in the hierarchy; 0 is 9
	Span    int                // direct reports of a manager; 0 is 8
	Staff   []Person           // in place of generated people: exactly these, whatever hierarchy they make
	Amounts func(Sale) Amounts // in place of generated ones; nil: those of the seed
	Tabs    []Tab              // none is one tab named "forecast" with Fields(4)

	Calendar     Calendar
	FirstQuarter Quarter                // earlier quarters hold no entries; zero: no such limit
	QuarterLabel func(q Quarter) string // nil: "Quarter 2" in five arrays, "FY27 Q2" in flat rows
	Currency     string                 // the one used when none is asked for; "" is USD

	// ChangeEvery makes amounts change from export to export: once in every such interval, until a week is settled,
	// which is at 08:00 UTC of the day after its last (observed in production pipelines). 0: amounts never change.
	ChangeEvery time.Duration
	BlankWeeks  bool // history also holds the weeks to come, with blank values
	MissingCRM  int  // every so manyth person has no CRM user id; 0: none

	// Leavers are no longer opted in from the given time on, and are then missing from all weeks, past ones too.
	Leavers map[int]time.Time
}

// A Tab is a forecast tab.
type Tab struct {
	ID        string
	Fields    []Field  // none is Fields(4)
	Encoding  Encoding // of its JSON results; "" is the server's
	NoOptIn   bool     // every export is refused with 401 no_optin
	RefuseCRM bool     // the types crm_total and crm_closed are refused with 400 type_not_supported
}

// Encoding is the form of a result.
type Encoding string

// The five arrays are one shape, the other three encodings another: flat rows.
const (
	Arrays      Encoding = "arrays"       // {"entries":[..],"users":[..],"fields":[..],"timePeriods":[..],"timeFrames":[..]}
	FlatObjects Encoding = "flat-objects" // [{"User":..,"Email":..},..]
	FlatLists   Encoding = "flat-lists"   // [["User","Email",..],["Jain",..],..]
	CSV         Encoding = "csv"
)

// Flat says whether the encoding is one of flat rows.
func (e Encoding) Flat() bool { return e == FlatObjects || e == FlatLists || e == CSV }

// A Field is a column of a forecast tab.
type Field struct {
	ID, Name string
	Type     string // "forecast", or "quota": such a field holds a quota and no call
	Monthly  bool   // one entry for each month of the quarter instead of one for the quarter
	Count    bool   // no money: its entries have no currency
}

var fieldNames = []string{"Commit", "Best Case", "Churn/Downsell & Flash", "Most Likely", "Upside", "Renewals", "Services"}

// Fields makes n fields, of which the last is a quota where there are two or more.
func Fields(n int) []Field {
	fields := make([]Field, n)
	for i := range fields {
		name := fmt.Sprintf("Call %d", i+1)
		if i < len(fieldNames) {
			name = fieldNames[i]
		}
		fields[i] = Field{ID: fmt.Sprintf("fc_%d", i+1), Name: name, Type: "forecast"}
	}
	if n > 1 {
		fields[n-1] = Field{ID: "quota_f", Name: "Quota", Type: "quota"}
	}
	return fields
}

// MonthlyField is a field whose entries belong to the months inside the quarter.
func MonthlyField() Field {
	return Field{ID: "fc_monthly", Name: "Monthly Commit", Type: "forecast", Monthly: true}
}

// CountField is a field whose values are no money.
func CountField() Field {
	return Field{ID: "fc_deals", Name: "Deals", Type: "forecast", Count: true}
}

// WithDefaults is the tenant with what is left out filled in.
func (t Tenant) WithDefaults() Tenant {
	t.People = cmp.Or(t.People, 9)
	t.Span = cmp.Or(t.Span, 8)
	t.Currency = cmp.Or(t.Currency, "USD")
	if len(t.Tabs) == 0 {
		t.Tabs = []Tab{{ID: "forecast"}}
	}
	tabs := make([]Tab, len(t.Tabs))
	for i, tab := range t.Tabs {
		if len(tab.Fields) == 0 {
			tab.Fields = Fields(4)
		}
		tabs[i] = tab
	}
	t.Tabs = tabs
	return t
}

// Tab finds a tab by its id.
func (t *Tenant) Tab(id string) (Tab, bool) {
	for _, tab := range t.Tabs {
		if tab.ID == id {
			return tab, true
		}
	}
	return Tab{}, false
}

// Currencies are the ones that the stand-in can convert to, with their signs. CHF has none.
var Currencies = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": ""}

// Mix is one step of SplitMix64.
func Mix(h, v uint64) uint64 {
	h += 0x9e3779b97f4a7c15 * (v + 1)
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
