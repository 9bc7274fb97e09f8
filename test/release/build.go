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

// programs are what a release has, each in archives of its own.
var programs = []program{{"cq-source-clari", "."}, {"clari-try", "./test/try"}}

// program is one, and its package.
type program struct{ name, source string }

// archive and file are what the CLI looks for under `registry: github`: the archive without .zip, and the file in it. clari-try's are named alike.
func (p program) archive(on platform) string { return fmt.Sprintf("%s_%s_%s", p.name, on.os, on.arch) }

func (p program) file(on platform) string {
	if on.os == "windows" {
		return p.name + ".exe"
	}
	return p.name
}

// licences is the file in the archive with the licences of what is linked. Archives are unpacked beside each other.
func (p program) licences() string { return p.name + "_LICENSES.txt" }

// binary builds a program. It has no symbols, no paths, no trace of the version control, and so no difference between two builds.
func (r release) binary(of program, p platform, file string) error {
	_, err := output(r.root, p.env(), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -buildid= -X %s/resources/plugin.Version=%s", module, r.version), "-o", file, of.source)
	return err
}
