package main

import (
	"context"
	"fmt"
	"os"

	"github.com/cloudquery/plugin-sdk/v4/serve"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

// roleVariable tells a process of this program which plugin it is.
const roleVariable = "CLARI_TRY_AS"

func serveAs(role string) error {
	switch role {
	case "source":
		return serve.Plugin(plugin.Plugin()).Serve(context.Background())
	case "destination":
		return serve.Plugin(sqlite.Plugin()).Serve(context.Background())
	}
	return fmt.Errorf("%s: %q is neither source nor destination", roleVariable, role)
}

// itself makes the runner start this program for both plugins.
func itself(o *runner.Options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o.SourcePath, o.DestinationPath = self, self
	o.SourceEnv, o.DestinationEnv = append(os.Environ(), roleVariable+"=source"), append(os.Environ(), roleVariable+"=destination")
	return nil
}
