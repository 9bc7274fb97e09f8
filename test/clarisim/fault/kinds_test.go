package fault_test

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
	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What each kind of fault looks like from outside, for every operation that it is for.
func TestKinds(t *testing.T) {
	names := map[string]bool{}
	for _, kind := range sim.Kinds() {
		require.False(t, names[kind.Name], kind.Name+" twice")
		names[kind.Name] = true
		require.NotEmpty(t, kind.Ops, kind.Name)
		for _, op := range kind.Ops {
			t.Run(kind.Name+"/"+string(op), func(t *testing.T) { testKind(t, kind, op) })
		}
	}
}

func testKind(t *testing.T, kind sim.Kind, op sim.Op) {
	caller.InBubble(t, sim.Config{Tenant: sim.Tenant{People: 40}, Run: sim.Fixed(time.Minute), ContentLength: true}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		j := sim.Job{}
		if op != sim.Create {
			c.Create("forecast", `{"timePeriod":"1999_Q1","includeHistorical":true}`)
			j, _ = s.Job(1)
			if op == sim.Results {
				time.Sleep(time.Minute)
			}
		}
		before := len(s.Ledger().Created())
		s.Add(sim.Fault{Op: op, Count: sim.Always, Do: kind.Build()})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		status, header, body, err := request(ctx, c, op, j.ID)
		made := len(s.Ledger().Created()) - before

		switch kind.Class {
		case sim.Refusal:
			require.NoError(t, err)
			require.Contains(t, []int{400, 401, 403, 404}, status)
			require.True(t, json.Valid(body))
			require.Zero(t, made)
		case sim.Outage:
			require.NoError(t, err)
			require.Contains(t, []int{429, 500, 502, 503, 504}, status)
			require.Zero(t, made)
			requests := s.Ledger().Requests
			at := requests[len(requests)-1].RetryAt
			require.Equal(t, header.Get("Retry-After") == "", at.IsZero())
			if !at.IsZero() {
				require.WithinDuration(t, time.Now().Add(7*time.Second), at, time.Second)
			}
		case sim.Connection:
			require.Zero(t, made)
			require.Error(t, err)
			require.Equal(t, kind.Name == "refused", errors.Is(err, syscall.ECONNREFUSED))
			require.Equal(t, kind.Name == "hang" || kind.Name == "stall", errors.Is(err, context.DeadlineExceeded), err)
			require.Equal(t, kind.Name == "cut" || kind.Name == "cut-chunked", errors.Is(err, io.ErrUnexpectedEOF), err)
			if slices.Contains([]string{"cut", "cut-chunked", "stall"}, kind.Name) {
				require.Len(t, body, 20)
			}
		case sim.Slow:
			require.NoError(t, err)
			require.True(t, json.Valid(body))
			require.GreaterOrEqual(t, time.Since(began), time.Duration(len(body)/4096)*time.Second)
		case sim.Unclear:
			require.True(t, err != nil || status >= 500, "the answer came through")
			s.ClearFaults()
			switch op {
			case sim.Create:
				require.Equal(t, 1, made)
			case sim.Cancel:
				j, _ = s.Job(1)
				require.False(t, j.CancelledAt.IsZero())
			}
		case sim.Body:
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, kind.Name == "incomplete-limits", json.Valid(body))
		case sim.Course, sim.Content:
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			testMade(t, kind, s, c)
		}
	})
}

// testMade looks at the job that an altered creation made.
func testMade(t *testing.T, kind sim.Kind, s *sim.Server, c caller.Caller) {
	j, ok := s.Job(1)
	require.True(t, ok)
	plain := sim.New(sim.Config{Tenant: sim.Tenant{People: 40}})
	ordinary := plain.Plant(sim.Job{CreatedAt: j.CreatedAt, Asked: j.Asked}).Export
	time.Sleep(time.Hour)
	states := j.States(time.Now())
	last := states[len(states)-1].Status
	listed := len(c.List())
	if kind.Class == sim.Content {
		require.Equal(t, sim.Done, last)
		status, _, body, err := c.Do("GET", caller.Results(j.ID), "")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, caller.Written(t, mustJob(s).Export), string(body))
		if kind.Name == "rows-truncated" || kind.Name == "cells-truncated" {
			job := c.Get("/export/jobs/" + j.ID)
			require.Equal(t, kind.Name == "rows-truncated", job["rowsTruncated"])
			require.Equal(t, kind.Name == "cells-truncated", job["cellsTruncated"])
			return
		}
		ordinary.At = j.EndsAt()
		require.NotEqual(t, caller.Written(t, ordinary), string(body))
		return
	}
	switch kind.Name {
	case "failed", "aborted", "cancelled":
		require.Equal(t, kind.Build().Name, "ends-"+last)
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", caller.Results(j.ID), ""))
	case "unknown-state":
		require.Equal(t, "ARCHIVING", states[1].Status)
	case "stuck-queued":
		require.Equal(t, sim.Scheduled, last)
	case "stuck-running":
		require.Equal(t, sim.Started, last)
	case "hidden":
		require.Zero(t, listed)
		require.Equal(t, sim.Done, c.Status(j.ID))
	case "twin":
		require.Equal(t, 2, listed)
		require.Len(t, s.Ledger().Created(), 1)
	case "expired":
		require.Equal(t, sim.Done, last)
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", caller.Results(j.ID), ""))
	default:
		t.Fatal("not looked at")
	}
}

func mustJob(s *sim.Server) sim.Job {
	j, _ := s.Job(1)
	return j
}

// request makes a request of an operation.
func request(ctx context.Context, c caller.Caller, op sim.Op, id string) (status int, header http.Header, body []byte, err error) {
	line := map[sim.Op][2]string{
		sim.Create: {"POST", "/export/forecast/forecast"}, sim.List: {"GET", "/export/jobs"}, sim.Status: {"GET", "/export/jobs/" + id},
		sim.Cancel: {"PATCH", "/export/jobs/" + id}, sim.Results: {"GET", caller.Results(id)}, sim.Limits: {"GET", "/admin/limits"},
	}[op]
	sent := map[sim.Op]string{sim.Create: `{"timePeriod":"1999_Q1","includeHistorical":true}`, sim.Cancel: `{"type":"CANCEL"}`}[op]
	return c.Send(ctx, line[0], line[1], sent)
}

func TestKeyIsEchoed(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.Limits, Do: sim.EchoKey(401)})
		status, _, body, err := c.Do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, 401, status)
		require.Contains(t, string(body), s.Key())
		require.NotContains(t, s.Ledger().String(), s.Key())
	})
}
