package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// answer is a Clari that says one thing.
type answer struct {
	status int
	body   string
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(a.body)), Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

func sync(t *testing.T, a answer, o table.Options) (records []arrow.Record, err error) {
	api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: "k", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	err = Sync(t.Context(), api, o, func(_ context.Context, r arrow.Record) error {
		records = append(records, r)
		return nil
	})
	return records, err
}

// the example of Clari's API reference, a job with nothing but what it must have, and the first one again
const list = `[{"jobId":"606e23c981a6da229d75b515","userId":1,"orgId":101,"title":"Forecast Export","module":"FORECAST",
  "startTime":1617830857175,"endTime":1617830861959,"expiredTime":1620422861959,"version":1,
  "fileName":"clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json","fileType":"JSON","status":"DONE","viewed":false,
  "cellsTruncated":false,"rowsTruncated":true,"downloads":0,"deliveryStatusMap":{},"currency":"USD","queue":["a",1]},
 {"jobId":"5","status":"SCHEDULED"},
 {"jobId":"606e23c981a6da229d75b515","status":"DONE"}]`

func TestSync(t *testing.T) {
	records, err := sync(t, answer{http.StatusOK, list}, table.Options{})
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	text, err := records[0].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"_cq_id": id("606e23c981a6da229d75b515"), "_cq_parent_id": nil, "job_id": "606e23c981a6da229d75b515", "status": "DONE",
			"title": "Forecast Export", "module": "FORECAST", "user_id": 1.0, "org_id": 101.0, "started_at": "2021-04-07 21:27:37.175Z",
			"ended_at": "2021-04-07 21:27:41.959Z", "expires_at": "2021-05-07 21:27:41.959Z",
			"file_name": "clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json", "file_type": "JSON", "currency": "USD",
			"version": 1.0, "viewed": false, "rows_truncated": true, "cells_truncated": false, "downloads": 0.0,
			"delivery_status_map": map[string]any{}, "extra": map[string]any{"queue": []any{"a", 1.0}},
		},
		{"_cq_id": id("5"), "job_id": "5", "status": "SCHEDULED"},
	}
	for name := range want[0] {
		if _, ok := want[1][name]; !ok {
			want[1][name] = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// id is the _cq_id of a job.
func id(job string) string {
	sum := sha256.Sum256([]byte("job_id" + job))
	return uuid.NewSHA1(uuid.UUID{}, sum[:]).String()
}

func TestNoJobs(t *testing.T) {
	if records, err := sync(t, answer{http.StatusOK, `{"jobs":[]}`}, table.Options{}); err != nil || len(records) != 0 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestRefused(t *testing.T) {
	if _, err := sync(t, answer{http.StatusForbidden, `{"message":"no"}`}, table.Options{}); !errors.Is(err, clari.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestSchema(t *testing.T) {
	s := Schema(table.Options{Incremental: true})
	if keys := s.PrimaryKeyComponents(); !s.IsIncremental || len(keys) != 1 || keys[0] != "job_id" {
		t.Errorf("incremental %t, key %v", s.IsIncremental, keys)
	}
	for _, c := range s.Columns {
		if c.Description == "" || c.NotNull != (c.Name == "_cq_id") {
			t.Errorf("%s: description %q, not null %t", c.Name, c.Description, c.NotNull)
		}
	}
}
