package table

import (
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"encoding"
	"hash"
	"slices"

	"github.com/google/uuid"
)

// identity computes _cq_id as the SDK does: sha256 over name and text of each key column, sorted by name, then a SHA-1 UUID in
// the zero namespace. It keeps its buffers, so that a row costs no allocation.
type identity[R any] struct {
	parts []keyPart[R]
	tail  []byte // what comes after the last part
	buf   []byte
	named [len(uuid.UUID{}) + sha256.Size]byte // namespace, which is zero, then name

	// Where many rows borrow all but the last part of their key from the same rows: states of sha256 by the numbers of those, so that
	// the text up to there is made and hashed once. A row takes half the time then.
	states map[lenders][]byte
	arena  []byte // that they are in
	hash   hash.Hash
}

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
	if id.states == nil {
		id.buf = append(id.appendParts(id.buf[:0], id.parts, r), id.tail...)
		sum := sha256.Sum256(id.buf)
		copy(id.named[len(uuid.UUID{}):], sum[:])
	} else {
		last := len(id.parts) - 1
		id.resume(r, id.parts[:last])
		id.buf = append(id.appendParts(id.buf[:0], id.parts[last:], r), id.tail...)
		id.hash.Write(id.buf)
		id.hash.Sum(id.named[:len(uuid.UUID{})])
	}
	sum := sha1.Sum(id.named[:])
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

// resume puts the hash where it is after the first parts of the row's key.
func (id *identity[R]) resume(r *R, parts []keyPart[R]) {
	var from lenders
	for i := range parts {
		from[i] = uint32(parts[i].lender(r))
	}
	if state, ok := id.states[from]; ok {
		_ = id.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state) // made by AppendBinary
		return
	}
	id.hash.Reset()
	id.buf = id.appendParts(id.buf[:0], parts, r)
	id.hash.Write(id.buf)
	if len(id.states) == maxStates {
		clear(id.states)
		id.arena = nil
	}
	begin := len(id.arena)
	id.arena, _ = id.hash.(encoding.BinaryAppender).AppendBinary(id.arena) // sha256 never fails
	id.states[from] = id.arena[begin:]                                     // where it grows, the others stay in the old one
}

// shareStates makes it keep states, if it can.
func (id *identity[R]) shareStates() {
	for i, p := range id.parts {
		if last := i+1 == len(id.parts); !last && p.lender == nil || i > len(lenders{}) {
			return
		}
	}
	id.states, id.hash = map[lenders][]byte{}, sha256.New()
}
