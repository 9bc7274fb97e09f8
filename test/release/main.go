// Command release makes what a release consists of, the same bytes each time that the same Go makes it.
//
//	go run ./test/release archives v0.1.0 [os/arch ...]     dist/release: for each platform archives of the plugin and clari-try and their SBOMs; checksums.txt
//	go run ./test/release package v0.1.0                    dist/package: what `cloudquery plugin publish` takes
//	go run ./test/release binary v0.1.0 linux/amd64 FILE    the plugin alone
//	go run ./test/release notice                            NOTICE
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

const usage = "usage: release archives VERSION [OS/ARCH ...] | package VERSION | binary VERSION OS/ARCH FILE | notice"

func run(args []string) error {
	root, err := output("", nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	r := release{root: strings.TrimSpace(root)}
	switch {
	case len(args) == 1 && args[0] == "notice":
		text, err := notice(r.root)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(r.root, "NOTICE"), []byte(text), 0o644)
	case len(args) < 2:
		return errors.New(usage)
	}
	what := args[0]
	if r.version = args[1]; !versionForm.MatchString(r.version) {
		return fmt.Errorf("version %q: not of the form v0.1.0", r.version)
	}
	switch args = args[2:]; {
	case what == "archives":
		platforms := all
		if len(args) > 0 {
			platforms = nil
			for _, name := range args {
				p, err := parse(name)
				if err != nil {
					return err
				}
				platforms = append(platforms, p)
			}
		}
		return r.archives(filepath.Join(r.root, "dist", "release"), platforms)
	case what == "package" && len(args) == 0:
		return r.pack(filepath.Join(r.root, "dist", "package"))
	case what == "binary" && len(args) == 2:
		p, err := parse(args[0])
		if err != nil {
			return err
		}
		return r.binary(programs[0], p, args[1])
	}
	return errors.New(usage)
}

var versionForm = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// release is one version of the plugin in the source tree at root.
type release struct{ root, version string }

// notes is the section of CHANGELOG.md about the version: a release that nobody wrote one for is none.
func (r release) notes() (string, error) {
	text, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	return section(string(text), r.version)
}

func section(changelog, version string) (string, error) {
	for part := range strings.SplitSeq("\n"+changelog, "\n## ") {
		title, body, _ := strings.Cut(part, "\n")
		if name, _, _ := strings.Cut(title, " "); name == version {
			return strings.TrimSpace(body), nil
		}
	}
	return "", fmt.Errorf("CHANGELOG.md has no section ## %s", version)
}

// output runs a program and returns what it prints.
func output(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}
