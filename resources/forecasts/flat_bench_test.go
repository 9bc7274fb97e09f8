package forecasts

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// flatTenant makes the lines of a result in the flat shapes, header first: every person has every field in every week, each with
// a Forecast Value and a Forecast Updated. Shuffled, no two lines of an entry stand together.
func flatTenant(people, fields, weeks int, shuffled bool) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	lines := [][]string{columnNames[:]}
	for i := range people * fields * weeks {
		f, w, p := i%fields, i/fields%weeks, i/fields/weeks
		day := time.Date(2026, 5, 5+7*w, 0, 0, 0, 0, time.UTC)
		key := []string{
			fmt.Sprintf("Person %d", p), fmt.Sprintf("p%d@example.com", p), fmt.Sprintf("0054M%013d", p), fmt.Sprintf("Sales Rep - %d", p%300), "CEO",
			"FY27 Q2", fmt.Sprintf("Field %d", f), fmt.Sprint(w), day.Format("01/02/2006"), day.AddDate(0, 0, 6).Format("01/02/2006"),
		}
		value := fmt.Sprintf("%.1f", r.Float64()*1e6)
		switch {
		case i%16 == 15:
			value = ""
		case i%32 == 30:
			value = "n/a, \"really\"\nno"
		case i%2 == 0:
			value = fmt.Sprintf("$%d,%03d,%03d.%02d", 1+r.IntN(9), r.IntN(1000), r.IntN(1000), r.IntN(100))
		}
		lines = append(lines, append(slices.Clone(key), "Forecast Value", value), append(slices.Clone(key), "Forecast Updated", []string{"Yes", "No"}[i%2]))
	}
	if shuffled {
		r.Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
	}
	return lines
}

// The lines of a result as Clari may write them.
func asCSV(lines [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(lines) // a buffer does not fail
	return b.Bytes()
}

func asLists(lines [][]string) []byte {
	b, _ := json.Marshal(lines) // strings do not fail
	return b
}

func asObjects(lines [][]string) []byte {
	b := bytes.NewBufferString("[")
	for i, line := range lines[1:] {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, cell := range line {
			name, _ := json.Marshal(lines[0][j])
			value, _ := json.Marshal(cell)
			b.WriteByte("{,"[min(j, 1)])
			b.Write(name)
			b.WriteByte(':')
			b.Write(value)
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return b.Bytes()
}

var flatEncodings = []struct {
	shape  string
	encode func([][]string) []byte
}{{shapeCSV, asCSV}, {shapeFlatObjects, asObjects}, {shapeFlatLists, asLists}}

// BenchmarkInspectFlat reads results of 130,000 entries in 2 lines each. With -cpu 1 lines/s are those of one core.
func BenchmarkInspectFlat(b *testing.B) {
	for _, shuffled := range []bool{false, true} {
		for _, encoding := range flatEncodings {
			b.Run(fmt.Sprintf("%s/shuffled=%t", encoding.shape, shuffled), func(b *testing.B) {
				lines := flatTenant(1000, 10, 13, shuffled)
				data := encoding.encode(lines)
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if _, err := inspectFlat(b.Context(), section(data), encoding.shape, Asked{Quarter: "2027_Q2"}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(len(lines)-1)/b.Elapsed().Seconds(), "lines/s")
			})
		}
	}
}

// nowhere takes rows and forgets them.
type nowhere struct{ entries int }

func (n *nowhere) Entry(*Entry) error         { n.entries++; return nil }
func (*nowhere) User(*User) error             { return nil }
func (*nowhere) Field(*Field) error           { return nil }
func (*nowhere) TimePeriod(*TimePeriod) error { return nil }
func (*nowhere) TimeFrame(*TimeFrame) error   { return nil }

func (r *Result) emitAll(ctx context.Context, out rows) error {
	for _, part := range append([]func(context.Context, rows) error{r.emit}, r.entries...) {
		if err := part(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkEmitFlat(b *testing.B) {
	result, err := inspectFlat(b.Context(), section(asCSV(flatTenant(1000, 10, 13, true))), shapeCSV, Asked{Quarter: "2027_Q2"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := result.emitAll(b.Context(), &nowhere{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(result.Entries)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkCSV compares the reader with the standard library's, which makes a string of every record.
func BenchmarkCSV(b *testing.B) {
	data := asCSV(flatTenant(1000, 10, 13, false))
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			for r := newCSVReader(bytes.NewReader(data)); ; {
				if _, err := r.read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("encoding/csv", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(data))
			for r.ReuseRecord = true; ; {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
