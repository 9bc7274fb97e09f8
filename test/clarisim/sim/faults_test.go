package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFaultsCountTheRequestsThatTheyMatch(t *testing.T) {
	tabs := []Tab{{ID: "a"}, {ID: "b"}}
	inBubble(t, Config{Tenant: Tenant{Tabs: tabs}, Concurrent: 100}, func(t *testing.T, s *Server, c caller) {
		outcomes := func(requests ...string) (statuses []int) {
			for _, r := range requests {
				status, _, _, err := c.do("POST", "/export/forecast/"+r[:1], `{"timePeriod":"`+r[1:]+`"}`)
				require.NoError(t, err)
				statuses = append(statuses, status)
			}
			return statuses
		}
		s.Add(Fault{Op: Create, Forecast: "b", From: 2, Count: 2, Do: Answer(500)})
		require.Equal(t, []int{200, 200, 500, 500, 200, 200}, outcomes("a", "b", "b", "b", "b", "a"))
		s.Add(Fault{Op: Create, Period: "2026_Q1", Count: Always, Do: Answer(503)})
		require.Equal(t, []int{200, 503, 503, 200}, outcomes("a2026_Q2", "b2026_Q1", "a2026_Q1", "a"))
		s.ClearFaults()
		s.Add(Fault{Job: 2, Do: Answer(502)}, Fault{Op: Status, Job: 2, From: 3, Do: Answer(504)})
		first, _ := s.Job(1)
		second, _ := s.Job(2)
		for _, tt := range []struct {
			j    Job
			want int
		}{{first, 200}, {second, 502}, {second, 200}, {first, 200}, {second, 504}, {second, 200}} {
			status, _, _, _ := c.do("GET", "/export/jobs/"+tt.j.ID, "")
			require.Equal(t, tt.want, status)
		}
	})
}

// What each kind of fault looks like from outside, for every operation that it is for.
func TestKinds(t *testing.T) {
	names := map[string]bool{}
	for _, kind := range Kinds() {
		require.False(t, names[kind.Name], kind.Name+" twice")
		names[kind.Name] = true
		require.NotEmpty(t, kind.Ops, kind.Name)
		for _, op := range kind.Ops {
			t.Run(kind.Name+"/"+string(op), func(t *testing.T) { testKind(t, kind, op) })
		}
	}
}

func testKind(t *testing.T, kind Kind, op Op) {
	inBubble(t, Config{Tenant: Tenant{People: 40}, Run: Fixed(time.Minute), ContentLength: true}, func(t *testing.T, s *Server, c caller) {
		j := Job{}
		if op != Create {
			c.create("forecast", `{"timePeriod":"1999_Q1","includeHistorical":true}`)
			j, _ = s.Job(1)
			if op == Results {
				time.Sleep(time.Minute)
			}
		}
		before := len(s.Ledger().Created())
		s.Add(Fault{Op: op, Count: Always, Do: kind.Build()})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		status, header, body, err := c.operation(ctx, op, j.ID)
		made := len(s.Ledger().Created()) - before

		switch kind.Class {
		case Refusal:
			require.NoError(t, err)
			require.Contains(t, []int{400, 401, 403, 404}, status)
			require.True(t, json.Valid(body))
			require.Zero(t, made)
		case Outage:
			require.NoError(t, err)
			require.Contains(t, []int{429, 500, 502, 503, 504}, status)
			require.Zero(t, made)
			if at := retryAt(header, time.Now()); !at.IsZero() {
				require.WithinDuration(t, time.Now().Add(7*time.Second), at, time.Second)
				require.Equal(t, at, s.Ledger().Requests[len(s.Ledger().Requests)-1].RetryAt)
			}
		case Connection:
			require.Zero(t, made)
			require.Error(t, err)
			require.Equal(t, kind.Name == "refused", errors.Is(err, syscall.ECONNREFUSED))
			require.Equal(t, kind.Name == "hang" || kind.Name == "stall", errors.Is(err, context.DeadlineExceeded), err)
			require.Equal(t, kind.Name == "cut" || kind.Name == "cut-chunked", errors.Is(err, io.ErrUnexpectedEOF), err)
			if slices.Contains([]string{"cut", "cut-chunked", "stall"}, kind.Name) {
				require.Len(t, body, 20)
			}
		case Slow:
			require.NoError(t, err)
			require.True(t, json.Valid(body))
			require.GreaterOrEqual(t, time.Since(began), time.Duration(len(body)/4096)*time.Second)
		case Unclear:
			require.True(t, err != nil || status >= 500, "the answer came through")
			s.ClearFaults()
			switch op {
			case Create:
				require.Equal(t, 1, made)
			case Cancel:
				j, _ = s.Job(1)
				require.False(t, j.CancelledAt.IsZero())
			}
		case Body:
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, kind.Name == "incomplete-limits", json.Valid(body))
		case Course, Content:
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			testMade(t, kind, s, c)
		}
	})
}

// testMade looks at the job that an altered creation made.
func testMade(t *testing.T, kind Kind, s *Server, c caller) {
	j, ok := s.Job(1)
	require.True(t, ok)
	plain := New(Config{Tenant: Tenant{People: 40}})
	ordinary := plain.Plant(Job{CreatedAt: j.CreatedAt, Asked: j.Asked}).Export
	time.Sleep(time.Hour)
	states := j.States(time.Now())
	last := states[len(states)-1].Status
	listed := len(c.list())
	if kind.Class == Content {
		require.Equal(t, Done, last)
		status, _, body, err := c.do("GET", results(j.ID), "")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, string(encode(t, mustJob(s).Export)), string(body))
		if kind.Name == "rows-truncated" || kind.Name == "cells-truncated" {
			job := c.get("/export/jobs/" + j.ID)
			require.Equal(t, kind.Name == "rows-truncated", job["rowsTruncated"])
			require.Equal(t, kind.Name == "cells-truncated", job["cellsTruncated"])
			return
		}
		ordinary.At = j.EndsAt()
		require.NotEqual(t, string(encode(t, ordinary)), string(body))
		return
	}
	switch kind.Name {
	case "failed", "aborted", "cancelled":
		require.Equal(t, kind.Build().Name, "ends-"+last)
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", results(j.ID), ""))
	case "unknown-state":
		require.Equal(t, "ARCHIVING", states[1].Status)
	case "stuck-queued":
		require.Equal(t, Scheduled, last)
	case "stuck-running":
		require.Equal(t, Started, last)
	case "hidden":
		require.Zero(t, listed)
		require.Equal(t, Done, c.status(j.ID))
	case "twin":
		require.Equal(t, 2, listed)
		require.Len(t, s.Ledger().Created(), 1)
	case "expired":
		require.Equal(t, Done, last)
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", results(j.ID), ""))
	default:
		t.Fatal("not looked at")
	}
}

func mustJob(s *Server) Job {
	j, _ := s.Job(1)
	return j
}

// operation makes a request of that kind.
func (c caller) operation(ctx context.Context, op Op, id string) (status int, header http.Header, body []byte, err error) {
	request := map[Op][2]string{
		Create: {"POST", "/export/forecast/forecast"}, List: {"GET", "/export/jobs"}, Status: {"GET", "/export/jobs/" + id},
		Cancel: {"PATCH", "/export/jobs/" + id}, Results: {"GET", results(id)}, Limits: {"GET", "/admin/limits"},
	}[op]
	send := map[Op]string{Create: `{"timePeriod":"1999_Q1","includeHistorical":true}`, Cancel: `{"type":"CANCEL"}`}[op]
	return c.send(ctx, request[0], request[1], send)
}

func TestKeyIsEchoed(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, s *Server, c caller) {
		s.Add(Fault{Op: Limits, Do: EchoKey(401)})
		status, _, body, err := c.do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, 401, status)
		require.Contains(t, string(body), s.Key())
		require.NotContains(t, s.Ledger().String(), s.Key())
	})
}

// Clari's clock is ahead, and a date in Retry-After is one on it.
func TestRetryAfterDateIsOnClarisClock(t *testing.T) {
	inBubble(t, Config{Skew: time.Hour}, func(t *testing.T, s *Server, c caller) {
		s.Add(Fault{Do: Throttled().RetryAfterDate(1500 * time.Millisecond)})
		_, header, _, err := c.do("GET", "/admin/limits", "")
		require.NoError(t, err)
		at, err := http.ParseTime(header.Get("Retry-After"))
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(time.Hour+2*time.Second).UTC(), at)
	})
}
