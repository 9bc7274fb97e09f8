// Package e2e tests whole syncs with real processes: the plugin as it is built, the embedded destination, and the stand-in for
// Clari on a loopback socket.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// The programs of all tests, built for them. The plugin has the race detector if the tests have it; the destination has not, since
// SQLite is 30 times slower with it.
var pluginPath, destinationPath, tryPath string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "clari-e2e-")
	if err == nil {
		err = prepare(dir)
	}
	if err != nil {
		log.Fatal(err)
	}
	goleak.VerifyTestMain(m,
		goleak.Cleanup(func(code int) {
			os.RemoveAll(dir)
			os.Exit(code)
		}),
		// managedplugin starts processes with a context and never waits through the package that it started them with.
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).watchCtx"))
}

func prepare(dir string) error {
	pluginPath, destinationPath, tryPath = filepath.Join(dir, "cq-source-clari"), filepath.Join(dir, "cq-destination-sqlite"), filepath.Join(dir, "try")
	var race []string
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		race = []string{"-race"}
	}
	// A sync is mostly waiting for its processes: many at once, whatever the number of cores, and under the race detector none
	// that sleeps for a second before it exits.
	return errors.Join(build(dir, race, "../.."), build(dir, nil, "../sqlite/cq-destination-sqlite", "../try"),
		flag.Set("test.parallel", "16"), os.Setenv("GORACE", "atexit_sleep_ms=0"))
}

func build(dir string, flags []string, packages ...string) error {
	c := exec.Command("go", slices.Concat([]string{"build", "-o", dir}, flags, packages)...)
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, output)
	}
	return nil
}
