// Program clari-try lands forecasts in a SQLite file and makes a page of them, with nothing else on the machine: no Go, no account with CloudQuery, no
// warehouse, and for its demo no account with Clari. Production is `cloudquery sync`; for one spec both land equal rows and keep equal state.
//
// It is the plugin, a SQLite destination and the stand-in for Clari in one file. A sync runs the first two as processes of their own, as the
// CLI would: it starts itself again for each.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time_zone works where the system has no zone files

	"github.com/spf13/cobra"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

//go:generate go run ./gen

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := serveAs(role); err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop, end := interrupts(os.Stderr)
	defer end()
	err := root(stop).ExecuteContext(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "Error:", err)
	}
	if err != nil {
		end()
		os.Exit(1)
	}
}

func root(stop <-chan struct{}) *cobra.Command {
	c := &cobra.Command{
		Use: "clari-try", Short: "Look at Clari's forecasts in a SQLite file, without the CloudQuery CLI and without a warehouse",
		Version: plugin.Version, SilenceErrors: true, SilenceUsage: true,
	}
	c.CompletionOptions.DisableDefaultCmd = true
	c.AddCommand(demoCommand(stop), syncCommand(stop), reportCommand())
	return c
}

// interrupts are the two stages of Ctrl-C: the first closes stop, which ends a sync gently; the second ends the context, which kills.
func interrupts(log *os.File) (ctx context.Context, stop <-chan struct{}, end func()) {
	ctx, kill := context.WithCancel(context.Background())
	gently := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		fmt.Fprintln(log, "\nStopping: export jobs that no later sync would take up are cancelled. Once more kills.")
		close(gently)
		select {
		case <-signals:
			kill()
		case <-ctx.Done():
		}
	}()
	return ctx, gently, func() { signal.Stop(signals); kill() }
}
