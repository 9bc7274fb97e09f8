package store

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// pageRows are the rows of a page: as many as a record has at most.
const pageRows = table.MaxRows

// page is a block of rows, column by column, seen in the bytes that may go to a file.
type page struct {
	number   int
	amounts  [][]float64
	instants [][]int64
	extras   []uint64
	keys     []uint32
	labels   [][]uint32
	words    []uint32
}

// rowBytes is what a row takes.
var rowBytes = 8*(forecast.Slots[forecast.Amount]+forecast.Slots[forecast.Instant]+1) + 4*(forecast.KeyParts+forecast.Slots[forecast.Label]+1)

// keysAt is where the keys begin in a page.
var keysAt = 8 * (forecast.Slots[forecast.Amount] + forecast.Slots[forecast.Instant] + 1) * pageRows

func view(memory []byte, number int) *page {
	next := func(bytes int) (part []byte) {
		part, memory = memory[:bytes*pageRows], memory[bytes*pageRows:]
		return part
	}
	p := &page{number: number}
	for range forecast.Slots[forecast.Amount] {
		p.amounts = append(p.amounts, arrow.GetData[float64](next(8)))
	}
	for range forecast.Slots[forecast.Instant] {
		p.instants = append(p.instants, arrow.GetData[int64](next(8)))
	}
	p.extras = arrow.GetData[uint64](next(8))
	p.keys = arrow.GetData[uint32](next(4 * forecast.KeyParts))
	for range forecast.Slots[forecast.Label] {
		p.labels = append(p.labels, arrow.GetData[uint32](next(4)))
	}
	p.words = arrow.GetData[uint32](next(4))
	return p
}

// begin empties row i of a new page and gives it its key.
func (p *page) begin(i int, k Key) {
	copy(p.keys[forecast.KeyParts*i:], k[:])
	for _, l := range p.labels {
		l[i] = 0
	}
	p.extras[i], p.words[i] = 0, 0
}

func (p *page) key(i int) Key { return Key(p.keys[forecast.KeyParts*i:]) }
