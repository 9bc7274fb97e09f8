package main

import (
	"encoding/json"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Patterns of values. Visible ASCII is [!-~].
const (
	notBlank  = `\S`
	noSpaces  = `^\S+$`
	duration  = `^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	size      = `^([0-9]{1,15}|[0-9]{1,8} ?(KiB|MiB|GiB))$`
	aboveZero = `[1-9]`
	port      = `(:[0-9]*)?`
	octet     = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	loopback  = `(localhost|127(\.` + octet + `){3}|\[::1\])`
	host      = `([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])`
	baseURL   = `^(https://` + host + `|http://` + loopback + `)` + port + `(/[!"$-;=@-~]*)?$`
	year      = `(19[7-9][0-9]|20[0-9]{2})`
	past      = year + `-` + monthDay
	date      = `[0-9]{4}-` + monthDay
	monthDay  = `(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	instant   = `^` + date + `(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.,][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$`
	bound     = `(` + year + `_Q[1-4]|previous|current(-[0-9]{1,3}|\+(0{0,2}[0-9]|0?1[0-2]))?|next)`
)

// refine adds the rules that tags cannot hold. What no schema can express (time zones, the order of a range's ends, values
// that depend on each other) is left to Parse.
func refine(root, tab *jsonschema.Schema) {
	property(root, "api_key").Pattern = `^[!-~]+$`
	property(root, "api_key").Not = &jsonschema.Schema{Pattern: `\$\{|\{\{|^\$(env:)?[A-Za-z_][A-Za-z0-9_]*$|^\$\([A-Za-z_][A-Za-z0-9_]*\)$|^%[A-Za-z_][A-Za-z0-9_]*%$|^CLARI(_[A-Z]+)+$|^<`}
	property(root, "base_url").Pattern = baseURL
	property(root, "base_url").Not = &jsonschema.Schema{Pattern: `^https?://(app\.clari\.com` + port + `(/|$)|api\.clari\.com` + port + `/*$)`}
	property(root, "time_zone").Pattern = notBlank
	property(root, "keep_results").Pattern = `^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$`
	property(root, "keep_results").Not = &jsonschema.Schema{Pattern: `^~`}
	for _, key := range []string{"poll_interval", "poll_max_interval", "queue_timeout", "run_timeout"} {
		property(root, key).AllOf = []*jsonschema.Schema{{Pattern: aboveZero}}
	}
	day := `^` + past + `(T00:00:00Z)?$`
	activities, opportunities := property(root, "activities"), property(root, "opportunities")
	property(activities, "since").Pattern = day
	types := property(activities, "types").Items
	for _, t := range spec.DefaultActivities().Types {
		types.Enum = append(types.Enum, t)
	}
	for _, t := range spec.DefaultActivities().Types {
		types.Enum = append(types.Enum, strings.ToUpper(t)) // as Clari writes them
	}
	property(property(root, "audit"), "since").Pattern = day
	property(opportunities, "ids").Items.Pattern = noSpaces
	for pair := root.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if p := pair.Value; p.Type == "integer" && p.Maximum == "" {
			p.Maximum = json.Number("1000000")
		}
	}

	id := property(tab, "id")
	id.Pattern = spec.TabPattern
	id.Not = &jsonschema.Schema{Pattern: `^\.\.?$|` + spec.AddressPattern}
	property(tab, "currency").Pattern = `^[A-Za-z]{3}$`
	property(tab, "scope_id").Pattern = notBlank
	history := property(tab, "include_historical")
	history.Type, history.Enum = "", []any{"auto", true, false, "true", "false"}

	for _, list := range []*jsonschema.Schema{property(root, "periods"), property(root, "reload"), property(tab, "periods")} {
		list.Items = period()
	}
}

// period is one item of periods.
func period() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^(` + bound + `(\.\.` + bound + `)?|` + year + `(_M([1-9]|1[0-2]))?)$`}
}

// refresh is a list of periods, or an object of one or more and the instant.
func refresh() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("periods", &jsonschema.Schema{
		Description: "Periods to export again: one, or a list.",
		OneOf:       []*jsonschema.Schema{period(), {Type: "array", Items: period(), MinItems: new(uint64(1))}},
	})
	properties.Set("before", &jsonschema.Schema{
		Description: "Day (in time_zone) or instant: what was exported before it is exported again, once.",
		Type:        "string", Pattern: instant,
	})
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		{Type: "array", Items: period()},
		{Type: "object", Properties: properties, Required: []string{"periods", "before"}, AdditionalProperties: jsonschema.FalseSchema},
	}}
}
