package clari

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

// ForecastExport is what to export of a forecast tab. What is left empty is not sent, and Clari chooses.
type ForecastExport struct {
	TimePeriod        string   // fiscal quarter such as 2026_Q1; empty: the current one
	Types             []string // forecast, forecast_updated, quota, adjustment, crm_total, crm_closed
	ScopeID           string   // root of the hierarchy to export, such as 1905::MGR
	Currency          string   // such as USD
	IncludeHistorical bool     // every week of the quarter so far, not only the latest
	Format            string   // JSON or CSV, in any case
}

// CreateTimeout is how long one try to create a job may take: a process that died during one left a job, if any, that started within
// that time.
const CreateTimeout = wire.CallTimeout

// CreateForecastExport queues an export of a forecast tab and returns its job's id. It uses up one export of the monthly quota. An error
// that is an *UnknownOutcomeError may have done so too; any other means that no job was created. sending, if it is not nil, is called just
// before each time that the request goes out: a 429 may hold it back for a long time before.
func (c *Client) CreateForecastExport(ctx context.Context, forecastID string, e ForecastExport, sending func(context.Context)) (jobID string, err error) {
	r := wire.Request{Op: "create export", Method: http.MethodPost, Sending: sending, Absent: ErrUnknownForecast}
	s, err := segment(forecastID)
	if err != nil {
		return "", fmt.Errorf("%s: %w", r.Op, err)
	}
	r.Path = "/export/forecast/" + s
	if r.Body, err = json.Marshal(e); err != nil {
		return "", fmt.Errorf("%s: %w", r.Op, err)
	}
	return c.create(ctx, r)
}

// create sends a request that creates an export job.
func (c *Client) create(ctx context.Context, r wire.Request) (jobID string, err error) {
	err = c.Call(ctx, r, maxAnswer, func(body []byte) error {
		o, _, err := unwrap(body, "job", "jobId")
		if err != nil {
			return err
		}
		if jobID = take(o, "jobId", text); jobID == "" {
			return errors.New("no jobId in it")
		}
		return nil
	})
	return jobID, err
}

// MarshalJSON makes the body that Clari's API reference describes.
func (e ForecastExport) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		TimePeriod        string   `json:"timePeriod,omitempty"`
		TypesToExport     []string `json:"typesToExport,omitempty"`
		ScopeID           string   `json:"scopeId,omitempty"`
		Currency          string   `json:"currency,omitempty"`
		IncludeHistorical bool     `json:"includeHistorical"`
		ExportFormat      string   `json:"exportFormat,omitempty"`
	}{e.TimePeriod, e.Types, e.ScopeID, e.Currency, e.IncludeHistorical, strings.ToUpper(e.Format)})
}

// segment makes an id fit for a URL's path, as one segment whatever is in it. Dots alone name other paths even when percent-encoded
// (RFC 3986, 6.2.2), so there is no way to send such an id.
func segment(id string) (string, error) {
	switch id {
	case "":
		return "", errors.New("empty id")
	case ".", "..":
		return "", fmt.Errorf("id %q cannot be sent in a URL", id)
	}
	return url.PathEscape(id), nil
}
