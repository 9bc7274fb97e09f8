package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// relayCommand makes this program the one that carries rows from source to destination, as the CLI does, and nothing else: so
// that its CPU time can be told from that of the stand-in.
const relayCommand = "relay"

func relay(ctx context.Context, file string) error {
	config, err := runner.Load(file, nil)
	if err != nil {
		return err
	}
	_, err = runner.Sync(ctx, config, runner.Options{})
	return err
}

// share finds which part of the CPU time of a whole sync to SQLite is the plugin's.
func (b *bench) share() error {
	t := b.report.grid("share", "CPU seconds of a sync of one export to SQLite, by process",
		"result", "entries", "s", "plugin", "runner", "SQLite destination", "plugin's share")
	for _, e := range []encoding{encodings[0], encodings[3]} {
		progress("syncing to SQLite: %s", e.name)
		if err := b.toSQLite(t, e); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	t.print()
	return nil
}

func (b *bench) toSQLite(t *grid, e encoding) error {
	const people = 500
	server, url, err := startSim(people, e)
	if err != nil {
		return err
	}
	defer server.Close()
	source, err := b.serve(b.source)
	if err != nil {
		return err
	}
	destination, err := b.serve(b.destination)
	if err != nil {
		source.stop()
		return err
	}
	file, err := b.writeSpec(source, destination, specOf(server, url, e, 1))
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	runner := exec.CommandContext(b, program, relayCommand, file)
	runner.Stderr = os.Stderr
	began := time.Now()
	err = runner.Run()
	wall := time.Since(began)
	source.stop()
	destination.stop()
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	ledger := server.Ledger()
	if len(ledger.Jobs) != 1 {
		return fmt.Errorf("%d jobs", len(ledger.Jobs))
	}
	s, r, d := cpu(source.Cmd).Seconds(), cpu(runner).Seconds(), cpu(destination.Cmd).Seconds()
	part := s / (s + r + d)
	t.add(e.name, count(entriesOf(ledger.Jobs[0].Export)), seconds(wall), decimals(2, s), decimals(2, r), decimals(2, d), percent(part))
	b.report.target("CPU share in a sync to SQLite, "+e.name, "under a fifth of the whole", percent(part), part < 0.2)
	return nil
}

// writeSpec writes what the runner reads: JSON is YAML too.
func (b *bench) writeSpec(source, destination *process, spec map[string]any) (string, error) {
	documents := []map[string]any{
		{"kind": "source", "spec": map[string]any{
			"name": "clari", "registry": "grpc", "path": source.address, "tables": []string{"*"}, "destinations": []string{"sqlite"}, "spec": spec,
		}},
		{"kind": "destination", "spec": map[string]any{
			"name": "sqlite", "registry": "grpc", "path": destination.address, "write_mode": "overwrite",
			"spec": map[string]any{"connection_string": filepath.Join(filepath.Dir(destination.address[len("unix://"):]), "bench.db")},
		}},
	}
	var text []byte
	for _, d := range documents {
		data, err := json.Marshal(d)
		if err != nil {
			return "", err
		}
		text = append(append(text, "---\n"...), append(data, '\n')...)
	}
	file := filepath.Join(b.dir, "spec.yml")
	return file, os.WriteFile(file, text, 0o600)
}
