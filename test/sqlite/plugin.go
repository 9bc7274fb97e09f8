// Package sqlite is a CloudQuery destination that keeps its tables in one SQLite file. The demo and the end-to-end
// tests sync into it; it also serves as a state backend. Nothing but the file is needed: no server, no C compiler.
//
// What SQL sees: text as TEXT, bool as 0 and 1, integers as INTEGER, floats as REAL, binary as BLOB, a day as
// 2025-02-01, a timestamp in UTC and in the column's own precision as 2025-02-01 09:30:00.000000Z (so that text order is
// time order and SQLite's date functions read it), a UUID as its 36 characters, JSON as it came (json_extract works),
// and everything else, lists first of all, in Arrow's own text form, which for a list is a JSON array.
//
// The SDK's mixed batch writer stands between the stream and the file. It makes this destination as strict as
// PostgreSQL's: rows wait in memory until batch_size, batch_size_bytes or batch_timeout is reached, a message of
// another kind arrives or the stream is closed; when the stream is cancelled instead, they are gone.
package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/configtype"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/writers/mixedbatchwriter"
	"github.com/rs/zerolog"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Spec is the destination's spec. The names are those of CloudQuery's own SQLite destination.
type Spec struct {
	ConnectionString string               `json:"connection_string"` // path of the file, created when missing
	BatchSize        int64                `json:"batch_size"`        // rows, default 10,000
	BatchSizeBytes   int64                `json:"batch_size_bytes"`  // bytes as Arrow, default 5 MiB
	BatchTimeout     *configtype.Duration `json:"batch_timeout"`     // default 20s
}

// Plugin returns the destination, ready to be served.
func Plugin() *plugin.Plugin {
	return plugin.NewPlugin("sqlite", "v1.0.0", newClient,
		plugin.WithKind("destination"), plugin.WithTeam("cq-source-clari"))
}

type client struct {
	plugin.UnimplementedSource

	db *sql.DB
	// SQLite has one writer at a time. Waiting here is fair and prompt; SQLite's own wait for the lock sleeps.
	writing sync.Mutex
	writer  *mixedbatchwriter.MixedBatchWriter
}

func newClient(_ context.Context, logger zerolog.Logger, data []byte, opts plugin.NewClientOptions) (plugin.Client, error) {
	c := &client{}
	if opts.NoConnection {
		return c, nil
	}
	var spec Spec
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&spec); err != nil {
		return nil, fmt.Errorf("decode spec: %w", err)
	}
	if spec.ConnectionString == "" {
		return nil, errors.New("connection_string is required: the path of the SQLite file")
	}
	timeout := 20 * time.Second
	if spec.BatchTimeout != nil {
		timeout = spec.BatchTimeout.Duration()
	}

	db, err := open(spec.ConnectionString)
	if err != nil {
		return nil, err
	}
	c.db = db
	c.writer, err = mixedbatchwriter.New(c,
		mixedbatchwriter.WithLogger(logger),
		mixedbatchwriter.WithBatchSize(cmp.Or(spec.BatchSize, 10_000)),
		mixedbatchwriter.WithBatchSizeBytes(cmp.Or(spec.BatchSizeBytes, 5<<20)),
		mixedbatchwriter.WithBatchTimeout(timeout))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return c, nil
}

// open opens the file for one writer and any number of readers at once, in this process and in others.
func open(path string) (*sql.DB, error) {
	settings := url.Values{
		"_busy_timeout": {"30000"}, // milliseconds
		"_journal_mode": {"WAL"},
		"_synchronous":  {"NORMAL"}, // survives a killed process; only a power cut may lose the last transactions
		"_txlock":       {"immediate"},
		"_pragma":       {"cache_size(-65536)"}, // KiB; keys are hashes, so an insert touches any page of the index
	}
	db, err := sql.Open("sqlite", path+"?"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := db.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, nil
}

func (c *client) Write(ctx context.Context, messages <-chan message.WriteMessage) error {
	return c.writer.Write(ctx, messages)
}

func (c *client) Close(context.Context) error {
	if c.db == nil {
		return nil
	}
	return c.db.Close()
}

// transaction runs f in one transaction, as the only writer of this process.
func (c *client) transaction(ctx context.Context, f func(*sql.Tx) error) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // after a cancel the transaction is already rolled back; err says what matters
		return err
	}
	return tx.Commit()
}
