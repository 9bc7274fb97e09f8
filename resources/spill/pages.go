package spill

// Pages are blocks of bytes of one size, numbered from 0. The newest few are in memory, the others in the file. Pages may be loaded
// by several goroutines at once as long as none is added or saved.
type Pages struct {
	file  *File
	size  int // of a page, in bytes
	most  int // in memory
	pages []page
	spare []byte // of the page that went to the file last
	old   int    // the first page that may be in memory
}

type page struct {
	memory []byte // nil when the page is in the file
	at     int64  // in the file; 0 and memory set: it never was there
	filed  bool
}

// NewPages keeps up to most pages of size bytes in memory, and the others in file.
func NewPages(file *File, size, most int) *Pages { return &Pages{file: file, size: size, most: most} }

// Len is how many pages there are.
func (p *Pages) Len() int { return len(p.pages) }

// Add makes a new page. What it holds is not defined.
func (p *Pages) Add() (memory []byte, err error) {
	if len(p.pages)-p.old >= p.most {
		oldest := &p.pages[p.old]
		if err := p.unload(oldest); err != nil {
			return nil, err
		}
		p.old++
	}
	memory, p.spare = p.spare, nil
	if memory == nil {
		memory = make([]byte, p.size)
	}
	p.pages = append(p.pages, page{memory: memory})
	return memory, nil
}

func (p *Pages) unload(one *page) (err error) {
	if one.at, err = p.file.Append(one.memory); err != nil {
		return err
	}
	one.filed, p.spare, one.memory = true, one.memory, nil
	return nil
}

// Memory is page n if it is in memory, else nil. Who writes to it writes to the page.
func (p *Pages) Memory(n int) []byte { return p.pages[n].memory }

// Load returns page n: itself where it is in memory, else a copy in buf, which is made where it is nil.
func (p *Pages) Load(n int, buf []byte) ([]byte, error) {
	one := &p.pages[n]
	if one.memory != nil {
		return one.memory, nil
	}
	if buf == nil {
		buf = make([]byte, p.size)
	}
	return buf, p.file.ReadAt(buf, one.at)
}

// ReadAt fills b with what page n holds from some byte on.
func (p *Pages) ReadAt(b []byte, n, from int) error {
	one := &p.pages[n]
	if one.memory != nil {
		copy(b, one.memory[from:])
		return nil
	}
	return p.file.ReadAt(b, one.at+int64(from))
}

// Save writes a page back that was changed in a copy.
func (p *Pages) Save(n int, memory []byte) error {
	if one := &p.pages[n]; one.memory == nil {
		return p.file.WriteAt(memory, one.at)
	}
	return nil
}
