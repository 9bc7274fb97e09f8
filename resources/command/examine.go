package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// patience is how long Clari may take to answer: somebody waits.
const patience = 30 * time.Second

// examined is what is known of the sync of some documents before it: check and plan both begin with it.
type examined struct {
	*Sync

	problems []specfile.Problem
	asked    bool // Clari was
	limits   clari.Limits
	jobs     []clari.Job // nil where the list could not be had
}

// examine loads documents, and if nothing is wrong with them asks Clari for limits and for the list of jobs, which costs nothing.
func examine(ctx context.Context, paths []string, env Env) *examined {
	e := &examined{}
	e.Sync, e.problems = Load(paths, env.Files)
	if e.failed() != nil {
		return e
	}
	env.Options.Impatient = true
	client, err := plugin.Connect(zerolog.Nop(), e.Spec, env.Options)
	if err != nil {
		e.problem(true, e.Place, "%v", err)
		return e
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e.ask(ctx, client)
	return e
}

// ask asks for the limits and for the jobs that have finished. With a key that is refused nothing else is asked. A right that is missing is
// no reason for a sync not to begin.
func (e *examined) ask(ctx context.Context, client *clari.Client) {
	e.asked = true
	limits, err := client.Limits(ctx)
	e.limits = limits
	switch {
	case err != nil:
		step, fatal := plugin.NextStep(err)
		e.problem(fatal, "Clari", "what is left of the quota could not be asked: %v; %s", err, step)
		if fatal {
			return
		}
	case limits.AvailableMonthlyQuota == nil:
		e.problem(false, "Clari", "does not tell what is left of the quota; nothing can be done about it here")
	}
	if e.jobs, err = client.Jobs(ctx); err != nil {
		step, fatal := plugin.NextStep(err)
		e.problem(fatal, "Clari", "how long exports take could not be asked: %v; %s", err, step)
	}
}

func (e *examined) problem(fatal bool, place, format string, args ...any) {
	e.problems = append(e.problems, specfile.Problem{Place: place, Text: fmt.Sprintf(format, args...), Fatal: fatal})
}

func (e *examined) failed() error { return specfile.Failed(e.problems) }

// refusal is the error with which a command ends whose problems have been told already.
func refusal(command string, err error) error {
	invalid, ok := errors.AsType[*specfile.InvalidError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%s: a sync would fail: %s", command, counted(len(invalid.Problems), "problem"))
}
