package plugin

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// metrics tells of a sync what the SDK's scheduler, which this plugin does not use, would tell: the same span and counter names, so
// that dashboards work.
type metrics struct {
	resources metric.Int64Counter
	errors    metric.Int64Counter
}

const telemetry = "io.cloudquery"

func newMetrics() (*metrics, error) {
	meter := otel.Meter(telemetry)
	resources, err := meter.Int64Counter("sync.table.resources", metric.WithDescription("Number of resources synced for a table"), metric.WithUnit("/{tot}"))
	if err != nil {
		return nil, err
	}
	errors, err := meter.Int64Counter("sync.table.errors", metric.WithDescription("Number of errors encountered while syncing a table"), metric.WithUnit("/{tot}"))
	return &metrics{resources: resources, errors: errors}, err
}

func (m *metrics) rows(ctx context.Context, record arrow.Record) {
	name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
	m.resources.Add(ctx, record.NumRows(), tableAttribute(name))
}

// failed counts one lost export, or one other table that could not be had.
func (m *metrics) failed(ctx context.Context, table string) {
	m.errors.Add(ctx, 1, tableAttribute(table))
}

func tableAttribute(name string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("sync.table.name", name))
}

// span opens the span of a sync, or of one table in it.
func span(ctx context.Context, name string) (context.Context, trace.Span) {
	return otel.Tracer(telemetry).Start(ctx, name)
}
