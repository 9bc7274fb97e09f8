package table

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"slices"
	"sync"
)

// blocks hashes texts that are padded here, as SHA-1 and SHA-256 say, and read from the hash as it marshals itself: a third of the time
// of a _cq_id was the hash, the rest copies of it, and of what did not fill a block.
type blocks struct {
	hash256, hash1 resumable
	block          [sha1.BlockSize]byte
	state          []byte
}

type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// newBlocks returns nil if hashes marshal themselves in another way than is known: their own documentation does not promise it.
func newBlocks() *blocks {
	if !asKnown() {
		return nil
	}
	return openBlocks()
}

func openBlocks() *blocks {
	b := &blocks{}
	var ok, ok2 bool
	b.hash256, ok = sha256.New().(resumable)
	b.hash1, ok2 = sha1.New().(resumable)
	if !ok || !ok2 {
		return nil
	}
	return b
}

// asKnown compares with what the standard library makes of some texts.
var asKnown = sync.OnceValue(func() bool {
	b := openBlocks()
	if b == nil {
		return false
	}
	text := []byte("a text that takes one block and a part of the next, so that a state comes between the two of them.")
	const first = sha256.BlockSize
	var got [sha256.Size]byte
	b.sha256(got[:], b.appendState(nil, text[:first]), pad(slices.Clone(text[first:]), first))
	return got == sha256.Sum256(text) && b.sha1(text[:namedSize]) == sha1.Sum(text[:namedSize])
})

// marshalled is where the sum begins in a hash that marshals itself, behind its name.
const marshalled = 4

// appendState appends where SHA-256 is after whole blocks.
func (b *blocks) appendState(to, whole []byte) []byte {
	b.hash256.Reset()
	b.hash256.Write(whole)
	to, _ = b.hash256.AppendBinary(to) // it never fails
	return to
}

// sha256 puts into sum the hash of a text whose first blocks are in after, and whose others are left, padded.
func (b *blocks) sha256(sum, after, left []byte) {
	_ = b.hash256.UnmarshalBinary(after) // made by appendState
	b.hash256.Write(left)
	b.state, _ = b.hash256.AppendBinary(b.state[:0])
	copy(sum, b.state[marshalled:marshalled+sha256.Size])
}

// sha1 is the hash of a text that fits in one block with its padding.
func (b *blocks) sha1(text []byte) (sum [sha1.Size]byte) {
	b.hash1.Reset()
	b.hash1.Write(pad(append(b.block[:0], text...), 0))
	b.state, _ = b.hash1.AppendBinary(b.state[:0])
	copy(sum[:], b.state[marshalled:])
	return sum
}

// pad ends a text whose last blocks are b, and which has so many bytes before them. Both hashes do it so.
func pad(b []byte, before uint64) []byte {
	bits := 8 * (before + uint64(len(b)))
	b = append(b, 0x80)
	for len(b)%sha1.BlockSize != sha1.BlockSize-8 {
		b = append(b, 0)
	}
	return binary.BigEndian.AppendUint64(b, bits)
}
