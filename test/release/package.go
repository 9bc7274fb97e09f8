package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// pack runs the SDK's package command. Its linker flag sets Version to the path of the module (SDK v4.69.0), and nothing on its command
// line can follow that flag. So the build sees, over the real file, one whose Version a function gives: the linker leaves that alone.
func (r release) pack(dir string) error {
	notes, err := r.notes()
	if err != nil {
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
	real := filepath.Join(r.root, "resources", "plugin", "plugin.go")
	source, err := os.ReadFile(real)
	if err != nil {
		return err
	}
	text, err := fixVersion(string(source), r.version)
	if err != nil {
		return err
	}
	over, overlay := filepath.Join(temporary, "plugin.go"), filepath.Join(temporary, "overlay.json")
	if err := os.WriteFile(over, []byte(text), 0o600); err != nil {
		return err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {real: over}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return err
	}
	env := []string{"GOFLAGS=-trimpath -buildvcs=false -overlay=" + overlay, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off"}
	_, err = output(r.root, env, "go", "run", ".", "package", "--message", notes, "--dist-dir", dir, r.version, r.root)
	return err
}

const versionLine = `Version = "development"`

func fixVersion(source, version string) (string, error) {
	if strings.Count(source, versionLine) != 1 {
		return "", errors.New("resources/plugin/plugin.go has not one line " + versionLine)
	}
	return strings.Replace(source, versionLine, `Version = string([]byte("`+version+`"))`, 1), nil
}
