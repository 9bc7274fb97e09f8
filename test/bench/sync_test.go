package main

import (
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// synced is what one sync took in a plugin process of its own, from a stand-in on the loopback interface.
type synced struct {
	exports, entries, requests int
	bytes                      int64 // of the results
	wire                       int64
	wall, cpu, kernel          time.Duration // kernel is a part of cpu
	peak                       int64         // 0: the system does not tell
}

const entriesTable = "clari_forecast_entries"

// startSim starts a stand-in whose jobs take no time, for a tenant of so many people.
func startSim(people int, e encoding) (*sim.Server, string, error) {
	s := sim.New(sim.Config{Tenant: tenant(people), JSON: jsonEncoding(e), Quirks: e.quirks, Monthly: 1000, Concurrent: 3})
	url, err := s.Start("")
	return s, url, err
}

func jsonEncoding(e encoding) sim.Encoding {
	if e.format == "json" {
		return e.Encoding
	}
	return sim.Arrays
}

// specOf asks for quarters up to the one that all results are of. Nothing is waited for that does not have to be.
func specOf(s *sim.Server, url string, e encoding, exports int) map[string]any {
	return map[string]any{
		"api_key": s.Key(), "base_url": url, "forecasts": []map[string]any{{"id": tab}}, "export_format": e.format,
		"periods": []string{fmt.Sprintf("%s..%s", quarter.Add(1-exports), quarter)}, "fiscal_year_start_month": 2,
		"delay_between_exports": "0s", "poll_interval": "50ms", "requests_per_second": 100,
	}
}

// sync measures one sync of so many exports.
func (b *bench) sync(e encoding, people, exports int) (*synced, error) {
	server, url, err := startSim(people, e)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	return b.syncSpec(server, specOf(server, url, e, exports), exports)
}

// syncSpec measures one sync of a spec that plans so many exports.
func (b *bench) syncSpec(server *sim.Server, spec map[string]any, exports int) (*synced, error) {
	p, err := b.serve(b.source)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	got, err := p.sync(b, spec)
	n := &synced{exports: exports, wall: time.Since(began), peak: p.peak()}
	p.stop()
	if err != nil {
		return nil, fmt.Errorf("sync: %w%s", err, &p.stderr)
	}
	n.cpu, n.kernel = cpu(p.Cmd), p.ProcessState.SystemTime()
	n.wire, n.entries = got.wire, int(got.rows[entriesTable])
	ledger := server.Ledger()
	want := 0
	for _, r := range ledger.Requests {
		n.requests++
		if r.Op == sim.Results {
			n.bytes += r.Bytes
		}
	}
	for _, j := range ledger.Jobs {
		if n.entries < 100_000 {
			want += entriesOf(j.Export)
		}
	}
	if n.entries == 0 || want != 0 && n.entries != want {
		return nil, fmt.Errorf("%d entries arrived of %d", n.entries, want)
	}
	return n, nil
}

func (n *synced) peakText() string {
	if n.peak == 0 {
		return "n/a"
	}
	return decimals(1, float64(n.peak)/(1<<20))
}

// above is the memory per entry by which one sync exceeds another, in bytes.
func (n *synced) above(least *synced) string {
	if n.peak == 0 || n.entries == least.entries {
		return ""
	}
	return decimals(1, float64(n.peak-least.peak)/float64(n.entries-least.entries))
}

func (n *synced) perSecond() float64 { return float64(n.entries) / n.wall.Seconds() }

// fits reports whether something that takes so many times as long as another sync ends in time for what is to follow.
func (b *bench) fits(n *synced, times float64, follows time.Duration) bool {
	const slack = 1.3
	return time.Now().Add(time.Duration(slack*times*float64(n.wall)) + follows).Before(b.deadline)
}
