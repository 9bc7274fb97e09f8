package plugin

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// headcount is a kind of export made up for the tests: one number, and no more than a kind needs.
type headcount struct {
	api  *clari.Client
	send table.Send
	done bool
}

type heads struct{ n table.Opt[int64] }

var headcountTable = table.Def[struct{}, heads]{
	Name: "clari_headcount", Title: "Clari Headcount", Description: "How many there are.",
	Columns: []table.Column[heads]{table.Int("heads", "How many.", func(r *heads) *table.Opt[int64] { return &r.n }).Key()},
}

func (k *headcount) item() job.Item {
	return job.Item{
		Work: &counting{k: k}, Name: "headcount of all", Tab: "headcount", Class: "headcount", Request: journal.PaidKey("headcount"),
		Item: due.Item{Place: journal.PlaceKey("headcount"), Wants: due.Wants{Tables: []string{headcountTable.Name}}, Why: "always"},
	}
}

func (k *headcount) Next(context.Context, *journal.Journal) (job.Part, error) {
	if k.done {
		return job.Part{}, nil
	}
	k.done = true
	return job.Part{Items: []job.Item{k.item()}}, nil
}

func (k *headcount) Preview(context.Context, *journal.Journal) (job.Preview, error) {
	return job.Preview{Items: []job.Item{k.item()}, Second: 1, Further: 1}, nil
}

func (*headcount) Describe([]*job.Export) string { return "headcount of all" }

func (*headcount) Advice() job.Advice { return job.Advice{} }

type counting struct {
	job.Defaults
	k *headcount
}

func (c *counting) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	return c.k.api.CreateForecastExport(ctx, "heads", clari.ForecastExport{}, sending)
}

func (c *counting) Read(_ context.Context, _ *job.Export, body job.Body) (job.Result, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(string(text))
	return &counted{c.k, int64(n)}, err
}

type counted struct {
	k *headcount
	n int64
}

func (*counted) Check(context.Context, *job.Export) error { return nil }
func (*counted) Close() error                             { return nil }

func (r *counted) Emit(ctx context.Context, _ *job.Export) (int64, error) {
	w := headcountTable.Writer(table.Options{}, &struct{}{}, r.k.send)
	if err := w.Append(ctx, &heads{table.Some(r.n)}); err != nil {
		return 0, err
	}
	return 1, w.Flush(ctx)
}

// TestThirdKind: a kind that nobody has heard of is one package, a line in the registry and a block. It is synced, and shows in a plan.
func TestThirdKind(t *testing.T) {
	on := true
	before := groups
	defer func() { groups = before }()
	groups = append(groups[:len(groups):len(groups)], group{
		block:   &spec.Block{Key: "headcount", Example: "headcount: {}", On: func(*spec.Spec) bool { return on }},
		schemas: one(headcountTable.Schema),
		exports: func(s *syncer) job.Kind { return &headcount{api: s.api, send: s.stream.insert} },
	})
	s, err := spec.Parse([]byte(specOf("")))
	require.NoError(t, err)
	options := plugin.SyncOptions{Tables: []string{headcountTable.Name}}

	kinds, err := Kinds(s, options)
	require.NoError(t, err)
	require.Len(t, kinds, 1)
	preview, err := kinds[0].Preview(t.Context(), journal.Open(t.Context(), nil, nil))
	require.NoError(t, err)
	require.Equal(t, "headcount of all", preview.Items[0].Name)

	synctest.Test(t, func(t *testing.T) {
		network := &answers{byPath: map[string]func(*http.Request) (*http.Response, error){
			limitsPath:                   says(200, okLimits),
			jobsPath:                     says(200, okJobs),
			"/v4/export/forecast/heads":  says(202, `{"jobId": "j1"}`),
			"/v4/export/jobs/j1":         says(200, `{"jobId": "j1", "status": "DONE"}`),
			"/v4/export/jobs/j1/results": says(200, "7", "Content-Length", "1"),
		}}
		var logs bytes.Buffer
		c, err := New(zerolog.New(&logs), []byte(specOf("")), Options{Transport: network})
		require.NoError(t, err)
		out := make(chan message.SyncMessage)
		var rows []arrow.Record
		ended := make(chan error, 1)
		go func() {
			ended <- c.Sync(t.Context(), options, out)
			close(out)
		}()
		for m := range out {
			if insert, ok := m.(*message.SyncInsert); ok {
				rows = append(rows, insert.Record)
			}
		}
		require.NoError(t, <-ended, logs.String())
		require.Len(t, rows, 1)
		text, err := rows[0].MarshalJSON()
		require.NoError(t, err)
		require.Contains(t, string(text), `"heads":7`)
	})

	on = false
	_, err = Kinds(s, options)
	require.ErrorContains(t, err, "needs the block headcount: add `headcount: {}` to the spec")
}
