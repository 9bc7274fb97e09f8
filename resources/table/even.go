package table

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	// maxUneven is how much longer than their share of a record some of its rows may be together, in bytes.
	maxUneven = 128 << 10
	// longText is from which average on a column of text is looked at row by row, in bytes.
	longText = 64
)

// even hands a record to send in parts of rows of like size.
//
// Destinations gather rows into batches of so many bytes, and reckon each row as an equal share of its record. Where long rows stand side
// by side among short ones, such a batch is much longer than it was told to be. BigQuery refuses it then, and the sync ends well.
func even(record arrow.Record, send func(arrow.Record) error) error {
	sizes := longSizes(record)
	var from, sum, longest int
	for i, size := range sizes {
		rows, longer := i+1-from, max(longest, size)
		if i > from && min(sum+size, rows*longer-sum-size) > maxUneven {
			if err := send(record.NewSlice(int64(from), int64(i))); err != nil {
				return err
			}
			from, sum, longer = i, 0, size
		}
		sum, longest = sum+size, longer
	}
	if from == 0 {
		return send(record)
	}
	return send(record.NewSlice(int64(from), record.NumRows()))
}

// longSizes are the bytes that each row has in columns of long text; none where there are no such columns.
func longSizes(record arrow.Record) (sizes []int) {
	for _, column := range record.Columns() {
		if extension, ok := column.(array.ExtensionArray); ok {
			column = extension.Storage()
		}
		text, ok := column.(array.BinaryLike)
		if !ok || text.Len() < 2 {
			continue
		}
		last := text.Len() - 1
		if int(text.ValueOffset64(last)-text.ValueOffset64(0))+text.ValueLen(last) <= longText*text.Len() {
			continue
		}
		if sizes == nil {
			sizes = make([]int, text.Len())
		}
		for i := range sizes {
			sizes[i] += text.ValueLen(i)
		}
	}
	return sizes
}
