package journal

import (
	"context"
	"maps"
	"testing"
	"testing/synctest"
)

// backend is a state backend over a map: what was set is there once it was flushed.
type backend struct {
	durable, set map[string]string
	flush        func() error // called at the start of each flush; nil: nothing goes wrong
	get          func(ctx context.Context, key string) error
}

func newBackend() *backend { return &backend{durable: map[string]string{}, set: map[string]string{}} }

func (b *backend) GetKey(ctx context.Context, key string) (string, error) {
	if b.get != nil {
		if err := b.get(ctx, key); err != nil {
			return "", err
		}
	}
	return b.durable[key], nil
}

func (b *backend) SetKey(_ context.Context, key, value string) error {
	b.set[key] = value
	return nil
}

func (b *backend) Flush(context.Context) error {
	if b.flush != nil {
		if err := b.flush(); err != nil {
			return err
		}
	}
	maps.Copy(b.durable, b.set)
	return nil
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// reopen ends one sync's journal and begins the next one's.
func reopen(t *testing.T, b *backend, j *Journal) *Journal {
	j.Close(t.Context())
	return Open(t.Context(), b, func(err error) { t.Error(err) })
}
