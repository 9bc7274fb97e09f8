package spec

import (
	"reflect"
	"regexp"
	"strconv"
)

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// objects are all objects of the spec, and how their keys are named from another one.
var objects = []struct {
	of   reflect.Type
	path string
}{
	{reflect.TypeFor[Spec](), "the top-level "},
	{reflect.TypeFor[Forecast](), "forecasts[]."},
	{reflect.TypeFor[Refresh](), "refresh."},
	{reflect.TypeFor[Activities](), "activities."},
	{reflect.TypeFor[Audit](), "audit."},
	{reflect.TypeFor[Opportunities](), "opportunities."},
}

// unknown names the known key that is nearest, be it in the same object or in another one.
func (c *checker) unknown(key unknownKey) {
	name := c.show(key.name)
	if plain, err := strconv.Unquote(name); err == nil && plainKey.MatchString(plain) {
		name = plain
	}
	best, distance := nearest(key.name, keysOf(key.in))
	for _, o := range objects {
		if there, d := nearest(key.name, keysOf(o.of)); d < distance {
			best, distance = o.path+there, d
		}
	}
	c.add(join(key.object, name), "unknown key; the nearest known one is %s", best)
}

func keysOf(t reflect.Type) (keys []string) {
	for field := range t.Fields() {
		keys = append(keys, keyOf(field))
	}
	return keys
}
