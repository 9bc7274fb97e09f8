package bench

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// scenario is what one sync meets: a tenant, how its results come, and how many quarters of each of its tabs are asked for.
type scenario struct {
	name string
	sim.Tenant
	sim.Encoding
	sim.Quirks
	quarters int
}

// BenchmarkSync is one sync of one result of some size, in a plugin process of its own.
func BenchmarkSync(b *testing.B) {
	program := filepath.Join(build(b, "../.."), "cq-source-clari")
	const mb = 1_000_000
	for _, s := range []scenario{
		sized("arrays/1MB", sim.Arrays, mb, sim.Quirks{}),
		sized("arrays/10MB", sim.Arrays, 10*mb, sim.Quirks{}),
		sized("arrays/100MB", sim.Arrays, 100*mb, sim.Quirks{}),
		sized("arrays/1GB", sim.Arrays, 1000*mb, sim.Quirks{}),
		sized("arrays/1GB-unique-keys", sim.Arrays, 1000*mb, sim.Quirks{UniqueKeys: true}),
		sized("arrays/200MB-split-entries", sim.Arrays, 200*mb, sim.Quirks{SplitEntries: true}),
		sized("flat-objects/10MB", sim.FlatObjects, 10*mb, sim.Quirks{}),
		sized("flat-objects/100MB", sim.FlatObjects, 100*mb, sim.Quirks{}),
		sized("flat-lists/10MB", sim.FlatLists, 10*mb, sim.Quirks{}),
		sized("flat-lists/100MB", sim.FlatLists, 100*mb, sim.Quirks{}),
		sized("csv/10MB", sim.CSV, 10*mb, sim.Quirks{}),
		sized("csv/100MB", sim.CSV, 100*mb, sim.Quirks{}),
		sized("csv/1GB", sim.CSV, 1000*mb, sim.Quirks{}),
		sized("csv/1GB-split-entries", sim.CSV, 1000*mb, sim.Quirks{SplitEntries: true}),
	} {
		b.Run(s.name, func(b *testing.B) { s.measure(b, program) })
	}
}

// BenchmarkSyncExports is one sync of many small exports.
func BenchmarkSyncExports(b *testing.B) {
	program := filepath.Join(build(b, "../.."), "cq-source-clari")
	for _, n := range []struct{ tabs, quarters int }{{1, 1}, {1, 20}, {20, 20}} {
		t := tenant(10)
		t.Tabs = nil
		for i := range n.tabs {
			t.Tabs = append(t.Tabs, sim.Tab{ID: fmt.Sprintf("tab_%d", i+1), Fields: sim.Fields(fields)})
		}
		s := scenario{fmt.Sprintf("tabs=%d/quarters=%d", n.tabs, n.quarters), t, sim.Arrays, sim.Quirks{}, n.quarters}
		b.Run(s.name, func(b *testing.B) { s.measure(b, program) })
	}
}

// sized is one export of about so many bytes.
func sized(name string, e sim.Encoding, size int, q sim.Quirks) scenario {
	const some = 200
	t := tenant(some)
	people := size * some / int(export(&t, e).Size())
	return scenario{name, tenant(max(1, people)), e, q, 1}
}

// start starts a stand-in whose jobs take no time, and returns the spec of the sync. Nothing is waited for that does not have to be.
func (s *scenario) start(b *testing.B) (*sim.Server, map[string]any) {
	b.Helper()
	config := sim.Config{Tenant: s.Tenant, Quirks: s.Quirks, Monthly: 2 * s.exports(), Concurrent: 3}
	if s.Encoding != sim.CSV {
		config.JSON = s.Encoding
	}
	server := sim.New(config)
	b.Cleanup(func() { server.Close() })
	url, err := server.Start("")
	if err != nil {
		b.Fatal(err)
	}
	var forecasts []map[string]any
	for _, tab := range s.Tabs {
		forecasts = append(forecasts, map[string]any{"id": tab.ID})
	}
	return server, map[string]any{
		"api_key": server.Key(), "base_url": url, "forecasts": forecasts, "export_format": format(s.Encoding),
		"periods": []string{fmt.Sprintf("%s..%s", quarter.Add(1-s.quarters), quarter)}, "fiscal_year_start_month": 2,
		"delay_between_exports": "0s", "poll_interval": "50ms", "requests_per_second": 100,
	}
}

func (s *scenario) exports() int { return len(s.Tabs) * s.quarters }

func (s *scenario) entries() (n int) {
	for i := range s.quarters {
		n += len(s.Tabs) * entriesOf(s.Tenant, quarter.Add(-i))
	}
	return n
}

func (s *scenario) measure(b *testing.B, program string) {
	var used, kernel time.Duration
	var bytes, peak int64
	requests := 0
	for b.Loop() {
		b.StopTimer()
		server, spec := s.start(b)
		p := serve(b, program)
		b.StartTimer()
		rows, err := p.sync(b.Context(), spec)
		b.StopTimer()
		peak = max(peak, p.peak())
		p.stop()
		if err != nil {
			b.Fatalf("%v%s", err, &p.stderr)
		}
		if n := rows[forecast.EntriesTable.Name]; n != s.entries() {
			b.Fatalf("%d entries arrived of %d", n, s.entries())
		}
		ledger := server.Ledger()
		if len(ledger.Jobs) != s.exports() {
			b.Fatalf("%d jobs for %d exports", len(ledger.Jobs), s.exports())
		}
		for _, r := range ledger.Requests {
			if r.Op == sim.Results {
				bytes += r.Bytes
			}
		}
		requests += len(ledger.Requests)
		used += cpu(p.Cmd)
		kernel += p.ProcessState.SystemTime()
		server.Close()
		b.StartTimer()
	}
	b.SetBytes(bytes / int64(b.N))
	rows, exports := float64(b.N*s.entries()), float64(b.N*s.exports())
	b.ReportMetric(float64(s.entries()), "rows/op")
	b.ReportMetric(float64(bytes)/float64(b.N)/1e6, "result-MB")
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(used)/rows, "cpu-ns/row")
	b.ReportMetric(float64(kernel)/rows, "kernel-ns/row")
	b.ReportMetric(float64(used.Milliseconds())/exports, "cpu-ms/export")
	b.ReportMetric(float64(requests)/exports, "requests/export")
	if peak == 0 {
		b.Log("no peak-MiB: this system does not tell the peak memory of a process")
		return
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	// 64 MiB, 16 bytes an entry, and the dictionaries: a kilobyte for each person
	b.ReportMetric(64+float64(16*s.entries()+s.People<<10)/(1<<20), "target-MiB")
}
