package invariant

import (
	"fmt"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
)

// boughtOnce: no export is bought that the table of what is due does not have.
func boughtOnce(g *observer.Observer, p *observer.Sync, wrong report) {
	for _, e := range g.Excess() {
		if !strings.HasSuffix(e.Why, ofUnsent(g.Number("concurrency"))) {
			wrong("%s", e)
		}
	}
}

// sentFirst: no export is bought while concurrency and one more of the sync are bought and not sent.
func sentFirst(g *observer.Observer, p *observer.Sync, wrong report) {
	for _, e := range g.Excess() {
		if strings.HasSuffix(e.Why, ofUnsent(g.Number("concurrency"))) {
			wrong("%s", e)
		}
	}
}

func ofUnsent(concurrency int) string {
	return fmt.Sprintf("bought and not sent, of %d", concurrency+1)
}
