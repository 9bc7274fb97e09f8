package odd

import (
	"sync"

	"github.com/rs/zerolog"
)

// Told remembers in one sync of which causes a person has heard. The zero value has heard of none. It is safe for concurrent use.
type Told struct {
	mu     sync.Mutex
	causes map[Cause]bool
}

// Warn tells of those cases whose cause comes for the first time. of adds the fields that name the export.
func (t *Told) Warn(log zerolog.Logger, cases []Case, of func(*zerolog.Event)) {
	for _, c := range cases {
		if t.first(c.Cause) {
			c.Warn(log, of)
		}
	}
}

func (t *Told) first(c Cause) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.causes[c] {
		return false
	}
	if t.causes == nil {
		t.causes = map[Cause]bool{}
	}
	t.causes[c] = true
	return true
}

// Causes that have a message of their own.
const (
	NUL      = "NUL character"
	TooLong  = "extra"
	SharedID = "crm_user_id"
	Nameless = "element without an id"
)

// Warn says what is odd, what became of it, and what to do. of adds the fields that name the export.
func (c Case) Warn(log zerolog.Logger, of func(*zerolog.Event)) {
	if c.Label {
		log.Warn().Func(of).Str("label", c.Where).Int64("labels_unknown", c.Count).Str("example", c.Example).
			Msg("labels that this plugin does not know: their values are in extra; please report the labels")
		return
	}
	log = log.With().Str("column", c.Where).Int64("values_unread", c.Count).Str("example", c.Example).Logger()
	switch c.Where {
	case NUL:
		log.Warn().Func(of).Msg("texts with NUL characters, which no destination takes: each became U+FFFD")
	case TooLong:
		log.Warn().Func(of).Msg("extras longer than 512 KiB: whole members were left out, and cut_members names them")
	case SharedID:
		log.Warn().Func(of).Msg("CRM user ids that several people share do not count as ids: person_id is the next best id")
	case Nameless:
		log.Warn().Func(of).Msg("elements without an id: they land no row, since no entry can name them")
	default:
		log.Warn().Func(of).Msg("texts that their column cannot hold: the column is null, and the texts are in extra; please report their form")
	}
}
