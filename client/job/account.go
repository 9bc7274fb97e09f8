package job

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// account is what is known of one request: its record in the ledger, and the item that it is of. All tries of an item share it.
type account struct {
	item    Item
	unknown error // why the ledger does not tell what was done before; nil: it does

	mu       sync.Mutex
	paid     journal.Paid
	searched bool // the jobs of its unclear creations were looked for to the end in this run
}

// read is a copy of the record.
func (a *account) read() journal.Paid {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.paid
}

// accounts are those of all items of a run, and the jobs that are known to belong to somebody. They are safe for concurrent use.
type accounts struct {
	ledger *journal.Journal

	mu    sync.Mutex
	all   map[string]*account // by request
	known map[string]bool     // jobs of the ledgers and of this run, and whether a creation of this run made them
}

// open is the account of an item, with what the ledger has of it.
func (a *accounts) open(ctx context.Context, item Item) *account {
	a.mu.Lock()
	if acc := a.all[item.Request]; acc != nil {
		defer a.mu.Unlock()
		acc.item = item
		return acc
	}
	a.mu.Unlock()
	acc := &account{item: item}
	if err := a.load(ctx, acc); err != nil {
		acc.unknown = fmt.Errorf("plan: the state backend does not tell what was done before: %w", err)
		return acc
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[item.Request] = acc
	return acc
}

// load reads what the ledger has of an account, and whose jobs it names.
func (a *accounts) load(ctx context.Context, acc *account) error {
	item, paid := acc.item, &acc.paid
	if err := a.ledger.LoadRecord(ctx, item.Request, paid, item.Asked()); err != nil {
		return err
	}
	for _, key := range []string{item.Place, paid.Place} {
		if key == "" {
			continue
		}
		var there journal.Place
		if err := a.ledger.LoadRecord(ctx, key, &there, nil); err != nil {
			return err
		}
		a.know(there.Job, false)
	}
	if item.Daily {
		var err error
		if paid.Older, err = journal.LoadList[journal.PaidJob](ctx, a.ledger, olderKey(item.Request)); err != nil {
			return err
		}
	}
	if paid.Job != nil {
		a.know(paid.Job.ID, false)
	}
	for _, older := range paid.Older {
		a.know(older.ID, false)
	}
	if paid.Failure != nil {
		a.know(paid.Failure.Job, false)
	}
	return nil
}

// know notes that a job is somebody's, and whether a creation of this run made it.
func (a *accounts) know(id string, made bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id != "" {
		a.known[id] = made || a.known[id]
	}
}

func (a *accounts) isKnown(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, known := a.known[id]
	return known
}

// isMade reports whether a creation of this run made the job of an export.
func (a *accounts) isMade(e *Export) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known[e.Job.ID]
}

// undecided is the record as far as something is to be done about it: without creations whose jobs were looked for to the end.
func (a *account) undecided() journal.Paid {
	a.mu.Lock()
	defer a.mu.Unlock()
	paid := a.paid
	if a.searched {
		paid.Unclear = nil
	}
	return paid
}

// search notes whether the jobs of unclear creations were looked for to the end.
func (a *account) search(over bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.searched = over
}

// note changes the record of an export's request, and saves it.
func (a *accounts) note(e *Export, change func(*journal.Paid)) {
	e.paid.mu.Lock()
	defer e.paid.mu.Unlock()
	older := e.paid.paid.Older
	change(&e.paid.paid)
	a.ledger.SaveRecord(e.Request, e.paid.paid, e.Asked())
	if !slices.Equal(older, e.paid.paid.Older) {
		journal.SaveList(a.ledger, olderKey(e.Request), e.paid.paid.Older)
	}
}

// olderKey is the key of the list of a record's older jobs.
func olderKey(request string) string { return request + "/older" }

// hasRival reports whether another creation whose end is not known may as well have made job j.
func (a *accounts) hasRival(e *Export, j clari.Job, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for request, other := range a.all {
		if request == e.Request || other.item.Tab != e.Tab {
			continue
		}
		for _, c := range other.read().Unclear {
			if within(c, j, now) && e.Ambiguous(other.item, j) {
				return true
			}
		}
	}
	return false
}

// place reads what the ledger has of the place of an export, and what its kind keeps there.
func (a *accounts) place(ctx context.Context, e *Export, key string) error {
	e.There = journal.Place{}
	kept := e.State()
	if kept != nil {
		reflect.ValueOf(kept).Elem().SetZero() // there may have been another place before
	}
	if key == "" {
		return nil
	}
	if err := a.ledger.LoadRecord(ctx, key, &e.There, kept); err != nil {
		return fmt.Errorf("plan: the state backend does not tell what is there: %w", err)
	}
	return nil
}
