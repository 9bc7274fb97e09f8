package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// archives writes cq-source-clari_<os>_<arch>.zip with cq-source-clari in it: what the CLI looks for under `registry: github`. The licences
// of what is linked go along, as they ask for.
func (r release) archives(dir string, platforms []platform) error {
	if _, err := r.notes(); err != nil {
		return err
	}
	if err := renew(dir); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	var sums strings.Builder
	write := func(name string, data []byte) error {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
		return os.WriteFile(filepath.Join(dir, name), data, 0o644)
	}
	for _, p := range platforms { // one after another: each uses all cores
		log.Print("building ", p)
		plugin := p.program()
		built := filepath.Join(temporary, plugin)
		if err := r.binary(p, built); err != nil {
			return err
		}
		program, err := os.ReadFile(built)
		if err != nil {
			return err
		}
		info, err := buildinfo.Read(bytes.NewReader(program)) // what `go version -m` shows
		if err != nil {
			return err
		}
		bill, err := sbom(r.version, p, info)
		if err != nil {
			return err
		}
		licences, err := licenceTexts(r.root, p)
		if err != nil {
			return err
		}
		archive, err := zipped([]entry{{plugin, 0o755, program}, {"LICENSES.txt", 0o644, []byte(licences)}})
		if err != nil {
			return err
		}
		if err := write(p.name()+".zip", archive); err != nil {
			return err
		}
		if err := write(p.name()+".cdx.json", bill); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums.String()), 0o644)
}

// renew makes an empty directory.
func renew(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}

type entry struct {
	name string
	mode os.FileMode
	data []byte
}

// epoch is the time of every file in an archive: the earliest that zip can say.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func zipped(entries []entry) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: epoch}
		h.SetMode(e.mode)
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(e.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return archive.Bytes(), err
}
