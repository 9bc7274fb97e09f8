// Package spill keeps what outgrows the memory in one private temporary file: pages of rows, and texts of any length. It knows
// nothing of what they mean.
package spill

import (
	"fmt"
	"os"
	"sync"
)

// pattern names the files. Where an open file cannot be unlinked, the names tell which ones dead runs left behind.
const pattern = "cq-source-clari-*.spill"

// File is a private temporary file, which is made with the first write and unlinked as soon as it is open. Its methods may be
// called by several goroutines at once.
type File struct {
	mu   sync.Mutex
	file *os.File
	end  int64
}

// Append writes p at the end, and returns where that is. After an error the file is of no more use.
func (f *File) Append(p []byte) (at int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		file, err := os.CreateTemp("", pattern) // mode 0600
		if err != nil {
			return 0, fmt.Errorf("spill: %w", err)
		}
		unlinkOpen(file)
		f.file = file
	}
	at = f.end
	if _, err := f.file.WriteAt(p, at); err != nil {
		return 0, fmt.Errorf("spill: %w", err)
	}
	f.end += int64(len(p))
	return at, nil
}

// WriteAt writes over what was appended before.
func (f *File) WriteAt(p []byte, at int64) error {
	if _, err := f.file.WriteAt(p, at); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

// ReadAt fills p with what was appended at a place.
func (f *File) ReadAt(p []byte, at int64) error {
	if _, err := f.file.ReadAt(p, at); err != nil {
		return fmt.Errorf("spill: read: %w", err)
	}
	return nil
}

// Size is how many bytes the file holds.
func (f *File) Size() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// Close gives the file back. It may be called more than once.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file := f.file
	if file == nil {
		return nil
	}
	f.file = nil
	defer removeClosed(file)
	return file.Close()
}
