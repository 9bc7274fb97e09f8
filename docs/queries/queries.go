// Package queries is the SQL that the docs offer, for those who run it: tests and the demo. What is generated from it, is from
// these files as well: docs/dbt.
package queries

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed *.sql
var files embed.FS

// A Query is one file.
type Query struct {
	Name    string   // of the file, and of the view
	Text    string   // the file
	Answer  string   // the first line of its comment: what it answers
	Read    string   // the lines of comment after it: how to read the result, and what differs elsewhere
	Select  string   // the query without comment, CREATE VIEW and semicolon
	IsView  bool     // it makes what others read: a view, or
	IsTable bool     // a table, which is made once
	History bool     // its comment says needs_history: it has rows under history and in append mode only
	Uses    []string // tables and views that it reads, in the order of their names

	made map[string]bool // names of all views and tables that queries make
}

// All are the queries in an order in which they can be run: what a view reads comes before it, queries come last.
func All() []Query { return slices.Clone(loaded()) }

var loaded = sync.OnceValue(func() []Query {
	all, err := Load(files)
	if err != nil {
		panic(err) // the tests load them too
	}
	return all
})

var (
	view = regexp.MustCompile(`^CREATE (VIEW|TABLE IF NOT EXISTS) (\w+) AS\n`)
	read = regexp.MustCompile(`\b(FROM|JOIN) ((?:clari|salesforce)_\w+)`) // a name after any other word is a column's
)

// Load reads all queries of a directory.
func Load(dir fs.FS) ([]Query, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []Query
	made := map[string]bool{}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		q := parse(strings.TrimSuffix(name, ".sql"), string(text))
		if created := view.FindStringSubmatch(q.Select); created != nil {
			if created[2] != q.Name {
				return nil, fmt.Errorf("%s creates %s", name, created[2])
			}
			q.IsView, q.IsTable, q.Select = true, created[1] != "VIEW", q.Select[len(created[0]):]
			made[q.Name] = true
		}
		q.made = made
		q.Uses = Reads(q.Select)
		all = append(all, q)
	}
	return ordered(all), nil
}

// Reads are the tables and views that a text reads, in the order of their names.
func Reads(text string) (names []string) {
	for _, m := range read.FindAllStringSubmatch(text, -1) {
		names = append(names, m[2])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// parse takes the comment on top apart from the rest.
func parse(name, text string) Query {
	q := Query{Name: name, Text: text}
	lines := strings.Split(text, "\n")
	var read []string
	for len(lines) > 0 && strings.HasPrefix(lines[0], "-- ") {
		read, lines = append(read, lines[0][3:]), lines[1:]
	}
	if len(read) > 0 {
		q.Answer, q.Read = read[0], strings.Join(read[1:], " ")
		q.History = strings.Contains(q.Read, "needs_history: ")
	}
	q.Select = strings.TrimSuffix(strings.TrimSpace(strings.Join(lines, "\n")), ";")
	return q
}

func ordered(all []Query) []Query {
	var done []Query
	has := func(name string) bool {
		return slices.ContainsFunc(done, func(q Query) bool { return q.Name == name })
	}
	for len(done) < len(all) {
		before := len(done)
		for _, views := range []bool{true, false} {
			for _, q := range all {
				waits := slices.ContainsFunc(all, func(o Query) bool { return slices.Contains(q.Uses, o.Name) && o.Name != q.Name && !has(o.Name) })
				if !has(q.Name) && !waits && q.IsView == views && (views || before == len(done)) {
					done = append(done, q)
				}
			}
		}
		if before == len(done) {
			return append(done, all...) // a circle: it fails where it is run
		}
	}
	return done
}

// With is the query with the marks around what needs a block of the spec, such as activities, in place of its own.
func (q Query) With(block, begin, end string) string {
	return strings.NewReplacer("-- end of "+block+"\n", end+"\n", "-- "+block+"\n", begin+"\n").Replace(q.Select)
}

// Without is the query for a spec that has no such block.
func (q Query) Without(block string) string {
	before, rest, marked := strings.Cut(q.Select, "  -- "+block+"\n")
	_, after, ended := strings.Cut(rest, "-- end of "+block+"\n")
	if !marked || !ended {
		return q.Select
	}
	return before + after
}

// Foreign says whether a name stands for a table of the user's own.
func Foreign(name string) bool { return strings.HasPrefix(name, "salesforce_") }

// ReadsForeign says whether a query reads tables that are not this project's.
func (q Query) ReadsForeign() bool { return slices.ContainsFunc(q.Uses, Foreign) }

// Render is the query with other names for what it reads: tables and views of this project, and a user's own tables.
func (q Query) Render(table, view, own func(name string) string) string {
	return read.ReplaceAllStringFunc(q.Select, func(part string) string {
		word, name, _ := strings.Cut(part, " ")
		switch {
		case Foreign(name):
			return word + " " + own(name)
		case q.made[name]:
			return word + " " + view(name)
		default:
			return word + " " + table(name)
		}
	})
}
