package bench

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
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

// inVirtualTime runs f many times, each time in a bubble of its own, with another seed. Bubbles belong to tests, so this is one, which
// runs whatever -run, -skip and -count say.
func inVirtualTime(b *testing.B, times int, f func(t *testing.T, seed uint64)) {
	b.Helper()
	ran, skip := 0, flag.Lookup("test.skip").Value.String()
	match := func(pattern, _ string) (bool, error) { return !strings.Contains(skip, pattern), nil }
	test := func(t *testing.T) {
		for ; ran < times; ran++ {
			synctest.Test(t, func(t *testing.T) { f(t, uint64(ran)) })
		}
	}
	if ok := testing.RunTests(match, []testing.InternalTest{{Name: b.Name(), F: test}}); !ok || ran < times {
		b.Fatalf("%d of %d runs in virtual time", ran, times)
	}
}

// standIn has a tenant of one person, and jobs of some length.
func standIn(l length, seed uint64) *sim.Server {
	return sim.New(sim.Config{Tenant: sim.Tenant{Seed: seed, People: 1, Tabs: []sim.Tab{{ID: tab, Fields: sim.Fields(1)}}}, Run: l.drawn(seed)})
}

// runSync is one sync of the whole plugin against the stand-in: what is measured is not a model of it. All settings but those given are at
// their defaults. Each download takes so long.
func runSync(t *testing.T, server *sim.Server, exports int, download time.Duration, settings map[string]any) {
	t.Helper()
	last := server.Current().Add(-1)
	spec := map[string]any{
		"api_key": server.Key(), "base_url": server.MemoryURL(), "forecasts": []map[string]any{{"id": tab}},
		"periods": []string{fmt.Sprintf("%s..%s", last.Add(1-exports), last)}, "fiscal_year_start_month": 2,
	}
	maps.Copy(spec, settings)
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	client, err := plugin.New(zerolog.Nop(), data, plugin.Options{Transport: slowly{server.Transport(), download}})
	if err != nil {
		t.Fatal(err)
	}
	messages := make(chan message.SyncMessage)
	failed := make(chan error, 1)
	go func() {
		defer close(messages)
		failed <- client.Sync(t.Context(), sdk.SyncOptions{Tables: []string{"*"}}, messages)
	}()
	for range messages {
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
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
