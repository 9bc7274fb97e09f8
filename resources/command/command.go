// Package command is the plugin's own commands, beside those of every CloudQuery plugin: init writes a spec, check finds what is wrong with
// one, plan tells what a sync of it would export and cost, inspect reads a result as a sync would. None of them spends an export.
//
// What is wrong with documents is for specfile, the spec and the plugin to say; which exports there are, for the kinds of exports. This package
// brings them together, asks Clari for limits and for finished jobs, reckons, and prints.
package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// Env is what commands reach outside the process.
type Env struct {
	Files   specfile.Env
	Options plugin.Options
}

// Root is the program with its own commands. The zero Env is not the real thing: see Real.
func Root(env Env) *cobra.Command {
	root := &cobra.Command{Use: "cq-source-clari", SilenceErrors: false}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(all(env)...)
	return root
}

// Real reaches the real things.
func Real() Env { return Env{Files: specfile.Env{Lookup: os.LookupEnv, Stat: os.Stat}} }

func all(env Env) []*cobra.Command {
	return []*cobra.Command{initCommand(env), checkCommand(env), planCommand(env), inspectCommand()}
}

// Is reports whether a word is the name of one of the commands.
func Is(word string) bool {
	for _, c := range all(Env{}) {
		if c.Name() == word {
			return true
		}
	}
	return false
}

// Help is the lines of the commands in a list of commands.
func Help() string {
	var text strings.Builder
	for _, c := range all(Env{}) {
		fmt.Fprintf(&text, "  %-12s%s\n", c.Name(), c.Short)
	}
	return text.String()
}
