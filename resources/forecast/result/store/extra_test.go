package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

// What contradicts itself costs as many steps as it is long, but for sorting, and little memory.
func TestContradictionsAreLinear(t *testing.T) {
	for name, add := range map[string]func(s *Store, i int){
		"names of a user": func(s *Store, i int) {
			u := &forecast.User{UserID: "u"}
			u.Name.V, u.Name.Valid = fmt.Sprint("name ", i), true
			s.AddUser(u)
		},
		"unknown keys of a user": func(s *Store, i int) {
			s.AddUser(&forecast.User{UserID: "u", Extra: fmt.Appendf(nil, `{"k%d":1}`, i)})
		},
		"labels of an entry": func(s *Store, i int) {
			require.NoError(t, s.Label(0, value(t, "updated_by"), fmt.Append(nil, "person ", i)))
		},
		"unknown keys of an entry": func(s *Store, i int) {
			var x extra.Column
			x.Keep(fmt.Sprint("k", i), []byte("1"))
			require.NoError(t, s.Extra(0, &x))
		},
		"values of an unknown key": func(s *Store, i int) {
			var x extra.Column
			x.Keep("k", fmt.Append(nil, i))
			require.NoError(t, s.Extra(0, &x))
		},
	} {
		steps := func(n int) (steps int64) {
			s := filled(t, 1)
			for i := range n {
				add(s, i)
			}
			for _, x := range s.Users.extras {
				defer func() { steps += x.Steps() }()
			}
			s.Finish()
			require.NoError(t, s.Join(t.Context()), name)
			return s.extra.Steps()
		}
		few, many := steps(5_000), steps(20_000)
		require.LessOrEqual(t, many, 6*few, name)
		require.LessOrEqual(t, many, int64(8*20_000), name)
	}
}

// After fifty there is a count.
func TestManyOthers(t *testing.T) {
	s := filled(t, 0)
	for i := range 5_000 {
		u := &forecast.User{UserID: "u"}
		u.Name.V, u.Name.Valid = fmt.Sprint("name ", i), true
		s.AddUser(u)
	}
	s.Finish()
	n, _ := s.Users.IDs.Find("u")
	extra := string(s.Users.All[n].Extra)
	require.Contains(t, extra, `{"other_name":["name 1","name 2",`)
	require.Contains(t, extra, `"name 50"],"other_name_more":4949}`)
}
