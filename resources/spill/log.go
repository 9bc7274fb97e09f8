package spill

import "errors"

// logPage is how many bytes of a log come and go together.
const logPage = 256 << 10

// logPages are what of a log stays in memory.
const logPages = 8

// Log keeps texts of any length, one behind the other. They may be read by several goroutines at once, each through a Reader of
// its own, as long as none is added.
type Log struct {
	pages *Pages
	tail  []byte // the last page
	used  int    // bytes of it
}

// NewLog keeps texts in memory while they are few, and else in file.
func NewLog(file *File) *Log { return &Log{pages: NewPages(file, logPage, logPages)} }

// Place says where a text is, and how long: 37 bits of offset over 26 of length, so that zero is no text. Whoever has a Place may mark
// it by its highest bit.
type Place uint64

const (
	lengthBits = 26
	maxText    = 1<<lengthBits - 1      // bytes
	maxLog     = 1<<(63-lengthBits) - 1 // bytes; the highest bit of a Place is whoever's has it
)

// ErrTooLong says that a text is longer than a log takes, or the log is full: 64 MiB and 128 GiB.
var ErrTooLong = errors.New("spill: a text is too long")

// Len is the length of the text in bytes.
func (p Place) Len() int { return int(p & maxText) }

func (p Place) offset() int64 { return int64(p >> lengthBits) }

// Add keeps a text that is not empty.
func (l *Log) Add(text []byte) (Place, error) {
	at := int64(l.pages.Len()-1)*logPage + int64(l.used)
	if l.tail == nil {
		at = 0
	}
	if len(text) > maxText || at > maxLog {
		return 0, ErrTooLong
	}
	place := Place(at)<<lengthBits | Place(len(text))
	for len(text) > 0 {
		if l.tail == nil || l.used == logPage {
			var err error
			if l.tail, err = l.pages.Add(); err != nil {
				return 0, err
			}
			l.used = 0
		}
		n := copy(l.tail[l.used:], text)
		text, l.used = text[n:], l.used+n
	}
	return place, nil
}

// Reader reads texts of a log. It keeps the page that it read last, since neighbours are mostly read one after the other.
type Reader struct {
	log  *Log
	n    int // page in view, -1 for none
	buf  []byte
	text []byte
}

// Reader opens a reader.
func (l *Log) Reader() *Reader { return &Reader{log: l, n: -1} }

// Read returns a text, good until the next call.
func (r *Reader) Read(p Place) ([]byte, error) {
	at, left := p.offset(), p.Len()
	r.text = r.text[:0]
	for {
		n, from := int(at/logPage), int(at%logPage)
		view := r.log.pages.Memory(n)
		if view == nil {
			if n != r.n {
				r.n = -1
				var err error
				if r.buf, err = r.log.pages.Load(n, r.buf); err != nil {
					return nil, err
				}
				r.n = n
			}
			view = r.buf
		}
		part := view[from:min(logPage, from+left)]
		if len(r.text) == 0 && len(part) == left {
			return part, nil
		}
		r.text = append(r.text, part...)
		at, left = at+int64(len(part)), left-len(part)
		if left == 0 {
			return r.text, nil
		}
	}
}

// PlaceAt is the place of a text whose offset is known because all before it have known lengths.
func PlaceAt(offset int64, length int) Place { return Place(offset)<<lengthBits | Place(length) }
