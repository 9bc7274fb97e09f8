package forecasts

import (
	"hash/maphash"
	"math/bits"
)

// hashSet is a set of 64-bit hashes that takes between 11 and 16 bytes for each: linear probing from the place that the hash has
// in the range of the slots, at most three quarters of them used.
type hashSet struct {
	slots []uint64 // 0 is free
	n     int
}

// add returns false where the hash was there before.
func (s *hashSet) add(hash uint64) bool {
	if 4*(s.n+1) > 3*len(s.slots) {
		s.grow(max(1024, len(s.slots)+len(s.slots)/2))
	}
	hash = max(hash, 1)
	i := s.find(hash)
	if s.slots[i] == hash {
		return false
	}
	s.slots[i] = hash
	s.n++
	return true
}

// expect makes room for n hashes if there is less.
func (s *hashSet) expect(n int) {
	if slots := n + n/3 + 1; slots > len(s.slots) {
		s.grow(slots)
	}
}

func (s *hashSet) grow(slots int) {
	old := s.slots
	s.slots = make([]uint64, slots)
	for _, hash := range old {
		if hash != 0 {
			s.slots[s.find(hash)] = hash
		}
	}
}

func (s *hashSet) has(hash uint64) bool {
	hash = max(hash, 1)
	return s.slots[s.find(hash)] == hash
}

// find returns the slot that holds hash or would.
func (s *hashSet) find(hash uint64) int {
	place, _ := bits.Mul64(hash, uint64(len(s.slots)))
	i := int(place)
	for s.slots[i] != 0 && s.slots[i] != hash {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return i
}

// keyHash tells entries with different keys apart, but for an unlikely few. A seed serves one result: nobody can make up keys
// that collide.
func keyHash(seed maphash.Seed, e *Entry) uint64 {
	var h uint64
	for _, id := range [...]string{e.UserID, e.FieldID, e.TimeFrameID, e.TimePeriodID} {
		h = bits.RotateLeft64(h, 23)*0x9e3779b97f4a7c15 ^ maphash.String(seed, id)
	}
	return h
}
