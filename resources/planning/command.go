package planning

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

const (
	short = "Show what a sync would export, and what it would cost"
	long  = `Show what a sync of a spec would export, in which order, what is left of the quota of
exports after it, and how long it would take. It asks Clari for limits and for the list of
jobs, neither of which costs anything. Without a token it plans all the same.

It exits with 1 if the plan does not fit the quota, or if a sync of the spec would fail.`
	example = `  # Plan the sync of a spec
  cq-source-clari plan ./clari.yml

  # Plan with the documents of a directory, for machines
  cq-source-clari plan ./directory --json`
)

// Command is the program's command plan. lookup resolves ${NAME}, and options reach Clari; the zero values of both are the real things.
func Command(lookup func(string) (string, bool), options plugin.Options) *cobra.Command {
	asJSON := false
	if lookup == nil {
		lookup = os.LookupEnv
	}
	options.Impatient = true
	plan := &cobra.Command{
		Use: "plan [files or directories]", Short: short, Long: long, Example: example, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			p := planOf(cmd.Context(), args, lookup, options)
			var err error
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				err = encoder.Encode(p)
			} else if p.failed == nil {
				err = p.Write(cmd.OutOrStdout())
			}
			if err != nil {
				return err
			}
			return p.Fits()
		},
	}
	plan.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	root := &cobra.Command{Use: "cq-source-clari"}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(plan)
	return root
}

// Help is the line of the command in a list of commands.
func Help() string { return fmt.Sprintf("  %-12s%s", "plan", short) }

// patience is how long Clari may take to answer: somebody waits.
const patience = 30 * time.Second

// planOf plans the sync of the spec in files or directories. What keeps a sync from beginning is a problem of the plan.
func planOf(ctx context.Context, paths []string, lookup func(string) (string, bool), options plugin.Options) *Plan {
	broken := &Plan{Exports: []Export{}, Problems: []string{}}
	broken.quota(nil, Config{}, nil)
	source, err := load(paths, lookup)
	if err != nil {
		broken.fail(err)
		return broken
	}
	c := Config{Backend: source.BackendOptions != nil, Now: time.Now()}
	text, err := json.Marshal(source.Spec)
	if err == nil {
		c.Spec, err = spec.Parse(text)
	}
	if err == nil {
		c.Kinds, err = plugin.Kinds(c.Spec, source.options())
	}
	if err == nil && source.noKey == "" {
		c.Client, err = plugin.Connect(zerolog.Nop(), c.Spec, options)
	}
	if err != nil {
		broken.fail(err)
		return broken
	}
	if c.Client != nil {
		defer c.Client.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p := Make(ctx, c)
	if source.noKey != "" {
		p.problem("Clari was not asked what is left of the quota and how long exports take: %s", source.noKey)
	}
	return p
}
