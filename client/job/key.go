package job

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// ErrKeyRefused is a key that Clari does not accept: nothing that is asked with it is answered.
var ErrKeyRefused = errors.New("the key is refused")

// keyring judges whether Clari accepts the key at all. One 401 fails one thing only: a gateway that reloads its keys, or a right that one endpoint lacks,
// look like that. It is safe for concurrent use.
type keyring struct {
	mu      sync.Mutex
	where   string    // the endpoint of the first 401 behind which there was nothing else
	since   time.Time // when that was
	refused error
}

// observe takes in the answer of an endpoint, and returns it.
func (k *keyring) observe(endpoint string, err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer, isAnswer := errors.AsType[*clari.Error](err)
	switch {
	case err != nil && !isAnswer: // it says nothing of the key
	case !errors.Is(err, clari.ErrUnauthorized):
		k.where = ""
	case k.where == "":
		k.where, k.since = endpoint, time.Now()
	case k.where != endpoint || time.Since(k.since) >= secondLook:
		k.refused = answer
	}
	return err
}

// doomed is why no creation is worth sending any more; nil while one is.
func (k *keyring) doomed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refused != nil {
		return fmt.Errorf("%w: %w", ErrKeyRefused, k.refused)
	}
	return nil
}
