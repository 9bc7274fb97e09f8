package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// EntriesTableName is the name of the table that the others explain.
const EntriesTableName = "clari_forecast_entries"

// Entries is a batch of entries, column by column: numbers of rows in the other tables, and the values.
type Entries struct {
	Users   []User
	Fields  []Field
	Frames  []TimeFrame
	Periods []TimePeriod
	Quarter FiscalQuarter

	Keys     []uint32 // four a row: numbers of user, field, frame and period
	Amounts  [][]float64
	Instants [][]int64 // microseconds since 1970, UTC
	Labels   [][]uint32
	Words    []uint32 // the bits of each row: see Value
	Extras   []uint64

	Label    func(slot int, ref uint32) string // of a Label, empty for 0
	Document func(extra uint64) []byte         // JSON object, good until the next call; empty for 0
	Currency string                            // code of entries that have none of their own

	row  int
	runs [KeyParts][]table.Run // made when they are asked for
}

// KeyParts are the numbers of a key, in their order in Keys.
const (
	KeyUser = iota
	KeyField
	KeyFrame
	KeyPeriod
	KeyParts
)

// Rows is how many rows there are.
func (b *Entries) Rows() int { return len(b.Words) }

// Row is the row in view.
func (b *Entries) Row() int { return b.row }

// View puts a row in view.
func (b *Entries) View(i int) { b.row = i }

func (b *Entries) bits(mask uint32) table.Bits { return table.Bits{Words: b.Words, Mask: mask} }

// borrow is a column that entries borrow from the rows that a part of their key numbers.
func borrow[U any](c table.Column[U], part int, rows func(b *Entries) []U) table.Column[Entries] {
	return table.Through(c, table.Lent[Entries, U]{
		Rows: rows,
		Runs: func(b *Entries) []table.Run {
			if b.runs[part] == nil {
				b.runs[part] = table.Runs(b.Keys, part, KeyParts)
			}
			return b.runs[part]
		},
		Row: func(b *Entries, i int) int { return int(b.Keys[KeyParts*i+part]) },
	})
}

func ofUser(c table.Column[User]) table.Column[Entries] {
	return borrow(c, KeyUser, func(b *Entries) []User { return b.Users })
}

func ofField(c table.Column[Field]) table.Column[Entries] {
	return borrow(c, KeyField, func(b *Entries) []Field { return b.Fields })
}

func ofFrame(c table.Column[TimeFrame]) table.Column[Entries] {
	return borrow(c, KeyFrame, func(b *Entries) []TimeFrame { return b.Frames })
}

func ofPeriod(c table.Column[TimePeriod]) table.Column[Entries] {
	return borrow(c, KeyPeriod, func(b *Entries) []TimePeriod { return b.Periods })
}

func ofQuarter(c table.Column[FiscalQuarter]) table.Column[Entries] {
	return table.Through(c, table.Lent[Entries, FiscalQuarter]{
		Rows: func(b *Entries) []FiscalQuarter { return []FiscalQuarter{b.Quarter} },
		Runs: func(b *Entries) []table.Run { return []table.Run{{Rows: int32(b.Rows())}} },
		Row:  func(*Entries, int) int { return 0 },
	})
}

// EntriesTable has the entries.
var EntriesTable = table.Def[shared, Entries]{
	Name:  EntriesTableName,
	Title: "Clari Forecast Entries",
	Description: "One row per person, field and week: call, quota, adjustment, CRM sums. A value that the export did not ask for is null, never zero. " +
		"A manager's amounts include the team's. Never add rows of different levels.",
	Shared:  sharedColumns(true),
	Columns: entryColumns(),
}

func entryColumns() []table.Column[Entries] {
	columns := []table.Column[Entries]{
		ofPeriod(table.String("time_period_id", "Fiscal quarter of the entry, or the month in it.", func(p *TimePeriod) *string { return &p.TimePeriodID }).Key()),
		ofFrame(table.String("time_frame_id", "Week of the entry. A week on the boundary belongs to two quarters.", func(f *TimeFrame) *string { return &f.TimeFrameID }).Key()),
		ofUser(table.String("user_id", "Person in a role. Somebody who changes roles gets another one. Sum by it.", func(u *User) *string { return &u.UserID }).Key()),
		ofField(table.String("field_id", "Field of the forecast tab, such as commit or best case.", func(f *Field) *string { return &f.FieldID }).Key()),
		ofFrame(table.Date("week_start_date", "First day of the week.", frameStart)),
		ofFrame(table.Date("week_end_date", "Last day of the week.", frameEnd)),
		ofFrame(table.Int("week_number", "Number of the week in the quarter: the week in which the quarter begins is 1. Null if the start of the quarter is not known.", frameNumber)),
		ofFrame(table.Int("weeks_to_end", weeksToEndDescription, frameWeeksToEnd)),
		ofPeriod(table.NullString("time_period_type", "Kind of the entry's time period: quarter or month.", periodType)),
		ofPeriod(table.Date("time_period_start_date", "First day of the entry's time period.", periodStart)),
		ofPeriod(table.Date("time_period_end_date", "Last day of the entry's time period.", periodEnd)),
		ofQuarter(table.Int("fiscal_year", "Fiscal year of requested_period: the year that it ends in.", func(q *FiscalQuarter) *table.Opt[int64] { return &q.Year })),
		ofQuarter(table.Int("fiscal_quarter", "Fiscal quarter of requested_period, 1 to 4.", func(q *FiscalQuarter) *table.Opt[int64] { return &q.Number })),
		ofUser(table.NullString("user_name", "The person's name.", userName)),
		ofUser(table.NullString("email", "The person's e-mail address.", userEmail)),
		ofUser(role), ofUser(personID), ofUser(clariUserID), ofUser(crmUserID), ofUser(userType), ofUser(hierarchyLevel), ofUser(hasReports), ofUser(managerUserID),
		ofUser(table.NullString("manager_name", "Name of the person whose user_id is manager_user_id.", func(u *User) *table.Opt[string] { return &u.ManagerName })),
		ofField(table.NullString("field_name", "Label of the field.", fieldName)),
		ofField(table.NullString("field_type", "Kind of the field, as in clari_forecast_fields.", fieldType)),
	}
	for _, v := range Values {
		columns = append(columns, v.column())
	}
	return append(columns, table.Documents("extra", extraDescription,
		func(b *Entries) []uint64 { return b.Extras }, func(b *Entries, extra uint64) []byte { return b.Document(extra) }))
}

const extraDescription = "JSON object of what the result has and no column holds. Null if there is nothing. " +
	"If the result gives a label of the row several values, the column has the first, other_<column> up to 50 others, and other_<column>_more counts the rest. " +
	"cut_members names what was dropped because the object would exceed 512 KiB."

func extraColumn[R any](get func(*R) *[]byte) table.Column[R] {
	return table.JSON("extra", extraDescription, get).Unmerged()
}

// Slice is the rows from one to before another.
func (b *Entries) Slice(from, to int) *Entries {
	part := *b
	part.runs = [KeyParts][]table.Run{}
	part.Keys, part.Words, part.Extras = b.Keys[KeyParts*from:KeyParts*to], b.Words[from:to], b.Extras[from:to]
	part.Amounts, part.Instants, part.Labels = cut(b.Amounts, from, to), cut(b.Instants, from, to), cut(b.Labels, from, to)
	return &part
}

func cut[T any](columns [][]T, from, to int) [][]T {
	parts := make([][]T, len(columns))
	for i, c := range columns {
		parts[i] = c[from:to]
	}
	return parts
}
