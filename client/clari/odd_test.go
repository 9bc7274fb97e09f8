package clari

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"
)

// TestOddItems: a list with an odd item in it is the list without that item, and one line says how many there were.
func TestOddItems(t *testing.T) {
	answers := map[string]string{
		"/v4/export/jobs":  `[{"jobId":"a","status":"DONE"},7,{"status":"DONE"},null]`,
		"/v4/audit/events": `{"items":[{"event":"e"},3,null],"actors":["x",{"actorId":"1"}]}`,
		"/v4/opportunity":  `[{"id":"1"},{"name":"no id"},[]]`,
	}
	for name, test := range map[string]struct {
		list func(context.Context, *Client) (int, error)
		want int
		odd  string
	}{
		"jobs": {func(ctx context.Context, c *Client) (int, error) { list, err := c.Jobs(ctx); return len(list), err }, 1, `"items":3`},
		"opportunities": {func(ctx context.Context, c *Client) (int, error) {
			list, err := c.Opportunities(ctx, []string{"1"})
			return len(list), err
		}, 1, `"items":2`},
		"audit events": {func(ctx context.Context, c *Client) (n int, err error) {
			for page, pageErr := range c.AuditEvents(ctx, AuditQuery{}) {
				n, err = n+len(page.Events)+len(page.Actors), pageErr
			}
			return n, err
		}, 2, `"items":3`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(200, answers[r.URL.Path])(w, r) },
					func(cfg *Config) { cfg.Logger = zerolog.New(&log) })
				for range 2 {
					if n, err := test.list(t.Context(), c); err != nil || n != test.want {
						t.Errorf("%d, %v", n, err)
					}
				}
				if strings.Count(log.String(), "make no sense") != 1 || !strings.Contains(log.String(), test.odd) {
					t.Errorf("log: %s", log.String())
				}
			})
		})
	}
	l, odd, err := decodeLimits([]byte(`{"jobs":{"concurrentLimit":3,"runningJobIds":["a",{},null,"b"],"submittedJobIds":{}}}`))
	if err != nil || odd != 2 || strings.Join(l.RunningJobIDs, " ") != "a b" || l.SubmittedJobIDs != nil || l.Extra == nil {
		t.Errorf("%+v, %v", l, err)
	}
}
