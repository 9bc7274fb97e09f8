// Package plugin is the CloudQuery side: it turns a spec into a client, lists the tables, and runs syncs.
package plugin

import (
	"regexp"
	"runtime/debug"

	"github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

//go:generate go run ./gen

// What the plugin says of itself. Version is set by the linker.
var (
	Name    = "clari"
	Kind    = "source"
	Team    = "cq-source-clari"
	Version = "development"
)

// Plugin is the plugin that main serves.
func Plugin() *plugin.Plugin {
	return plugin.NewPlugin(Name, version(), Configure,
		plugin.WithKind(Kind),
		plugin.WithTeam(Team),
		plugin.WithJSONSchema(spec.JSONSchema),
		plugin.WithConnectionTester(testConnection),
	)
}

var versionForm = regexp.MustCompile(`^v?\d+\.\d+\.\d+`)

// version is the released version. The SDK's package command at v4.69.0 sets Version to the path of the module instead; the build
// information then knows better.
func version() string {
	if versionForm.MatchString(Version) || Version == "development" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && versionForm.MatchString(info.Main.Version) {
		return info.Main.Version
	}
	return "development"
}
