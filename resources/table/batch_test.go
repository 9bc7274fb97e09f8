package table

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// lender is a row that those of a batch borrow from.
type lender struct {
	name Opt[string]
	yes  Opt[bool]
	at   Opt[int64]
}

// batch is a batch of rows: numbers of lenders, and cells of their own.
type batch struct {
	lenders []lender
	numbers []uint32
	amounts []float64
	words   []uint32 // 1: the amount is known, 2: the flag is, 4: it is true
	refs    []uint32
	row     int
}

func (b *batch) Rows() int  { return len(b.numbers) }
func (b *batch) Row() int   { return b.row }
func (b *batch) View(i int) { b.row = i }

func (b *batch) Slice(from, to int) *batch {
	return &batch{lenders: b.lenders, numbers: b.numbers[from:to], amounts: b.amounts[from:to], words: b.words[from:to], refs: b.refs[from:to]}
}

var lent = Lent[batch, lender]{
	Rows: func(b *batch) []lender { return b.lenders },
	Runs: func(b *batch) []Run { return Runs(b.numbers, 0, 1) },
	Row:  func(b *batch, i int) int { return int(b.numbers[i]) },
}

var batches = Def[struct{}, batch]{
	Name: "batches",
	Columns: []Column[batch]{
		Through(NullString("name", "", func(l *lender) *Opt[string] { return &l.name }).Key(), lent),
		Through(Bool("yes", "", func(l *lender) *Opt[bool] { return &l.yes }), lent),
		Through(Timestamp("at", "", func(l *lender) *Opt[int64] { return &l.at }), lent),
		Floats("amount", "", func(b *batch) ([]float64, Bits) { return b.amounts, Bits{b.words, 1} }),
		Flags("flag", "", func(b *batch) (values, known Bits) { return Bits{b.words, 4}, Bits{b.words, 2} }),
		Texts("text", "", func(b *batch) []uint32 { return b.refs }, func(_ *batch, ref uint32) string { return "aaaa"[:ref] }),
	},
}

// cells are what the columns of a batch have in a row, as Arrow prints it.
func (b *batch) cells(i int) []string {
	orNull := func(valid bool, text string) string {
		if valid {
			return text
		}
		return array.NullValueStr
	}
	l, w := b.lenders[b.numbers[i]], b.words[i]
	return []string{
		orNull(l.name.Valid, l.name.V), orNull(l.yes.Valid, fmt.Sprint(l.yes.V)), orNull(l.at.Valid, arrow.Timestamp(l.at.V).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05Z")),
		orNull(w&1 != 0, fmt.Sprint(b.amounts[i])), orNull(w&2 != 0, fmt.Sprint(w&4 != 0)), orNull(b.refs[i] != 0, "aaaa"[:b.refs[i]]),
	}
}

// steadyRows are rows of one and the same cells.
func steadyRows(rows int, number, word, ref uint32) *batch {
	b := &batch{
		lenders: []lender{{Some("a"), Some(true), Some[int64](1_000_000)}, {}, {Some("b"), Some(false), Some[int64](0)}},
		amounts: make([]float64, rows),
	}
	b.numbers, b.words, b.refs = slices.Repeat([]uint32{number}, rows), slices.Repeat([]uint32{word}, rows), slices.Repeat([]uint32{ref}, rows)
	return b
}

// Whether rows have one cell or many, that of the record before or another, nulls or none: each record has its own cells.
func TestBatches(t *testing.T) {
	mixed := func(rows int) *batch {
		b := steadyRows(rows, 0, 0, 0)
		for i := range rows {
			b.numbers[i], b.words[i], b.refs[i], b.amounts[i] = uint32(i/9%3), uint32(i/2%8), uint32(i/5%4), float64(i)
		}
		return b
	}
	m := NewBatches[struct{}, batch, *batch](&batches, Options{}, &struct{}{})
	for n, b := range []*batch{
		steadyRows(20, 0, 7, 2), steadyRows(20, 0, 7, 2), steadyRows(7, 0, 7, 2), steadyRows(7, 1, 0, 0), steadyRows(7, 1, 0, 0), steadyRows(7, 2, 3, 1),
		mixed(100), steadyRows(7, 2, 3, 1), mixed(1), mixed(17), mixed(100), steadyRows(100, 1, 0, 0), mixed(100), steadyRows(100, 1, 0, 0),
	} {
		err := m.Each(b, func(r arrow.Record) error {
			for i := range b.Rows() {
				var got []string
				for _, c := range r.Columns()[2:] { // behind the ids
					got = append(got, c.ValueStr(i))
				}
				if want := b.cells(i); !slices.Equal(want, got) {
					t.Fatalf("batch %d, row %d: %v, want %v", n, i, got, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A column costs five allocations a record, and none at all where all rows have the cell of the record before.
func TestBatchAllocations(t *testing.T) {
	m := NewBatches[struct{}, batch, *batch](&batches, Options{}, &struct{}{})
	perRecord := func(b *batch) float64 {
		return testing.AllocsPerRun(5, func() { _ = m.Each(b, func(arrow.Record) error { return nil }) })
	}
	steady, other := steadyRows(maxRows, 0, 7, 2), steadyRows(maxRows, 0, 7, 2)
	for i := range other.numbers {
		other.numbers[i], other.words[i], other.refs[i] = uint32(i%3), uint32(i%8), uint32(i%4)
	}
	base, more := perRecord(steady), perRecord(other)
	if columns := float64(len(batches.Columns)); base > 30+raceAllocations*maxRows || more > base+5*columns {
		t.Errorf("%.0f allocations a record, %.0f with different cells", base, more)
	}
}
