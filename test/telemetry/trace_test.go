// Package telemetry tests what a sync says of itself: log lines, errors, traces and metrics.
package telemetry

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// observe has everything told to OpenTelemetry kept in memory until the test ends.
func observe(t *testing.T) (*tracetest.InMemoryExporter, *metric.ManualReader) {
	spans, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans)))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	t.Cleanup(func() {
		otel.SetTracerProvider(tracenoop.NewTracerProvider())
		otel.SetMeterProvider(metricnoop.NewMeterProvider())
	})
	return spans, reader
}

// demoWorld is the demo on a smaller scale: three tabs, of which the second one's first job fails, with a state backend.
func demoWorld(t *testing.T) *world.World {
	w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Queue: sim.Fixed(2 * time.Second), Run: sim.Fixed(20 * time.Second)}, map[string]any{
		"forecasts": world.Forecasts(world.ThreeTabs...),
	}).WithState()
	w.Sim.Add(
		sim.Fault{Op: sim.Create, Forecast: world.ThreeTabs[1].ID, Do: sim.Ends(sim.Failed)},
		sim.Fault{Op: sim.Results, Do: sim.Answer(502)},
	)
	return w
}

// tree writes spans as an outline: a line each with its attributes, children below, in the order of their start.
func tree(spans tracetest.SpanStubs) string {
	var b strings.Builder
	var write func(parent string, depth int)
	write = func(parent string, depth int) {
		for _, s := range spans {
			id := ""
			if s.Parent.IsValid() {
				id = s.Parent.SpanID().String()
			}
			if id != parent {
				continue
			}
			line := fmt.Sprintf("%s%-*s%6.1f s", strings.Repeat("  ", depth), 16-2*depth, s.Name, s.EndTime.Sub(s.StartTime).Seconds())
			for _, a := range s.Attributes {
				line += fmt.Sprintf("  %s=%s", a.Key, a.Value.Emit())
			}
			if s.Status.Description != "" {
				line += "  error: " + s.Status.Description
			}
			b.WriteString(line + "\n")
			write(s.SpanContext.SpanID().String(), depth+1)
		}
	}
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	write("", 0)
	return b.String()
}

// timesAndIDs are what differs from run to run.
var timesAndIDs = regexp.MustCompile(` +\d+\.\d s|job_id=\w+|(polls|bytes|rows)=\d+`)

// TestTrace: each export is a span whose children name every stage, and docs/trace.md shows it.
func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, reader := observe(t)
		w := demoWorld(t)
		w.Sim.Add(sim.Fault{Op: sim.Status, Job: 1, Do: sim.Throttled().RetryAfter(30 * time.Second)})
		w.MustSync(world.ExportsOnly())
		all := spans.GetSpans()
		stages := map[string]map[string]bool{} // by span of an export
		for _, s := range all {
			if s.Name == "clari.export" {
				stages[s.SpanContext.SpanID().String()] = map[string]bool{}
				attributes := attribute.NewSet(s.Attributes...)
				for _, name := range []attribute.Key{"forecast_id", "requested_period", "job_id", "attempts", "polls", "bytes", "rows", "outcome"} {
					value, ok := attributes.Value(name)
					require.True(t, ok && value.Emit() != "" && value.Emit() != "0", "%s of %v", name, s.Attributes)
				}
			}
		}
		require.Len(t, stages, 3)
		for _, s := range all {
			if of := stages[s.Parent.SpanID().String()]; of != nil {
				of[s.Name] = true
				require.False(t, s.EndTime.Before(s.StartTime))
			}
		}
		for _, of := range stages {
			require.Equal(t, []string{"admit", "barrier", "create", "emit", "read", "wait"}, slices.Sorted(maps.Keys(of)))
		}
		text := tree(all)
		page, err := os.ReadFile("../../docs/trace.md")
		require.NoError(t, err)
		_, shown, _ := strings.Cut(string(page), "```trace\n")
		shown, _, _ = strings.Cut(shown, "```")
		require.Equal(t, timesAndIDs.ReplaceAllString(shown, ""), timesAndIDs.ReplaceAllString(text, ""), text)

		var told metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(context.Background(), &told))
		sums := map[string]float64{}
		for _, scope := range told.ScopeMetrics {
			for _, m := range scope.Metrics {
				require.Contains(t, string(page), "`"+m.Name+"`")
				switch data := m.Data.(type) {
				case metricdata.Sum[int64]:
					for _, p := range data.DataPoints {
						outcome, _ := p.Attributes.Value("outcome")
						sums[strings.TrimSpace(m.Name+" "+outcome.AsString())] += float64(p.Value)
					}
				case metricdata.Sum[float64]:
					for _, p := range data.DataPoints {
						sums[m.Name] += p.Value
					}
				case metricdata.Gauge[int64]:
					for _, p := range data.DataPoints {
						sums[m.Name] = float64(p.Value)
					}
				}
			}
		}
		polls := 0.0
		for _, r := range w.Sim.Ledger().Requests {
			if r.Op == sim.Status && !r.Throttled {
				polls++
			}
		}
		require.Equal(t, 3.0, sums["clari.exports exported"])
		require.Equal(t, polls, sums["clari.polls"])
		require.Equal(t, 1.0, sums["clari.retries"])
		require.Equal(t, 30.0, sums["clari.throttled"])
		require.Equal(t, float64(1000-w.Sim.Ledger().Spent()), sums["clari.quota.left"])
	})
}

// TestFailedTrace: the span of an export that fails, and of the stage in which it does, say why; none stays open when a sync is stopped.
func TestFailedTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans, _ := observe(t)
		w := world.New(t, world.Slow, nil)
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(403)})
		require.Error(t, w.Sync(world.ExportsOnly()))
		failed := map[string]string{}
		for _, s := range spans.GetSpans() {
			failed[s.Name] = s.Status.Description
		}
		require.Contains(t, failed["clari.export"], "HTTP 403")
		require.Contains(t, failed["create"], "HTTP 403")
		require.NotContains(t, failed, "wait")

		spans.Reset()
		require.Error(t, w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(10*time.Second, p.Cancel) }}))
		ended := map[string]bool{}
		for _, s := range spans.GetSpans() {
			ended[s.Name] = true
		}
		require.True(t, ended["clari.export"] && ended["wait"], "%v", ended)
	})
}

// TestWatching: a line a stage of each export says how many are left and in how long all will be done, and the last one what was done.
func TestWatching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := demoWorld(t)
		began := time.Now()
		w.MustSync(world.ExportsOnly())
		took := time.Since(began)
		stages := map[string][]string{}
		last := map[string]any{}
		done := map[string]string{} // at the end of waiting
		for _, line := range w.Logs.Parsed(t) {
			last = line
			if line["export"] == nil {
				continue
			}
			id := line["forecast_id"].(string)
			stage := line["message"].(string)
			require.LessOrEqual(t, line["export"], line["of"])
			require.EqualValues(t, 3, line["of"])
			if !slices.Contains(stages[id], stage) {
				stages[id] = append(stages[id], stage)
			}
			done[id+" "+stage] = fmt.Sprint(line["left"], " ", line["done_in"])
		}
		want := []string{"export started", "export waiting", "result read", "rows sent", "export landed"}
		for _, tab := range world.ThreeTabs {
			require.Equal(t, want, stages[tab.ID], tab.ID)
		}
		first, third := world.ThreeTabs[0].ID, world.ThreeTabs[2].ID
		require.Equal(t, "3 <nil>", done[first+" export started"], "nothing is known yet")
		left, in, _ := strings.Cut(done[third+" export started"], " ")
		require.Equal(t, "2", left)         // the second job has failed, and is tried again after a minute
		jobs, err := time.ParseDuration(in) // one job of 20 s, queued for 2, which Clari's clock and polls blur
		require.NoError(t, err)
		require.InDelta(t, 44, jobs.Seconds(), 8)
		require.Equal(t, "0 0s", done[third+" export landed"])

		rows := len(w.Destination.Rows("clari_forecast_entries", func(world.Row) bool { return true }))
		require.Equal(t, "sync finished", last["message"])
		require.Equal(t, "info", last["level"])
		for name, value := range map[string]float64{
			"spent": 4, "exported": 3, "adopted": 0, "settled": 0, "failed": 0, "left_out": 0, "quota_left": 996,
			"rows": float64(rows), "seconds": float64(took.Round(time.Second) / time.Second),
		} {
			require.Equal(t, value, last[name], name)
		}
	})
}
