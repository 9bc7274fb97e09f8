package command

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	cq "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// Sync is what documents ask for.
type Sync struct {
	*specfile.Config

	Spec     *spec.Spec    // the plugin's own, with its defaults; nil where it is not valid
	Previews []job.Preview // of the exports that the selected tables need
}

// Load reads documents and finds everything that keeps a sync of them from beginning, or from keeping its rows, without asking anybody: what
// specfile knows of the documents, the rules of the plugin's own spec, and tables, blocks and what needs a state backend.
func Load(paths []string, env specfile.Env) (*Sync, []specfile.Problem) {
	s := &Sync{}
	var problems []specfile.Problem
	s.Config, problems = specfile.Load(paths, env)
	if s.Place == "" { // there is no source
		return s, problems
	}
	add := func(fatal bool, path, text string) {
		problems = specfile.Add(problems, specfile.Problem{Place: s.Place + strings.TrimSuffix(": "+path, ": "), Text: text, Fatal: fatal})
	}
	raw, err := json.Marshal(s.Source.Spec)
	if err != nil {
		return s, problems // it came from JSON
	}
	s.Spec, err = spec.Parse(raw)
	if invalid, ok := errors.AsType[*spec.InvalidError](err); ok {
		for _, p := range invalid.Problems {
			add(true, strings.TrimSuffix("spec."+p.Path, "."), p.Text)
		}
		return s, problems
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Place, s.Place+": spec.") && p.Place != s.Place+": spec.api_key" { // a variable is not set
			s.Spec = nil
			return s, problems
		}
	}
	for _, d := range doubts(s.Spec, time.Now()) {
		add(false, "spec."+d.path, d.text)
	}
	ofTables := func(p specfile.Problem) bool { return strings.HasPrefix(p.Place, s.Place+": tables") }
	if len(s.Source.Tables) > 0 && !slices.ContainsFunc(problems, ofTables) { // else that is a problem already
		kinds, err := plugin.Kinds(s.Spec, options(&s.Source))
		if err != nil {
			add(true, "", err.Error())
		}
		var wrong []specfile.Problem
		s.Previews, wrong = preview(kinds)
		for _, p := range wrong {
			add(p.Fatal, p.Place, p.Text)
		}
	}
	return s, problems
}

// options are those that the CLI makes of a source's document.
func options(s *specfile.Source) cq.SyncOptions {
	o := cq.SyncOptions{
		Tables: s.Tables, SkipTables: s.SkipTables, SkipDependentTables: s.SkipDependentTables == nil || *s.SkipDependentTables,
	}
	if s.BackendOptions != nil {
		o.BackendOptions = &cq.BackendOptions{TableName: s.BackendOptions.TableName, Connection: s.BackendOptions.Connection}
	}
	return o
}
