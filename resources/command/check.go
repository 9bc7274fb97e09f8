package command

import (
	"io"

	"github.com/spf13/cobra"
)

func checkCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use: "check SPEC...", Short: "Find everything that would make a sync fail, before it costs anything",
		Long: `Read the YAML documents of a sync, in files or directories, and find everything that is
wrong with them: keys, values, periods, what ties the documents together, the settings of
the destination. If nothing is, ask Clari for limits and for the list of jobs, neither of
which costs anything. It cannot tell whether a forecast tab exists: only an export does.

It exits with 1 if a sync would fail.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.SilenceUsage = true
			e := examine(cmd.Context(), args, env)
			if err := e.write(cmd.OutOrStdout()); err != nil {
				return err
			}
			return refusal("check", e.failed())
		},
	}
}

// write prints a line for each thing that was looked at.
func (e *examined) write(out io.Writer) error {
	w := &writer{out: out}
	w.problems(e.problems)
	if e.failed() == nil {
		state := "no state backend"
		if b := e.Source.BackendOptions; b != nil {
			state = "state in the table " + b.TableName
		}
		w.line("ok", "%s: %s, written to %s, %s", e.Place, counted(len(e.Spec.Forecasts), "forecast tab"), e.Config.Destination().Name, state)
	}
	if left := e.limits.AvailableMonthlyQuota; left != nil {
		w.line("ok", "Clari: the token works; %s left", exportsOf(*left))
	}
	if e.asked && e.failed() == nil {
		w.line("ok", "a sync can begin: cq-source-clari plan shows what it would export")
	}
	return w.err
}
