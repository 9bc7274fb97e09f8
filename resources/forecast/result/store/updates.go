package store

import (
	"encoding/binary"

	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

// Rows whose page has gone to the file are not fetched back one by one: what else comes for them is noted, apart for each region of
// pages, and done when all has come. So parts of an entry may lie anywhere, and cost no memory.
const (
	regionPages = 8
	updateBytes = 4 + 1 + 8         // row, what, value
	noteBytes   = 512 * updateBytes // of a region, before they go to the file
)

// update is what comes for a row: see Store.apply.
type update struct {
	row   uint32
	what  uint8
	value uint64
}

// region keeps the updates of regionPages pages.
type region struct {
	notes  []byte
	chunks []int64 // where noteBytes each went to the file
}

func (r *region) add(file *spill.File, u update) error {
	if len(r.notes) == noteBytes {
		at, err := file.Append(r.notes)
		if err != nil {
			return err
		}
		r.chunks, r.notes = append(r.chunks, at), r.notes[:0]
	}
	r.notes = binary.NativeEndian.AppendUint32(r.notes, u.row)
	r.notes = append(r.notes, u.what)
	r.notes = binary.NativeEndian.AppendUint64(r.notes, u.value)
	return nil
}

// each hands on the updates in the order in which they came.
func (r *region) each(file *spill.File, do func(update) error) error {
	buf := make([]byte, noteBytes)
	for _, at := range r.chunks {
		if err := file.ReadAt(buf, at); err != nil {
			return err
		}
		if err := eachNote(buf, do); err != nil {
			return err
		}
	}
	return eachNote(r.notes, do)
}

func eachNote(notes []byte, do func(update) error) error {
	for ; len(notes) > 0; notes = notes[updateBytes:] {
		u := update{binary.NativeEndian.Uint32(notes), notes[4], binary.NativeEndian.Uint64(notes[5:])}
		if err := do(u); err != nil {
			return err
		}
	}
	return nil
}
