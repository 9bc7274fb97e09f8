package result

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// tenant writes a result of five arrays: every person has every field in every week of a quarter.
func tenant(people, fields, weeks int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	user := func(p int) string { return fmt.Sprintf("%d:00E4M0000%07dUAS", 280_000+p, p%300) }
	week := func(w int) string { return time.Date(2022, 11, 1+7*w, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
	comma := func(i int) {
		if i > 0 {
			b.WriteByte(',')
		}
	}
	b.WriteString(`{"entries":[`)
	for i := range people * weeks * fields {
		comma(i)
		f, w, p := i%fields, i/fields%weeks, i/fields/weeks
		fmt.Fprintf(&b, `{"fieldId":"fc_field_%d","userId":%q,"timeFrameId":"TF:%s","timePeriodId":"2023_Q4","forecastValue":%.2f,`+
			`"currency":{"code":"USD","symbol":"$"},"isUpdated":%t,"updatedBy":"person %d","updatedOn":%d}`,
			f, user(p), week(w), r.Float64()*1e6, i%3 == 0, p, 1_670_500_000_000+r.Int64N(1e9))
	}
	b.WriteString(`],"users":[`)
	for p := range people {
		comma(p)
		fmt.Fprintf(&b, `{"userId":%q,"name":"Person %d","email":"p%d@example.com","scopeId":"{\"type\":\"REP\",\"userId\":%d}",`+
			`"crmId":"0054M%010d","hierarchyId":"00E%d","hierarchyName":"Sales Rep %d","parentHierarchyId":"00E1","parentHierarchyName":"CEO"}`,
			user(p), p, p, p, p, p%300, p%300)
	}
	b.WriteString(`],"fields":[`)
	for f := range fields {
		comma(f)
		fmt.Fprintf(&b, `{"fieldId":"fc_field_%d","fieldName":"Field %d","fieldType":"forecast"}`, f, f)
	}
	b.WriteString(`],"timePeriods":[{"timePeriodId":"2023_Q4","type":"quarter","label":"Quarter 4","year":"2023",` +
		`"startDate":"2022-11-01","endDate":"2023-01-31","crmId":"0264M000001KFm1QAG"}],"timeFrames":[`)
	for w := range weeks {
		comma(w)
		fmt.Fprintf(&b, `{"timeFrameId":"TF:%s","startDate":%q,"endDate":%q}`, week(w), week(w), week(w))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

var benchResult = sync.OnceValue(func() []byte { return tenant(360, 20, 14) }) // 100,800 entries

// BenchmarkTokens is the yardstick: what a tokenizer needs to read the result once and do nothing with it.
func BenchmarkTokens(b *testing.B) {
	b.SetBytes(int64(len(benchResult())))
	for b.Loop() {
		d := jsontext.NewDecoder(bytes.NewReader(benchResult()), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		for {
			_, err := d.ReadToken()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	oneWay(b)
	b.SetBytes(int64(len(benchResult())))
	b.ReportAllocs()
	for b.Loop() {
		res, err := Read(b.Context(), bytes.NewReader(benchResult()), Asked{Period: "2023_Q4"})
		if err != nil {
			b.Fatal(err)
		}
		res.Close()
	}
}

// BenchmarkEmit is what is left to do after the last byte but for the bytes that leave the plugin.
func BenchmarkEmit(b *testing.B) { benchmarkEmit(b, nowhere) }

func nowhere(context.Context, arrow.Record) error { return nil }

// BenchmarkEmitBytes is the same with them.
func BenchmarkEmitBytes(b *testing.B) {
	benchmarkEmit(b, func(_ context.Context, record arrow.Record) error {
		_, err := pb.RecordToBytes(record)
		return err
	})
}

func benchmarkEmit(b *testing.B, send table.Send) {
	oneWay(b)
	res, err := Read(b.Context(), bytes.NewReader(benchResult()), Asked{Period: "2023_Q4"})
	if err != nil {
		b.Fatal(err)
	}
	defer res.Close()
	if err := res.Check(b.Context()); err != nil {
		b.Fatal(err)
	}
	tables := forecast.NewTables(everyTable, table.Options{}, send)
	b.SetBytes(int64(len(benchResult())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := res.Emit(b.Context(), forecast.Origin{ForecastID: "net_arr", JobID: "job"}, tables); err != nil {
			b.Fatal(err)
		}
	}
}
