// Package warehouse tests what arrives: whole syncs of the plugin, against the stand-in for Clari and in virtual time, go through the SDK's
// own writers, with the settings of each destination's profile, into sinks that refuse what the destinations refuse by their published
// limits. It knows no real destination: those that were never run are named in the profiles.
package warehouse

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

// Why a sink refuses a batch.
var (
	errTooLarge = errors.New("request payload size exceeds the limit")
	errKeyTwice = errors.New("a key comes twice in one batch")
	errNUL      = errors.New("a NUL in a key of JSON")
	errValue    = errors.New("a value that the destination has no place for")
	errNoTable  = errors.New("no such table")
)

// A sink is a destination behind its writer: it takes batches as that destination would.
type sink struct {
	destination.Profile

	mu      sync.Mutex
	tables  map[string]bool
	there   map[string]map[uuid.UUID]int // rows of a table, by _cq_id
	cells   map[string]int               // of those rows that are not null, where the destination only appends
	lost    map[string]int               // rows of batches that were refused
	refused []error
	batches int
	largest int // request, in bytes, where there is a limit
}

func newSink(p destination.Profile) *sink {
	return &sink{
		Profile: p, tables: map[string]bool{}, there: map[string]map[uuid.UUID]int{}, cells: map[string]int{}, lost: map[string]int{},
	}
}

func (s *sink) migrate(tables schema.Tables) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tables {
		s.tables[t.Name] = true
	}
}

// insert takes one batch of one table.
func (s *sink) insert(name string, records []arrow.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	if s.there[name] == nil {
		s.there[name] = map[uuid.UUID]int{}
	}
	ids, err := s.take(name, records)
	if err != nil {
		s.refused = append(s.refused, fmt.Errorf("%s: %w", name, err))
		for _, r := range records {
			s.lost[name] += int(r.NumRows())
		}
		return err
	}
	for id, rows := range ids {
		switch {
		case !s.Overwrites():
			s.there[name][id] += rows
		case s.KeyTwice == destination.LostOrDoubled:
			s.there[name][id] = rows
		default:
			s.there[name][id] = 1
		}
	}
	for _, r := range records {
		s.cells[name] += cells(r)
	}
	return nil
}

// take checks a batch as a whole, and returns how many rows it has of each key.
func (s *sink) take(name string, records []arrow.Record) (map[uuid.UUID]int, error) {
	if !s.tables[name] {
		return nil, errNoTable
	}
	ids, twice := map[uuid.UUID]int{}, false
	for _, r := range records {
		if err := s.values(r); err != nil {
			return nil, err
		}
		for id := range keys(r) {
			twice = twice || ids[id] > 0
			ids[id]++
			if s.KeyTwice == destination.LostOrDoubled && ids[id] > 1 && s.there[name][id] > 0 {
				return nil, errKeyTwice
			}
		}
	}
	if twice && s.KeyTwice == destination.BatchIsLost {
		return nil, errKeyTwice
	}
	if s.RequestBytes > 0 {
		n := requestBytes(records)
		s.largest = max(s.largest, n)
		if n > int(s.RequestBytes) {
			return nil, fmt.Errorf("%w: %d bytes", errTooLarge, n)
		}
	}
	return ids, nil
}

// keys yields the _cq_id of each row.
func keys(r arrow.Record) func(func(uuid.UUID) bool) {
	column := r.Column(r.Schema().FieldIndices(schema.CqIDColumn.Name)[0]).(*types.UUIDArray)
	return func(yield func(uuid.UUID) bool) {
		for i := range column.Len() {
			if column.IsNull(i) || !yield(column.Value(i)) {
				return
			}
		}
	}
}

// cells are how many values of a record are not null, but for the columns that the CLI adds.
func cells(r arrow.Record) (n int) {
	for i, c := range r.Columns() {
		if name := r.ColumnName(i); name != schema.CqSyncTimeColumn.Name && name != schema.CqSourceNameColumn.Name {
			n += c.Len() - c.NullN()
		}
	}
	return n
}

// values looks for what a destination cannot store. All take these types, and no others are needed.
func (s *sink) values(r arrow.Record) error {
	for i, c := range r.Columns() {
		var err error
		switch c := c.(type) {
		case *array.String:
			err = texts(c)
		case *types.JSONArray:
			err = s.documents(c)
		case *array.Float64:
			for _, v := range c.Float64Values() {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					err = fmt.Errorf("%w: %v", errValue, v)
				}
			}
		case *array.Timestamp:
			err = times(c, func(i int) time.Time { return c.Value(i).ToTime(arrow.Microsecond) })
		case *array.Date32:
			err = times(c, func(i int) time.Time { return c.Value(i).ToTime() })
		case *array.List:
			if _, ok := c.ListValues().(*array.String); !ok {
				err = fmt.Errorf("%w: list of %s", errValue, c.DataType())
			}
		case *types.UUIDArray, *array.Boolean, *array.Int64:
		default:
			err = fmt.Errorf("%w: type %s", errValue, c.DataType())
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", r.ColumnName(i), err)
		}
	}
	return nil
}

// texts: all that is sent is valid UTF-8. A NUL in a text is dropped by the one destination that cannot store it.
func texts(c *array.String) error {
	for i := range c.Len() {
		if c.IsValid(i) && !utf8.ValidString(c.Value(i)) {
			return fmt.Errorf("%w: text that is no UTF-8", errValue)
		}
	}
	return nil
}

func (s *sink) documents(c *types.JSONArray) error {
	for i := range c.Len() {
		if c.IsNull(i) {
			continue
		}
		var value any
		text := c.ValueStr(i)
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return fmt.Errorf("%w: JSON: %w", errValue, err)
		}
		if s.NUL == destination.NULStripped && keyWithNUL(value) {
			return errNUL
		}
	}
	return nil
}

func keyWithNUL(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if slices.Contains([]byte(key), 0) || keyWithNUL(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, keyWithNUL)
	}
	return false
}

// times: of the years that every destination has.
func times(c arrow.Array, at func(int) time.Time) error {
	for i := range c.Len() {
		if c.IsValid(i) {
			if year := at(i).Year(); year < 1900 || year > 2261 {
				return fmt.Errorf("%w: year %d", errValue, year)
			}
		}
	}
	return nil
}

// requestBytes is the length of the body of an insertAll request of the records: one object a row, without nulls; JSON is text in it.
func requestBytes(records []arrow.Record) int {
	n := len(`{"rows":[]}`)
	for _, r := range records {
		for i := range int(r.NumRows()) {
			row := map[string]any{}
			for j, c := range r.Columns() {
				switch c := c.(type) {
				case *types.JSONArray:
					if c.IsValid(i) {
						row[r.ColumnName(j)] = c.ValueStr(i)
					}
				default:
					if c.IsValid(i) {
						row[r.ColumnName(j)] = c.GetOneForMarshal(i)
					}
				}
			}
			text, err := json.Marshal(row)
			if err != nil {
				panic(err)
			}
			n += len(`{"json":},`) + len(text)
		}
	}
	return n
}

// rows are how many rows each table has.
func (s *sink) rows() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for name, ids := range s.there {
		for n := range maps.Values(ids) {
			all[name] += n
		}
	}
	return all
}

func recordsOf(messages message.WriteInserts) (records []arrow.Record) {
	for _, m := range messages {
		records = append(records, m.Record)
	}
	return records
}
