// Package kept keeps results of exports in a folder as they came, gzipped: what cannot be exported again can then be read again. It never
// makes an export fail, and it deletes nothing. It knows nothing of what is in a result.
package kept

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

// Folder is where results are kept: <forecast id>/<period>/<job id>.json.gz, of other kinds under their name in place of the tab's. Empty keeps nothing.
type Folder string

// File is one result while it comes. A nil File keeps nothing.
type File struct {
	folder string // of the tab, or of another kind
	name   string
	file   *os.File
	zip    *gzip.Writer
	err    error // the first
}

// Begin begins to keep the result of a job. What goes wrong is told by Settle.
func (f Folder) Begin(name, jobID, format string) *File {
	if f == "" {
		return nil
	}
	k := &File{folder: filepath.Join(string(f), part(name)), name: part(jobID) + "." + part(format) + ".gz"}
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

// Settle ends what Begin began: in, which Tee returned, has been read, with this error. It keeps the result of a period, also one whose content is at
// fault: what is left of it may tell why. One that did not come whole is dropped. Where it cannot be kept, a warning says so; of adds what names the
// export.
func (k *File) Settle(in io.Reader, read error, period string, log zerolog.Logger, of func(*zerolog.Event)) {
	if k == nil {
		return
	}
	_, isContent := errors.AsType[*job.ContentError](read)
	if read != nil && isContent {
		_, read = io.Copy(io.Discard, in)
	}
	if read != nil {
		k.drop()
		return
	}
	if err := k.end(period); err != nil {
		log.Warn().Func(of).Err(err).Msg("result could not be kept in the folder of keep_results; its rows land all the same")
	}
}

// end keeps a result that came whole, in place of one of the same job. It returns why it could not be kept.
func (k *File) end(period string) error {
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
		k.drop()
	}
	return k.err
}

// drop keeps nothing of a result that did not come whole.
func (k *File) drop() {
	if k.file == nil {
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
