package store

import (
	"encoding/binary"
	"math/bits"
)

// index finds the row of a key: open addressing with linear probing, six bytes a slot. A slot keeps the row's number and 16 bits of
// its key's hash: the rows themselves have the keys, and are looked at only where those bits agree.
type index struct {
	tags []uint16 // 0 is free
	rows []uint32
	used int
}

func tagOf(hash uint64) uint16 { return uint16(hash) | 1 }

// hash mixes the numbers of a key. They are handed out in order, so nobody can make up keys that collide.
func (k Key) hash() uint64 {
	a := uint64(k[0])<<32 | uint64(k[1])
	b := uint64(k[2])<<32 | uint64(k[3])
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	hash := (hi ^ lo) * 0xff51afd7ed558ccd
	return hash ^ hash>>29
}

func (x *index) start(hash uint64) int {
	place, _ := bits.Mul64(hash, uint64(len(x.tags)))
	return int(place)
}

// full tells whether the next row needs more room: eight slots in ten are used.
func (x *index) full() bool { return 10*(x.used+1) > 8*len(x.tags) }

// empty takes all out, and leaves room. That it had for far more is given back: this must not cost more than what was in it.
func (x *index) empty() {
	if len(x.tags) == 0 || len(x.tags) > 16*x.used+least {
		*x = indexFor(0)
	}
	clear(x.tags)
	x.used = 0
}

// least is how many slots an index has.
const least = 1 << 9

// indexFor is an empty index with room for so many rows and one more. It has four times as many slots as a smaller one while it is
// small, and two fifths more once that is a lot of memory.
func indexFor(rows int) index {
	n := least
	for 8*n < 10*(rows+1) {
		switch {
		case n < 1<<17:
			n *= 4
		case n <= 1<<20:
			n *= 2
		default:
			n += n * 2 / 5
		}
	}
	return index{tags: make([]uint16, n), rows: make([]uint32, n)}
}

// find returns the row of a key, as same finds it, or the slot where to put it.
func (x *index) find(hash uint64, same func(row uint32) bool) (row uint32, slot int, found bool) {
	tag := tagOf(hash)
	i := x.start(hash)
	for ; x.tags[i] != 0; i++ {
		if x.tags[i] == tag && same(x.rows[i]) {
			return x.rows[i], i, true
		}
		if i+1 == len(x.tags) {
			i = -1
		}
	}
	return 0, i, false
}

// put puts the row of a key into a slot that is free.
func (x *index) put(slot int, hash uint64, row uint32) {
	x.tags[slot], x.rows[slot] = tagOf(hash), row
	x.used++
}

// free is the slot of a key that is known not to be there.
func (x *index) free(hash uint64) int {
	i := x.start(hash)
	for x.tags[i] != 0 {
		if i++; i == len(x.tags) {
			i = 0
		}
	}
	return i
}

func (k *Key) decode(b []byte) {
	for i := range k {
		k[i] = binary.NativeEndian.Uint32(b[4*i:])
	}
}
