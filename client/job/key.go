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

// keyring judges whether Clari accepts the key. One 401 fails one thing only: a gateway that reloads its keys, or a right that one endpoint lacks, look
// like that. It is safe for concurrent use.
type keyring struct {
	mu      sync.Mutex
	first   map[string]time.Time // by endpoint: the first 401 of those behind which it gave no other answer
	streak  map[string]time.Time // the same, behind which no endpoint did
	refused error                // why nothing is asked for any more
	create  error                // why no creation is sent any more
}

// observe takes in the answer of an endpoint.
func (k *keyring) observe(endpoint string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer, isAnswer := errors.AsType[*clari.Error](err)
	switch {
	case err != nil && !isAnswer: // it says nothing of the key
		return
	case !errors.Is(err, clari.ErrUnauthorized):
		delete(k.first, endpoint)
		k.streak = nil
		return
	}
	if k.streak == nil {
		k.streak = map[string]time.Time{}
	}
	if k.first == nil {
		k.first = map[string]time.Time{}
	}
	long := func(since map[string]time.Time) bool {
		if since[endpoint].IsZero() {
			since[endpoint] = time.Now()
		}
		return time.Since(since[endpoint]) >= secondLook
	}
	if long(k.streak) || len(k.streak) > 1 {
		k.refused = fmt.Errorf("%w: %w", ErrKeyRefused, answer)
	}
	if long(k.first) && endpoint == endpointCreate {
		k.create = answer
	}
}

const endpointCreate = "create"

// doomed is why no creation is worth sending any more; nil while one is.
func (k *keyring) doomed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refused != nil {
		return k.refused
	}
	return k.create
}
