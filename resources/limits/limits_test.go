package limits

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

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

// sync returns the rows of each record that was sent.
func sync(t *testing.T, a answer) (records [][]map[string]any, err error) {
	api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: "k", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	err = Sync(t.Context(), api, table.Options{}, func(_ context.Context, r arrow.Record) error {
		text, err := r.MarshalJSON()
		if err != nil {
			return err
		}
		var rows []map[string]any
		err = json.Unmarshal(text, &rows)
		records = append(records, rows)
		return err
	})
	return records, err
}

func TestSync(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		want map[string]any
	}{
		"all": {
			`{"jobs":{"concurrentLimit":3,"monthlyQuota":1000,"runningJobIds":["a"],"submittedJobIds":["a","b"],"availableConcurrentLimit":1,` +
				`"availableMonthlyQuota":995,"tier":"gold"}}`,
			map[string]any{
				"concurrent_limit": 3.0, "monthly_quota": 1000.0, "available_concurrent_limit": 1.0, "available_monthly_quota": 995.0,
				"running_job_ids": []any{"a"}, "submitted_job_ids": []any{"a", "b"}, "extra": map[string]any{"tier": "gold"},
			},
		},
		"next to nothing": {
			`{"jobs":{"concurrentLimit":0}}`,
			map[string]any{
				"concurrent_limit": 0.0, "monthly_quota": nil, "available_concurrent_limit": nil, "available_monthly_quota": nil,
				"running_job_ids": nil, "submitted_job_ids": nil, "extra": nil,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // begins at midnight of 2000-01-01
				sum := sha256.Sum256([]byte("observed_at2000-01-01T00:00:00Z"))
				tt.want["_cq_id"] = uuid.NewSHA1(uuid.UUID{}, sum[:]).String()
				tt.want["_cq_parent_id"] = nil
				tt.want["observed_at"] = "2000-01-01 00:00:00Z"
				records, err := sync(t, answer{http.StatusOK, tt.body})
				if err != nil || len(records) != 1 || len(records[0]) != 1 {
					t.Fatalf("sent %v, %v", records, err)
				}
				if diff := cmp.Diff(tt.want, records[0][0]); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestRefused(t *testing.T) {
	records, err := sync(t, answer{http.StatusForbidden, `{"message":"no"}`})
	if !errors.Is(err, clari.ErrForbidden) || len(records) != 0 {
		t.Errorf("sent %v, got %v", records, err)
	}
}

func TestSchema(t *testing.T) {
	s := Schema(table.Options{Incremental: true})
	if keys := s.PrimaryKeyComponents(); !s.IsIncremental || len(keys) != 1 || keys[0] != "observed_at" {
		t.Errorf("incremental %t, key %v", s.IsIncremental, keys)
	}
	for _, c := range s.Columns {
		if c.Description == "" || c.NotNull != (c.Name == "_cq_id") {
			t.Errorf("%s: description %q, not null %t", c.Name, c.Description, c.NotNull)
		}
	}
}
