package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// record is one value in the backend.
type record struct {
	Job  json.RawMessage `json:"job,omitempty"`
	Kind json.RawMessage `json:"kind,omitempty"`
}

// LoadRecord reads a record: its ledger's part into a *Paid or a *Place, and the kind's part into kind, a pointer to plain data or nil. Where there is
// none, or where either part cannot be understood, both stay as they are.
func (j *Journal) LoadRecord(ctx context.Context, key string, ledger, kind any) {
	var r record
	j.Load(ctx, key, &r)
	parts := []struct {
		text json.RawMessage
		into any
	}{{r.Job, ledger}, {r.Kind, kind}}
	var read [2]reflect.Value
	for i, p := range parts {
		if len(p.text) == 0 || p.into == nil {
			continue
		}
		read[i] = reflect.New(reflect.TypeOf(p.into).Elem())
		if err := json.Unmarshal(p.text, read[i].Interface()); err != nil {
			j.warn(fmt.Errorf("journal: read: %w", err))
			return
		}
	}
	for i, p := range parts {
		if read[i].IsValid() {
			reflect.ValueOf(p.into).Elem().Set(read[i].Elem())
		}
	}
}

// SaveRecord sets a record: see LoadRecord. A kind that keeps nothing passes nil.
func (j *Journal) SaveRecord(key string, ledger, kind any) {
	var r record
	var errs [2]error
	if r.Job, errs[0] = json.Marshal(ledger); kind != nil {
		r.Kind, errs[1] = json.Marshal(kind)
	}
	if err := errors.Join(errs[:]...); err != nil {
		j.warn(fmt.Errorf("journal: write: %w", err))
		return
	}
	j.Save(key, r)
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

// LoadList reads a list that SaveList wrote. It is empty where there is none, and where any of its values cannot be read.
func LoadList[T any](ctx context.Context, j *Journal, key string) (list []T) {
	for n := 0; ; n++ {
		var c chunk[T]
		j.Load(ctx, numbered(key, n), &c)
		list = append(list, c.Items...)
		switch {
		case j.Unreadable(numbered(key, n)) != nil:
			return nil
		case !c.More || len(c.Items) == 0:
			return list
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
