// Package clari knows the endpoints of Clari's v4 Revenue API and their answers: it queues exports, follows their jobs, downloads their
// results, and reads what else the plugin lands. How a request gets there and back is package wire's; what an export is for, and what a
// result holds, is for others.
package clari

import (
	"sync"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

const (
	maxAnswer  = 1 << 20 // bytes of one object
	maxJobList = 64 << 20
	maxPage    = 64 << 20
)

// Client is the API as one key sees it. It is safe for use by several goroutines.
type Client struct {
	*wire.Client
	log zerolog.Logger
	odd sync.Map // requests of which an odd item has been told
}

// New checks the configuration and sends nothing. Its errors never contain the key, nor user info in the URL.
func New(cfg Config) (*Client, error) {
	c, err := wire.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Client{Client: c, log: cfg.Logger}, nil
}

// tellOdd says once of each list that there were items in it of which nothing can be made: the list is there without them.
func (c *Client) tellOdd(op string, items int) {
	if items == 0 {
		return
	}
	if _, told := c.odd.LoadOrStore(op, true); !told {
		c.log.Info().Str("op", op).Int("items", items).Msg("the answer has items that make no sense: it counts without them")
	}
}

// What callers handle of package wire.
type (
	Config              = wire.Config
	Decision            = wire.Decision
	Error               = wire.Error
	UnknownOutcomeError = wire.UnknownOutcomeError
	ThrottledError      = wire.ThrottledError
	CutError            = wire.CutError
	Results             = wire.Results
)

// IsRefusal reports whether err is Clari's own refusal of what was asked for, which may count against a job or its result; see package wire.
func IsRefusal(err error) bool { return wire.IsRefusal(err) }

// IsPage reports whether err is a page of a balancer's, which says nothing of what was asked for; see package wire.
func IsPage(err error) bool { return wire.IsPage(err) }

// What an *Error can be, for errors.Is; package wire says when.
var (
	ErrUnauthorized     = wire.ErrUnauthorized
	ErrNoOptIn          = wire.ErrNoOptIn
	ErrForbidden        = wire.ErrForbidden
	ErrUnknownForecast  = wire.ErrUnknownForecast
	ErrTypeNotSupported = wire.ErrTypeNotSupported
	ErrBadRequest       = wire.ErrBadRequest
	ErrQuotaOrQueue     = wire.ErrQuotaOrQueue
	ErrInvalidJob       = wire.ErrInvalidJob
	ErrNotCancellable   = wire.ErrNotCancellable
	ErrNotFound         = wire.ErrNotFound
	ErrServer           = wire.ErrServer
)
