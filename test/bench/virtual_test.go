package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// livesCommand makes this program a test binary of one test, which synctest asks for. It measures what the file describes, and adds
// to the file what came of it.
const livesCommand = "lives"

// lived is what that file holds.
type lived struct {
	Length   string
	Syncs    int
	Delay    string        // delay_between_exports; all else is as by default
	Download time.Duration // how long each download takes

	Score score
	Jobs  []time.Duration // their lengths
}

func live(file string) {
	os.Args = os.Args[:1]
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: livesCommand, F: func(t *testing.T) {
		var l lived
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &l)
		}
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(l.Syncs) {
			l.live(t, seed)
		}
		if data, err = json.Marshal(l); err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}}}, nil, nil)
}

// live runs many syncs of the real plugin in virtual time, and returns what they cost and the lengths of their jobs.
func (b *bench) live(l length, syncs int, delay string, download time.Duration) (score, []time.Duration, error) {
	file := filepath.Join(b.dir, "life.json")
	data, err := json.Marshal(lived{Length: l.name, Syncs: syncs, Delay: delay, Download: download})
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		return score{}, nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return score{}, nil, err
	}
	if out, err := exec.CommandContext(b, program, livesCommand, file).CombinedOutput(); err != nil {
		return score{}, nil, fmt.Errorf("a sync in virtual time: %w: %s", err, out)
	}
	var done lived
	if data, err = os.ReadFile(file); err == nil {
		err = json.Unmarshal(data, &done)
	}
	return done.Score, done.Jobs, err
}

// live is one sync of the whole plugin against the stand-in: what is measured is not a model of it. The stand-in's ledger tells of
// each job how long it ran, how often it was polled and when for the last time.
func (l *lived) live(t *testing.T, seed uint64) {
	jobs := lengths[slices.IndexFunc(lengths, func(known length) bool { return known.name == l.Length })]
	synctest.Test(t, func(t *testing.T) {
		server := sim.New(sim.Config{
			Tenant: sim.Tenant{Seed: seed, People: 1, Tabs: []sim.Tab{{ID: tab, Fields: sim.Fields(1)}}}, Run: jobs.drawn(seed),
		})
		defer server.Close()
		began := time.Now()
		if err := l.sync(t, server); err != nil {
			t.Fatal(err)
		}
		l.Score.Wall += time.Since(began)
		ran := l.Score.read(server.Ledger())
		if len(ran) != exportsOfLife {
			t.Fatalf("%d jobs", len(ran))
		}
		l.Jobs = append(l.Jobs, ran...)
	})
}

func (l *lived) sync(t *testing.T, server *sim.Server) error {
	last := server.Current().Add(-1)
	spec, err := json.Marshal(map[string]any{
		"api_key": server.Key(), "base_url": server.MemoryURL(), "forecasts": []map[string]any{{"id": tab}},
		"periods": []string{fmt.Sprintf("%s..%s", last.Add(1-exportsOfLife), last)}, "fiscal_year_start_month": 2,
		"delay_between_exports": l.Delay,
	})
	if err != nil {
		return err
	}
	client, err := plugin.New(zerolog.Nop(), spec, plugin.Options{Transport: slowly{server.Transport(), l.Download}})
	if err != nil {
		return err
	}
	messages := make(chan message.SyncMessage)
	failed := make(chan error, 1)
	go func() {
		defer close(messages)
		failed <- client.Sync(t.Context(), sdk.SyncOptions{Tables: []string{"*"}}, messages)
	}()
	for range messages {
	}
	return <-failed
}

// read adds the jobs of a ledger to the score.
func (s *score) read(l sim.Ledger) (lengths []time.Duration) {
	polls, seen := map[int]int{}, map[int]time.Time{}
	for _, r := range l.Requests {
		if r.Op == sim.Status {
			polls[r.Job]++
			seen[r.Job] = r.Answered
		}
	}
	for _, j := range l.Jobs {
		length := j.EndsAt().Sub(j.CreatedAt)
		s.see(length, seen[j.Number].Sub(j.EndsAt()), polls[j.Number])
		lengths = append(lengths, length)
	}
	return lengths
}

// slowly is a transport over which a download takes time.
type slowly struct {
	http.RoundTripper
	download time.Duration
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/results") {
		time.Sleep(s.download)
	}
	return s.RoundTripper.RoundTrip(r)
}
