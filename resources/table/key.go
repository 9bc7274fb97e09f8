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

	// Where many rows share all but the last part of their key: states of sha256 by the text up to there, so that it is hashed once.
	// A row takes half the time then (BenchmarkIdentity).
	states map[string][]byte
	arena  []byte // that they are in
	hash   hash.Hash
}

// maxStates bounds the memory that states take: some 300 bytes each.
const maxStates = 1 << 13

// keyPart is a stretch that is the same in all rows and the cell that follows it.
type keyPart[R any] struct {
	before []byte
	text   func(buf []byte, r *R) []byte
}

func newIdentity[S, R any](d *Def[S, R], o Options, shared *S) *identity[R] {
	type column struct {
		name   string
		shared []byte
		text   func(buf []byte, r *R) []byte // nil for a shared cell
	}
	var columns []column
	for _, c := range d.Shared {
		if c.isKey(o) {
			columns = append(columns, column{name: c.Name, shared: c.text(nil, shared)})
		}
	}
	for _, c := range d.Columns {
		if c.isKey(o) {
			columns = append(columns, column{name: c.Name, text: c.text})
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
		id.parts = append(id.parts, keyPart[R]{before: id.tail, text: c.text})
		id.tail = nil
	}
	return id
}

func (id *identity[R]) of(r *R) uuid.UUID {
	buf, last := id.buf[:0], 0
	for i := range id.parts {
		buf = append(buf, id.parts[i].before...)
		last = len(buf)
		buf = id.parts[i].text(buf, r)
	}
	buf = append(buf, id.tail...)
	id.buf = buf

	var named [len(uuid.UUID{}) + sha256.Size]byte // namespace, then name
	if id.states == nil {
		sum := sha256.Sum256(buf)
		copy(named[len(uuid.UUID{}):], sum[:])
	} else {
		id.resume(buf[:last])
		id.hash.Write(buf[last:])
		id.buf = id.hash.Sum(buf)
		copy(named[len(uuid.UUID{}):], id.buf[len(buf):])
	}
	sum := sha1.Sum(named[:])
	u := uuid.UUID(sum[:len(uuid.UUID{})])
	u[6] = u[6]&0x0f | 5<<4 // version 5
	u[8] = u[8]&0x3f | 0x80 // RFC 4122 variant
	return u
}

// resume puts the hash where it is after prefix.
func (id *identity[R]) resume(prefix []byte) {
	if state, ok := id.states[string(prefix)]; ok {
		_ = id.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state) // made by AppendBinary
		return
	}
	id.hash.Reset()
	id.hash.Write(prefix)
	if len(id.states) == maxStates {
		clear(id.states)
		id.arena = nil
	}
	from := len(id.arena)
	id.arena, _ = id.hash.(encoding.BinaryAppender).AppendBinary(id.arena) // sha256 never fails
	id.states[string(prefix)] = id.arena[from:]                            // where it grows, the others stay in the old one
}

// shareStates makes it keep states.
func (id *identity[R]) shareStates() { id.states, id.hash = map[string][]byte{}, sha256.New() }
