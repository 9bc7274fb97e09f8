package job

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// rights judges whether creations are worth sending. One 401 fails one export only: a gateway that reloads its keys looks like that. Two creations that
// are refused so, a minute apart and with no other answer to one between them, lack a right. It is safe for concurrent use.
type rights struct {
	mu    sync.Mutex
	first time.Time // of those 401s
	gone  error
}

// observe takes in the answer to a creation.
func (g *rights) observe(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !errors.Is(err, clari.ErrUnauthorized):
		g.first = time.Time{}
	case g.first.IsZero():
		g.first = time.Now()
	case time.Since(g.first) >= secondLook:
		g.gone = err
	}
}

// doomed is why no creation is worth sending any more; nil while one is.
func (r *run) doomed() error {
	if r.Client.KeyRefused() {
		return fmt.Errorf("the key is refused: %w", clari.ErrUnauthorized)
	}
	r.rights.mu.Lock()
	defer r.rights.mu.Unlock()
	return r.rights.gone
}
