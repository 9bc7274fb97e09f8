package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// digest tells one event from another, whatever form their times and numbers came in.
type digest [16]byte

func digestOf(e clari.AuditEvent) digest {
	text, _ := json.Marshal([]any{ // cannot fail: text, and JSON that has been parsed
		strconv.FormatInt(e.At.Unix(), 10), e.At.Nanosecond(), e.ActorID, e.ActorType, e.ImpersonatingActorID, e.SessionID, e.SessionType,
		e.IPAddress, e.Event, e.CorrelationID, canonical(e.Parameters), canonical(e.Extra),
	})
	sum := sha256.Sum256(text)
	return digest(sum[:16])
}

// canonical sorts the keys of objects, and leaves numbers as they are.
func canonical(data json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	_ = d.Decode(&v) // no data: null
	return v
}

// places counts equal events. They have one instant, and so stand close together in a list in order of time: it forgets those that are
// between one and two spans back, in events that differ, and its memory is flat.
type places struct{ recent, older map[digest]int }

const span = 1 << 15

// next is how many events equal to this one came before it.
func (p *places) next(d digest) int {
	n, ok := p.recent[d]
	if !ok {
		n = p.older[d]
		if len(p.recent) >= span || p.recent == nil {
			p.recent, p.older = make(map[digest]int, span), p.recent
		}
	}
	p.recent[d] = n + 1
	return n
}

// eventID is that of the event with so many equal ones before it.
func eventID(d digest, place int) string {
	return hex.EncodeToString(d[:]) + "-" + strconv.Itoa(place)
}
