package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

const module = "github.com/cq-source-clari/cq-source-clari"

// platform is what Go calls GOOS and GOARCH.
type platform struct{ os, arch string }

var all = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

func host() platform { return platform{runtime.GOOS, runtime.GOARCH} }

func parse(name string) (platform, error) {
	os, arch, _ := strings.Cut(name, "/")
	p := platform{os, arch}
	if !slices.Contains(all, p) {
		return p, fmt.Errorf("platform %q: none of %v", name, all)
	}
	return p, nil
}

func (p platform) String() string { return p.os + "/" + p.arch }

// env fixes what of the machine would get into a binary.
func (p platform) env() []string {
	return []string{"GOOS=" + p.os, "GOARCH=" + p.arch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off"}
}

// name and program are what the CLI looks for under `registry: github`: the archive without .zip, and the file in it.
func (p platform) name() string { return fmt.Sprintf("cq-source-clari_%s_%s", p.os, p.arch) }

func (p platform) program() string {
	if p.os == "windows" {
		return "cq-source-clari.exe"
	}
	return "cq-source-clari"
}

// binary builds the plugin. It has no symbols, no paths, no trace of the version control, and so no difference between two builds.
func (r release) binary(p platform, file string) error {
	_, err := output(r.root, p.env(), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -buildid= -X %s/resources/plugin.Version=%s", module, r.version), "-o", file, ".")
	return err
}
