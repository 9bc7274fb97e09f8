package export

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// spoolMemory is how much of a result stays in memory before the whole of it goes to a file, in bytes.
const spoolMemory = 4 << 20

// spoolPattern names the temporary files. Where an open file cannot be unlinked, the names tell which ones dead runs left behind.
const spoolPattern = "cq-source-clari-*.spool"

// spool holds one downloaded result, so that it can be verified whole before the first row of it goes out: in memory while it is
// small, else in a private temporary file that is unlinked as soon as it is open.
type spool struct {
	memory []byte
	file   *os.File
	size   int64
}

// Write appends to the spool.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(p) <= spoolMemory {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

func (s *spool) spill() error {
	file, err := os.CreateTemp("", spoolPattern) // mode 0600
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.file = file
	unlinkOpen(file)
	if _, err := file.Write(s.memory); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.memory = nil
	return nil
}

// reset empties the spool for another try.
func (s *spool) reset() error {
	s.memory, s.size = s.memory[:0], 0
	if s.file == nil {
		return nil
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return s.file.Truncate(0)
}

// section reads what was written.
func (s *spool) section() *io.SectionReader {
	if s.file != nil {
		return io.NewSectionReader(s.file, 0, s.size)
	}
	return io.NewSectionReader(bytes.NewReader(s.memory), 0, s.size)
}

// Close gives the memory or the file back.
func (s *spool) Close() error {
	s.memory = nil
	if s.file == nil {
		return nil
	}
	defer removeClosed(s.file)
	return s.file.Close()
}
