package wire

import (
	"strings"
	"sync"
	"time"
)

// keyRefusals is the account of 401s, from which KeyRefused answers. One alone proves little: endpoints have rights of their own, and gateways
// have bad minutes.
type keyRefusals struct {
	mu       sync.Mutex
	first    time.Time // the first of the 401s with nothing but 401 since; zero: there is none
	endpoint string    // that of the first
	sure     bool
}

// refusalsApart is how far apart two 401s of one endpoint have to be.
const refusalsApart = time.Minute

func (k *keyRefusals) refused(endpoint string, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.first.IsZero() {
		k.first, k.endpoint = now, endpoint
		return
	}
	k.sure = k.sure || endpoint != k.endpoint || now.Sub(k.first) >= refusalsApart
}

// accepted is told of every other answer.
func (k *keyRefusals) accepted() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.first, k.sure = time.Time{}, false
}

// KeyRefused reports whether Clari refuses this key for whatever is asked: two 401s that are not no_optin, on two endpoints or at least a
// minute apart, with no other answer between them. Until then a 401 is about the one thing that was asked for.
func (c *Client) KeyRefused() bool {
	c.keyRefusals.mu.Lock()
	defer c.keyRefusals.mu.Unlock()
	return c.keyRefusals.sure
}

// endpoint is the method and the first two parts of the path: what is behind them names a tab, a job, or its result.
func (r *Request) endpoint() string {
	path, _, _ := strings.Cut(r.Path, "?")
	parts := strings.SplitN(path, "/", 4)
	return r.Method + " " + strings.Join(parts[:min(len(parts), 3)], "/")
}
