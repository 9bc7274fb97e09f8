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

// archives writes cq-source-clari_<os>_<arch>.zip with cq-source-clari in it, which is what the CLI looks for under `registry: github`, and the
// same of clari-try. The licences of what is linked go along, as they ask for.
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
	for _, p := range platforms { // one after another: each uses all cores
		for _, of := range programs {
			log.Print("building ", of.name, " for ", p)
			files, err := r.files(of, p, filepath.Join(temporary, of.file(p)))
			if err != nil {
				return err
			}
			for _, e := range files {
				fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(e.data), e.name)
				if err := os.WriteFile(filepath.Join(dir, e.name), e.data, e.mode); err != nil {
					return err
				}
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums.String()), 0o644)
}

// files are the archive of a program and its bill of materials. It is built into a temporary file.
func (r release) files(of program, p platform, built string) ([]entry, error) {
	if err := r.binary(of, p, built); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(built)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(data)) // what `go version -m` shows
	if err != nil {
		return nil, err
	}
	bill, err := sbom(of.name, r.version, p, info)
	if err != nil {
		return nil, err
	}
	licences, err := licenceTexts(r.root, of, p)
	if err != nil {
		return nil, err
	}
	archive, err := zipped([]entry{{of.file(p), 0o755, data}, {of.licences(), 0o644, []byte(licences)}})
	if err != nil {
		return nil, err
	}
	return []entry{{of.archive(p) + ".zip", 0o644, archive}, {of.archive(p) + ".cdx.json", 0o644, bill}}, nil
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
