// Package kept keeps results of exports in a folder as they came, gzipped: what cannot be exported again can then be read again. It never
// makes an export fail, and it deletes nothing. It knows nothing of what is in a result.
package kept

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

// Folder is where results are kept: <forecast id>/<period>/<job id>.json.gz. Empty keeps nothing.
type Folder string

// File is one result while it comes. A nil File keeps nothing.
type File struct {
	folder string // of the forecast
	name   string
	file   *os.File
	zip    *gzip.Writer
	err    error // the first
}

// Begin begins to keep the result of a job. What goes wrong is told by End.
func (f Folder) Begin(forecastID, jobID, format string) *File {
	if f == "" {
		return nil
	}
	k := &File{folder: filepath.Join(string(f), part(forecastID)), name: part(jobID) + "." + part(format) + ".gz"}
	if k.err = os.MkdirAll(k.folder, 0o700); k.err == nil {
		if k.file, k.err = os.CreateTemp(k.folder, ".part-*"); k.err == nil {
			k.zip, k.err = gzip.NewWriterLevel(k.file, gzip.BestSpeed)
		}
	}
	return k
}

// Tee is what comes from r, and is kept as it is read.
func (k *File) Tee(r io.Reader) io.Reader {
	if k == nil {
		return r
	}
	return io.TeeReader(r, k)
}

// Write never fails: an export is worth more than its copy.
func (k *File) Write(p []byte) (int, error) {
	if k.err == nil {
		_, k.err = k.zip.Write(p)
	}
	return len(p), nil
}

// End keeps a result that came whole, in place of one of the same job. It returns why it could not be kept.
func (k *File) End(period string) error {
	if k == nil {
		return nil
	}
	if k.err == nil {
		k.err = k.zip.Close()
	}
	if k.err == nil {
		k.err = k.file.Close()
	}
	folder := filepath.Join(k.folder, part(period))
	if k.err == nil {
		k.err = os.MkdirAll(folder, 0o700)
	}
	if k.err == nil {
		k.err = os.Rename(k.file.Name(), filepath.Join(folder, k.name))
	}
	if k.err != nil {
		k.Drop()
	}
	return k.err
}

// Drop keeps nothing of a result that did not come whole.
func (k *File) Drop() {
	if k == nil || k.file == nil {
		return
	}
	_ = k.file.Close()           // perhaps for the second time
	_ = os.Remove(k.file.Name()) // there is nobody to tell
}

// part is a part of a path as forecast_key has it, and never one that leads elsewhere.
func part(s string) string {
	switch s = forecast.Escape(s); {
	case s == "":
		return "unknown"
	case strings.Trim(s, ".") == "":
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return s
}
