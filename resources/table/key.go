package table

import (
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"slices"

	"github.com/google/uuid"
)

// identity computes _cq_id as the SDK does: sha256 over name and text of each key column, sorted by name, then a SHA-1 UUID in
// the zero namespace. It keeps its buffers, so that a row costs no allocation.
type identity[R any] struct {
	parts []keyPart[R]
	tail  []byte // what comes after the last part
	buf   []byte
	named [namedSize]byte // namespace, which is zero, then name

	// Where many rows borrow all but the last part of their key from the same rows: states of sha256 by the numbers of those, so that
	// the text up to there is made and hashed once.
	states map[lenders]state
	arena  []byte // that they are in
	blocks *blocks
}

// state is where sha256 is behind the part of a key that many rows share.
type state struct {
	after  []byte // its whole blocks
	rest   []byte // of it, behind those
	hashed uint64 // bytes in the blocks
}

const namedSize = len(uuid.UUID{}) + sha256.Size

// maxStates bounds the memory that states take: some 300 bytes each.
const maxStates = 1 << 13

// keyPart is a stretch that is the same in all rows and the cell that follows it.
type keyPart[R any] struct {
	before []byte
	text   func(buf []byte, r *R) []byte
	lender func(r *R) int // see Column
}

// lenders are the numbers of the rows that the parts of a key but for the last one are borrowed from.
type lenders [8]uint32

func newIdentity[S, R any](d *Def[S, R], o Options, shared *S) *identity[R] {
	type column struct {
		name   string
		shared []byte
		text   func(buf []byte, r *R) []byte // nil for a shared cell
		lender func(r *R) int
	}
	var columns []column
	for _, c := range d.Shared {
		if c.isKey(o) {
			columns = append(columns, column{name: c.Name, shared: c.text(nil, shared)})
		}
	}
	for _, c := range d.Columns {
		if c.isKey(o) {
			columns = append(columns, column{name: c.Name, text: c.text, lender: c.lender})
		}
	}
	slices.SortFunc(columns, func(a, b column) int { return cmp.Compare(a.name, b.name) })

	id := &identity[R]{}
	for _, c := range columns {
		id.tail = append(id.tail, c.name...)
		if c.text == nil {
			id.tail = append(id.tail, c.shared...)
			continue
		}
		id.parts = append(id.parts, keyPart[R]{id.tail, c.text, c.lender})
		id.tail = nil
	}
	return id
}

func (id *identity[R]) of(r *R) uuid.UUID {
	name, sum := id.named[len(uuid.UUID{}):], [sha1.Size]byte{}
	if id.states == nil {
		id.buf = append(id.appendParts(id.buf[:0], id.parts, r), id.tail...)
		hash := sha256.Sum256(id.buf)
		copy(name, hash[:])
		sum = sha1.Sum(id.named[:])
	} else {
		last := len(id.parts) - 1
		from := id.sharedBy(r, id.parts[:last])
		id.buf = append(id.appendParts(append(id.buf[:0], from.rest...), id.parts[last:], r), id.tail...)
		id.buf = pad(id.buf, from.hashed)
		id.blocks.sha256(name, from.after, id.buf)
		sum = id.blocks.sha1(id.named[:])
	}
	u := uuid.UUID(sum[:len(uuid.UUID{})])
	u[6] = u[6]&0x0f | 5<<4 // version 5
	u[8] = u[8]&0x3f | 0x80 // RFC 4122 variant
	return u
}

func (id *identity[R]) appendParts(buf []byte, parts []keyPart[R], r *R) []byte {
	for i := range parts {
		buf = append(buf, parts[i].before...)
		buf = parts[i].text(buf, r)
	}
	return buf
}

// sharedBy is where the hash is after the first parts of the row's key.
func (id *identity[R]) sharedBy(r *R, parts []keyPart[R]) state {
	var from lenders
	for i := range parts {
		from[i] = uint32(parts[i].lender(r))
	}
	known, ok := id.states[from]
	if ok {
		return known
	}
	id.buf = id.appendParts(id.buf[:0], parts, r)
	if len(id.states) == maxStates {
		clear(id.states)
		id.arena = nil
	}
	begin := len(id.arena)
	known.hashed = uint64(len(id.buf) / sha256.BlockSize * sha256.BlockSize)
	id.arena = id.blocks.appendState(id.arena, id.buf[:known.hashed])
	middle := len(id.arena)
	id.arena = append(id.arena, id.buf[known.hashed:]...)
	known.after, known.rest = id.arena[begin:middle], id.arena[middle:] // where it grows, the others stay in the old one
	id.states[from] = known
	return known
}

// shareStates makes it keep states, if it can.
func (id *identity[R]) shareStates() {
	for i, p := range id.parts {
		if last := i+1 == len(id.parts); !last && p.lender == nil || i > len(lenders{}) {
			return
		}
	}
	if id.blocks = newBlocks(); id.blocks != nil {
		id.states = map[lenders]state{}
	}
}
