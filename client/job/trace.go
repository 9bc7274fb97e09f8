package job

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// telemetry is the scope of what this package tells OpenTelemetry, through whatever provider the process has.
const telemetry = "github.com/cq-source-clari/cq-source-clari/client/job"

// The stages of an export, as its span's children are named. A stage may come several times.
const (
	stageAdmit   = "admit"   // waiting for a turn and for a place in the queue
	stageCreate  = "create"  // asking for a job
	stageWait    = "wait"    // until the job is done
	stageRead    = "read"    // downloading, reading and checking the result
	stageEmit    = "emit"    // sending the rows
	stageBarrier = "barrier" // until destinations have written them out; only where that is waited for
)

// open begins an export, and its span, which ends when its rows have landed or will not.
func (r *run) open(ctx context.Context, e *Export) {
	e.begun = time.Now()
	r.progress.Begin(e.Number, e.Class)
	r.mu.Lock()
	r.opened = append(r.opened, e)
	r.mu.Unlock()
	if e.span != nil {
		return
	}
	_, e.span = otel.Tracer(telemetry).Start(ctx, "clari.export", trace.WithAttributes(e.attributes()...))
}

func (e *Export) attributes() (all []attribute.KeyValue) {
	for _, l := range e.Labels {
		all = append(all, attribute.String(l.Name, l.Value))
	}
	return append(all,
		attribute.String("job_id", e.Job.ID), attribute.Int("attempts", e.Attempts), attribute.Int("polls", e.Polls),
		attribute.Int64("bytes", e.ResultBytes), attribute.Int64("rows", e.Rows), attribute.String("outcome", string(e.Outcome)))
}

// close ends the span of an export. Once it has, nothing happens.
func (e *Export) close() {
	if e.span == nil || !e.span.IsRecording() {
		return
	}
	e.span.SetAttributes(e.attributes()...)
	end(e.span, e.Err)
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, clip(err.Error(), maxCause))
	}
	span.End()
}

// stage begins the span of one stage of an export; ended ends it.
func (e *Export) stage(ctx context.Context, name string) (inner context.Context, ended func(error)) {
	ctx, span := otel.Tracer(telemetry).Start(trace.ContextWithSpan(ctx, e.span), name)
	return ctx, func(err error) { end(span, err) }
}

// metrics count what a run does.
type metrics struct {
	exports, polls, retries metric.Int64Counter
	throttled               metric.Float64Counter
	quota                   metric.Int64Gauge

	seenRetries   int64
	seenThrottled time.Duration
}

func newMetrics() *metrics {
	meter := otel.Meter(telemetry)
	m := &metrics{}
	// The names are constants that are valid; should a provider refuse one all the same, it returns an instrument that does nothing.
	m.exports, _ = meter.Int64Counter("clari.exports", metric.WithUnit("{export}"), metric.WithDescription("Planned exports that have ended, by outcome"))
	m.polls, _ = meter.Int64Counter("clari.polls", metric.WithUnit("{request}"), metric.WithDescription("Requests for the state of a job"))
	m.retries, _ = meter.Int64Counter("clari.retries", metric.WithUnit("{request}"), metric.WithDescription("Requests that were repeated, other than after 429"))
	m.throttled, _ = meter.Float64Counter("clari.throttled", metric.WithUnit("s"), metric.WithDescription("Time for which 429 held all requests back"))
	m.quota, _ = meter.Int64Gauge("clari.quota.left", metric.WithUnit("{export}"), metric.WithDescription("Exports left of the quota"))
	return m
}

// ended counts an export whose outcome is known.
func (m *metrics) ended(ctx context.Context, e *Export) {
	m.exports.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(e.Outcome))))
}

// follow counts what a client has repeated and waited for since the last time. One goroutine at a time may call it.
func (m *metrics) follow(ctx context.Context, c *clari.Client) {
	retries, throttled := c.Retries(), c.Throttled()
	m.retries.Add(ctx, retries-m.seenRetries)
	m.throttled.Add(ctx, (throttled - m.seenThrottled).Seconds())
	m.seenRetries, m.seenThrottled = retries, throttled
}
