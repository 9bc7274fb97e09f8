package spec

import (
	"reflect"
	"regexp"
	"strconv"
)

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// unknown names the known key that is nearest, be it in the same object or in the other one.
func (c *checker) unknown(key unknownKey) {
	name := c.show(key.name)
	if plain, err := strconv.Unquote(name); err == nil && plainKey.MatchString(plain) {
		name = plain
	}
	path := join(key.object, name)
	if key.object == "" && (key.name == "activities" || key.name == "audit") {
		c.add(path, "is not supported by this version; remove it")
		return
	}
	here, distance := nearest(key.name, keysOf(key.in))
	other, where := reflect.TypeFor[Forecast](), "forecasts[]."
	if key.in == other {
		other, where = reflect.TypeFor[Spec](), "the top-level "
	}
	if there, d := nearest(key.name, keysOf(other)); d < distance {
		here = where + there
	}
	c.add(path, "unknown key; the nearest known one is %s", here)
}

func keysOf(t reflect.Type) (keys []string) {
	for field := range t.Fields() {
		keys = append(keys, keyOf(field))
	}
	return keys
}
