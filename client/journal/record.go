package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// LoadRecord reads a record: its ledger's part into a *Paid or a *Place, and the kind's part into kind, a pointer to plain data or nil. Where there is
// none, or where either part cannot be understood, both stay as they are. For the error see Load.
func (j *Journal) LoadRecord(ctx context.Context, key string, ledger, kind any) error {
	var r struct {
		Job  json.RawMessage `json:"job"`
		Kind json.RawMessage `json:"kind"`
	}
	if err := j.Load(ctx, key, &r); err != nil {
		return err
	}
	setLedger, wrong := decode(r.Job, ledger)
	setKind, alsoWrong := decode(r.Kind, kind)
	if wrong = cmp.Or(wrong, alsoWrong); wrong != nil {
		j.warn(fmt.Errorf("journal: read: %w", wrong))
		return nil
	}
	setLedger()
	setKind()
	return nil
}

// SaveRecord sets a record: see LoadRecord. A kind that keeps nothing passes nil.
func (j *Journal) SaveRecord(key string, ledger, kind any) {
	j.Save(key, struct {
		Job  any `json:"job"`
		Kind any `json:"kind,omitempty"`
	}{ledger, kind})
}

// chunk is one value of a list.
type chunk[T any] struct {
	Items []T  `json:"items"`
	More  bool `json:"more,omitempty"` // it goes on under the next number
}

// chunkBytes is how long a value of a list may be, in bytes of JSON.
const chunkBytes = 900

func numbered(key string, n int) string {
	if n == 0 {
		return key
	}
	return key + "/" + strconv.Itoa(n)
}

// LoadList reads a list that SaveList wrote. It is empty where there is none, and where any of its values cannot be read: for the error see Load.
func LoadList[T any](ctx context.Context, j *Journal, key string) (list []T, err error) {
	for n := 0; ; n++ {
		var c chunk[T]
		if err := j.Load(ctx, numbered(key, n), &c); err != nil {
			return nil, err
		}
		list = append(list, c.Items...)
		if !c.More || len(c.Items) == 0 {
			return list, nil
		}
	}
}

// SaveList keeps a list that may grow, under key and where it is long under key/1, key/2 and so on. An item is at most 800 bytes of JSON.
func SaveList[T any](j *Journal, key string, list []T) {
	var chunks []chunk[T]
	var c chunk[T]
	size := 0
	for _, item := range list {
		text, err := json.Marshal(item)
		if err != nil {
			j.warn(fmt.Errorf("journal: write: %w", err))
			return
		}
		if size+len(text)+1 > chunkBytes && len(c.Items) > 0 {
			c.More = true
			chunks = append(chunks, c)
			c, size = chunk[T]{}, 0
		}
		c.Items = append(c.Items, item)
		size += len(text) + 1
	}
	chunks = append(chunks, c)
	for n, c := range chunks {
		j.Save(numbered(key, n), c)
	}
}
