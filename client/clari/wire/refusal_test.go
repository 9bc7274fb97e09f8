package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

const balancerPage = "<html><head><title>Not here</title></head><body>nginx</body></html>"

// Only what Clari itself says, in a form that it has, may count against a paid job.
func TestIsRefusal(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   bool
	}{
		{403, `{"code":"SWW","namespace":"exports","message":"no rights"}`, true},
		{404, `{"errorId":"e1","message":"no such job"}`, true},
		{410, `{"code":"gone","message":"gone"}`, true},
		{400, `{"code":"invalid_jobId","message":"unknown"}`, true},
		{400, `{"code":"something_new","message":"unknown"}`, true},
		{401, `{"code":"no_optin","message":"No optins"}`, true},
		{401, `{"message":"Invalid authentication credentials"}`, true},
		{401, `{"error":"Invalid authentication credentials"}`, true},
		{404, `{"message":"no Route matched with those values","request_id":"r"}`, false},
		{403, `{"message":"no"}`, false},
		{410, `{"error":"gone"}`, false},
		{400, `{"code":"SWW","message":"Something went wrong"}`, false},
		{401, balancerPage, false},
		{404, balancerPage, false},
		{403, "", false},
		{410, `{"code":"half`, false},
		{429, `{"code":"export_monthly_quota_reached"}`, false},
		{500, `{"code":"internal_server_error","errorId":"e"}`, false},
	} {
		t.Run(fmt.Sprint(test.status, test.body), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := serve(t, answer(test.status, test.body), func(cfg *Config) { cfg.MaxRetries, cfg.MaxHeld = 0, time.Second })
				if _, err := c.job(t.Context()); err == nil || IsRefusal(err) != test.want || IsRefusal(fmt.Errorf("wait: %w", err)) != test.want {
					t.Errorf("%t: %v", !test.want, err)
				}
			})
		})
	}
	if IsRefusal(nil) || IsRefusal(context.Canceled) {
		t.Error("not even an answer")
	}
}

// A balancer's page in place of an answer is a server error, whatever its status.
func TestBalancerPages(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 410, 418} {
		for name, body := range map[string]string{"page": balancerPage, "nothing": ""} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, s := serve(t, inTurn(answer(status, body), answer(status, body), answer(200, okJob)))
					if id, err := c.job(t.Context()); err != nil || id != "j1" || len(s.Requests()) != 3 {
						t.Errorf("%d requests: %v", len(s.Requests()), err)
					}
				})
				synctest.Test(t, func(t *testing.T) {
					c, s := serve(t, answer(status, body))
					_, err := c.create(t.Context(), nil)
					unclear(t, err)
					if s.Posts.Load() != 1 || !errors.Is(err, ErrServer) || errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrUnknownForecast) {
						t.Errorf("%d creations: %v", s.Posts.Load(), err)
					}
				})
			})
		}
	}
}

func TestKeyRefused(t *testing.T) {
	const (
		refused = `{"message":"Invalid authentication credentials"}`
		noOptIn = `{"code":"no_optin","message":"No optins"}`
	)
	type step struct {
		after  time.Duration
		ask    string // limits, job or results
		status int
		body   string
		want   bool
	}
	for name, steps := range map[string][]step{
		"one alone":                      {{0, "job", 401, refused, false}},
		"two endpoints":                  {{0, "job", 401, refused, false}, {0, "limits", 401, refused, true}},
		"one endpoint, at once":          {{0, "job", 401, refused, false}, {59 * time.Second, "job", 401, refused, false}},
		"one endpoint, a minute":         {{0, "job", 401, refused, false}, {59 * time.Second, "job", 401, refused, false}, {time.Second, "job", 401, refused, true}},
		"a job and its result":           {{0, "job", 401, refused, false}, {0, "results", 401, refused, false}},
		"an answer between":              {{0, "job", 401, refused, false}, {0, "limits", 200, okLimits, false}, {time.Hour, "job", 401, refused, false}},
		"a right that one lacks":         {{0, "limits", 401, refused, false}, {0, "job", 200, okJob, false}, {time.Hour, "limits", 401, refused, false}, {0, "job", 200, okJob, false}},
		"nobody opted in":                {{0, "job", 401, noOptIn, false}, {0, "limits", 401, noOptIn, false}, {time.Hour, "job", 401, noOptIn, false}},
		"no opt-in says the key is good": {{0, "job", 401, refused, false}, {0, "limits", 401, noOptIn, false}, {0, "limits", 401, refused, false}},
		"pages of a balancer":            {{0, "job", 401, balancerPage, false}, {time.Hour, "limits", 401, balancerPage, false}},
		"a key that is good again":       {{0, "job", 401, refused, false}, {0, "limits", 401, refused, true}, {0, "job", 200, okJob, false}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var now step
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(now.status, now.body)(w, r) }, func(cfg *Config) { cfg.MaxRetries = 0 })
				for i, s := range steps {
					now = s
					time.Sleep(now.after)
					switch now.ask {
					case "limits":
						_, _ = c.limits(t.Context())
					case "job":
						_, _ = c.job(t.Context())
					case "results":
						if res, err := c.results(t.Context()); err == nil {
							_ = res.Body.Close()
						}
					}
					if got := c.KeyRefused(); got != now.want {
						t.Errorf("step %d: %t", i+1, got)
					}
				}
			})
		})
	}
}
