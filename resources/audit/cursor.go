package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Store is a state backend: CloudQuery's state client is one. GetKey returns "" for a key that was never set.
type Store interface {
	GetKey(ctx context.Context, key string) (string, error)
	SetKey(ctx context.Context, key, value string) error
	Flush(ctx context.Context) error
}

// Cursor is how far events have landed. Times are on Clari's clock.
type Cursor struct {
	Newest   time.Time `json:"newest,omitzero"`    // of the events that landed
	SyncedAt time.Time `json:"synced_at,omitzero"` // when the last sync that succeeded began; zero: there was none
	Since    time.Time `json:"since,omitzero"`     // the first day that was asked for; zero: as far back as Clari goes
	Actors   bool      `json:"actors,omitempty"`   // actors landed too
}

func (cfg *Config) key() string {
	sum := sha256.Sum256([]byte(cfg.BaseURL))
	return "clari/audit/" + hex.EncodeToString(sum[:12])
}

// load reads the cursor; the zero Cursor is that of a first sync. A sync that wants more than the last one, earlier events or actors, starts
// anew. One that does not want events has no cursor.
func (cfg *Config) load(ctx context.Context) (c Cursor, err error) {
	if cfg.Store == nil || !cfg.Wants(EventsTable) {
		return Cursor{}, nil
	}
	var text string
	err = within(ctx, func() (err error) {
		text, err = cfg.Store.GetKey(ctx, cfg.key())
		return err
	})
	if err != nil {
		return Cursor{}, fmt.Errorf("read cursor from state backend: %w", err)
	}
	if text == "" || json.Unmarshal([]byte(text), &c) != nil {
		return Cursor{}, nil
	}
	since := cfg.Spec.SinceDay()
	earlier := !c.Since.IsZero() && since.Before(c.Since)
	if earlier || cfg.Wants(ActorsTable) && !c.Actors {
		return Cursor{}, nil
	}
	return c, nil
}

func (cfg *Config) save(ctx context.Context, c Cursor) error {
	if cfg.Store == nil || !cfg.Wants(EventsTable) {
		return nil
	}
	if err := cfg.Barrier(ctx); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write cursor: %w", err)
	}
	err = within(ctx, func() error {
		if err := cfg.Store.SetKey(ctx, cfg.key(), string(text)); err != nil {
			return err
		}
		return cfg.Store.Flush(ctx)
	})
	if err != nil { // the events have landed: the next sync lists them once more
		cfg.Log.Warn().Err(err).Str("table", EventsTable).Msg("state backend does not take the cursor: the next sync starts where this one did")
	}
	return nil
}

// patience is how long a state backend may take to answer.
const patience = 30 * time.Second

// within calls the state backend, which ignores contexts, and waits for it no longer than that. Nothing that the call sets may be read
// after an error.
func within(ctx context.Context, call func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
