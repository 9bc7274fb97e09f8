package forecasts

import (
	"math/bits"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// flatKey is the numbers of an entry's key.
type flatKey struct{ user, field, period, frame uint32 }

// flatEntry is an entry in 64 bytes, one line of the processor's cache.
type flatEntry struct {
	flatKey
	amounts [amountTypes]float64
	extra   uint32 // newest of its values in flatExtras, from 1; 0 without any
	symbol  uint16 // number of its currency symbol, from 1; 0 without one
	known   uint8  // a bit for each data type that has a value
	updated bool
}

func (e *flatEntry) has(kind dataType) bool { return e.known&(1<<kind) != 0 }

func (e *flatEntry) amount(kind dataType) table.Opt[float64] {
	return table.Opt[float64]{V: e.amounts[kind], Valid: e.has(kind)}
}

// flatEntries are the entries in the order in which they first came, with an index by key.
type flatEntries struct {
	count  int
	blocks []*[blockEntries]flatEntry // blocks, because a slice that grows is copied and leaves room unused

	// The index: linear probing, at most three quarters of the slots used, so 11 to 21 bytes an entry. A slot holds 32 bits
	// of hash, so that other entries are seldom looked at and growing looks at none, above 1 + the entry's number; 0 is free.
	slots []uint64 // a power of two of them
}

const blockEntries = 1024

func (x *flatEntries) at(n int) *flatEntry { return &x.blocks[n/blockEntries][n%blockEntries] }

// find returns the entry of a key, a new one where there was none.
func (x *flatEntries) find(key flatKey) *flatEntry {
	if 4*(x.count+1) > 3*len(x.slots) {
		x.grow()
	}
	hash := key.hash()
	for i := x.slot(hash); ; i = x.slot(i + 1) {
		switch slot := x.slots[i]; {
		case slot == 0:
			x.slots[i] = hash<<32 | uint64(x.count+1)
			return x.add(key)
		case slot>>32 == hash:
			if e := x.at(int(uint32(slot)) - 1); e.flatKey == key {
				return e
			}
		}
	}
}

func (x *flatEntries) slot(hash uint64) uint64 { return hash & uint64(len(x.slots)-1) }

func (x *flatEntries) grow() {
	old := x.slots
	x.slots = make([]uint64, max(2*len(old), 2*blockEntries))
	for _, entry := range old {
		if entry == 0 {
			continue
		}
		i := x.slot(entry >> 32)
		for x.slots[i] != 0 {
			i = x.slot(i + 1)
		}
		x.slots[i] = entry
	}
}

func (x *flatEntries) add(key flatKey) *flatEntry {
	if x.count%blockEntries == 0 {
		x.blocks = append(x.blocks, new([blockEntries]flatEntry))
	}
	e := x.at(x.count)
	e.flatKey = key
	x.count++
	return e
}

// hash is 32 bits. The numbers of a key are handed out in order, so nobody can make up keys that collide.
func (k flatKey) hash() uint64 {
	hi, lo := bits.Mul64((uint64(k.user)<<32|uint64(k.field))^0x9e3779b97f4a7c15, (uint64(k.period)<<32|uint64(k.frame))^0xd1b54a32d192ed03)
	return (hi ^ lo) >> 32
}
