package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestOverASocket(t *testing.T) {
	s := sim.New(sim.Config{Tenant: sim.Tenant{People: 100}})
	defer s.Close()
	url, err := s.Start("")
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := caller.New(t, transport, url, s.Key())

	id := c.Create("forecast", "")
	_, _, body, err := c.Do("GET", caller.Results(id), "")
	require.NoError(t, err)
	j, _ := s.Job(1)
	require.Equal(t, caller.Written(t, j.Export), string(body))

	for _, effect := range []sim.Effect{sim.Reset(), sim.Refused()} {
		s.Add(sim.Fault{Op: sim.Create, Do: effect})
		_, _, _, err = c.Do("POST", "/export/forecast/forecast", "")
		require.Error(t, err)
		require.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF), err)
	}
	require.Len(t, s.Ledger().Jobs, 1)

	s.Add(sim.Fault{Op: sim.Results, Do: sim.Cut(1000)})
	_, _, body, err = c.Do("GET", caller.Results(id), "")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Len(t, body, 1000)
}

func TestLoopbackOnly(t *testing.T) {
	s := sim.New(sim.Config{})
	defer s.Close()
	_, err := s.Start("0.0.0.0:0")
	require.ErrorContains(t, err, "not a loopback address")
}

// Closing ends what hangs, and a closed server is one that refuses connections.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Config{})
		c := caller.New(t, s.Transport(), s.MemoryURL(), s.Key())
		s.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Hang()})
		ended := make(chan error)
		go func() {
			_, _, _, err := c.Do("GET", "/admin/limits", "")
			ended <- err
		}()
		synctest.Wait()
		s.Close()
		require.Error(t, <-ended)
		_, _, _, err := c.Do("GET", "/admin/limits", "")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		_, err = s.Start("")
		require.Error(t, err)
	})
}

// A client that gives up ends a request that hangs, which the ledger then shows.
func TestHungRequestEndsWithItsClient(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.Create, Do: sim.Hang().AfterProcessing()})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, _, _, err := c.Send(ctx, "POST", "/export/forecast/forecast", "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		l := s.Ledger()
		require.Len(t, l.Jobs, 1)
		require.True(t, l.Requests[0].Cut)
		require.Equal(t, 30*time.Second, l.Requests[0].Answered.Sub(l.Requests[0].At))
		require.Equal(t, l.Jobs[0].ID, l.Requests[0].JobID)
	})
}

func TestRefusedIsNotEvenLogged(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.Create, Period: "2026_Q1", Count: 2, Do: sim.Refused()})
		for range 2 {
			_, _, _, err := c.Do("POST", "/export/forecast/forecast", `{"timePeriod":"2026_Q1"}`)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		}
		require.Empty(t, s.Ledger().Requests)
		c.Create("forecast", `{"timePeriod":"2026_Q1"}`)
	})
}

// A connection may be refused for any operation.
func TestAnyOperationMayBeRefused(t *testing.T) {
	for op, line := range map[sim.Op][2]string{
		sim.Create: {"POST", "/export/forecast/forecast"}, sim.List: {"GET", "/export/jobs"}, sim.Status: {"GET", "/export/jobs/1"},
		sim.Cancel: {"PATCH", "/export/jobs/1"}, sim.Results: {"GET", "/export/jobs/1/results"}, sim.Limits: {"GET", "/admin/limits"},
		sim.CreateActivity: {"POST", "/export/activity"}, sim.AuditEvents: {"GET", "/audit/events"}, sim.Opportunities: {"GET", "/opportunity"},
	} {
		caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
			s.Add(sim.Fault{Op: op, Do: sim.Refused()})
			_, _, _, err := c.Do(line[0], line[1], "")
			require.ErrorIs(t, err, syscall.ECONNREFUSED, op)
			require.Empty(t, s.Ledger().Requests)
			_, _, _, err = c.Do(line[0], line[1], "")
			require.NoError(t, err)
			require.Equal(t, op, s.Ledger().Requests[0].Op)
		})
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	caller.InBubble(t, sim.Config{Concurrent: 1000, Run: sim.Between(time.Second, time.Minute)}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.Status, Count: sim.Always, Do: sim.Trickle(100, time.Second)})
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for range 5 {
					id := c.Create("forecast", "")
					for c.Status(id) != sim.Done {
						s.Ledger().MaxConcurrent()
					}
					_, _, body, err := c.Do("GET", caller.Results(id), "")
					require.NoError(t, err)
					require.NotEmpty(t, body)
				}
			})
		}
		clients.Wait()
		l := s.Ledger()
		require.Equal(t, 8, l.MaxConcurrent())
		require.Len(t, l.JobsFor(), 1)
		require.Equal(t, 40, l.Spent())
		require.Len(t, l.Of(sim.Results), 40)
	})
}

// Servers must be cheap: there are tests that make thousands.
func BenchmarkServer(b *testing.B) {
	for b.Loop() {
		s := sim.New(sim.Config{})
		client := http.Client{Transport: s.Transport()}
		r, _ := http.NewRequest("GET", s.MemoryURL()+"/admin/limits", nil)
		r.Header.Set("apikey", s.Key())
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		s.Close()
	}
}

func BenchmarkDownload(b *testing.B) {
	for _, name := range []string{"memory", "socket"} {
		b.Run(name, func(b *testing.B) {
			s := sim.New(sim.Config{Tenant: sim.Tenant{People: 1000, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(10)}}}})
			defer s.Close()
			j := s.Plant(sim.Job{Historical: true, Asked: "2024_Q1"})
			client, url := http.Client{Transport: s.Transport()}, s.MemoryURL()
			if name == "socket" {
				url, _ = s.Start("")
				client.Transport = &http.Transport{}
				defer client.CloseIdleConnections()
			}
			for b.Loop() {
				r, _ := http.NewRequest("GET", url+caller.Results(j.ID), nil)
				r.Header.Set("apikey", s.Key())
				resp, err := client.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				n, _ := io.Copy(io.Discard, resp.Body)
				b.SetBytes(n)
				resp.Body.Close()
			}
		})
	}
}
