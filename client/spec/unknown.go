package spec

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// objects are all objects of the spec, and their paths.
func objects() []object {
	all := []object{{reflect.TypeFor[Spec](), ""}, {reflect.TypeFor[Forecast](), "forecasts[]"}, {reflect.TypeFor[Refresh](), "refresh"}}
	for _, b := range blocks() {
		all = append(all, object{b.of, b.Key})
	}
	return all
}

type object struct {
	of   reflect.Type
	path string
}

const (
	beside      = "belongs one level up; move it out of this block, beside tables in the source's spec"
	destination = "belongs to the destination; move it to the document of kind destination"
)

// elsewhere are keys that people write here and that CloudQuery has in another place. The texts end a line.
var elsewhere = map[string]string{
	"backend_options": beside, "tables": beside, "skip_tables": beside, "skip_dependent_tables": beside, "destinations": beside,
	"deterministic_cq_id": beside, "name": beside, "path": beside, "registry": beside, "version": beside, "otel_endpoint": beside,
	"write_mode": destination, "migrate_mode": destination, "pk_mode": destination, "connection_string": destination,
	"batch_size": destination, "batch_size_bytes": destination, "batch_timeout": destination,
}

// inOtherTools are names that other tools have for what a key here does, by the key.
var inOtherTools = map[string]string{
	"token": "api_key", "api_token": "api_key", "access_token": "api_key", "auth_token": "api_key", "key": "api_key", "secret": "api_key",
	"password": "api_key", "credentials": "api_key",
	"url": "base_url", "api_url": "base_url", "endpoint": "base_url", "host": "base_url",
	"forecast_id": "forecasts", "forecast_ids": "forecasts", "forecast_tabs": "forecasts", "tab": "forecasts", "tabs": "forecasts",
	"period": "periods", "quarters": "periods", "quarter": "periods", "time_periods": "periods", "time_period": "periods",
	"fiscal_quarters": "periods", "start_date": "periods", "end_date": "periods", "start": "periods", "lookback": "periods", "lookback_days": "periods",
	"fiscal_start_month": "fiscal_year_start_month", "fiscal_year_start": "fiscal_year_start_month", "fiscal_month": "fiscal_year_start_month",
	"tz": "time_zone", "timezone": "time_zone", "format": "export_format", "file_format": "export_format",
	"workers": "concurrency", "parallelism": "concurrency", "threads": "concurrency", "max_concurrency": "concurrency",
	"timeout": "run_timeout", "rate_limit": "requests_per_second", "retries": "max_retries", "snapshots": "history", "snapshot": "history", "full_refresh": "refresh", "historical": "include_historical",
	"data_types": "types", "scope": "scope_id", "slug": "id", "user_id": "scope_id",
}

// of other tools, and without a counterpart.
const scheduling = "is no key: CloudQuery has no schedules; remove it, and let cron or an orchestrator start the syncs (docs/operation.md)"

const (
	stateful = "is no key: a sync goes on where the last one ended if the source has backend_options; remove it (docs/configuration.md)"
	logging  = "is no key; remove it, and give cloudquery sync the flag --log-level"
	proxying = "is no key; remove it, and set the environment variable HTTPS_PROXY where CloudQuery runs"
)

var withoutOne = map[string]string{
	"state": stateful, "incremental": stateful, "cursor": stateful, "log_level": logging, "debug": logging, "verbose": logging, "proxy": proxying, "http_proxy": proxying,
	"schedule": scheduling, "cron": scheduling, "interval": scheduling, "frequency": scheduling,
}

// unknown says what to do with a key: where it belongs, or which one was meant. A known key is named only if it is near.
func (c *checker) unknown(key unknownKey) {
	name := c.show(key.name)
	if plain, err := strconv.Unquote(name); err == nil && plainKey.MatchString(plain) {
		name = plain
	}
	path, plain := join(key.object, name), strings.ReplaceAll(strings.ToLower(key.name), "-", "_")
	for _, o := range objects() {
		if _, known := fieldOf(o.of, key.name); known {
			c.add(path, "unknown key here; write %s", keyIn(o.of, key.name))
			return
		}
	}
	if text := elsewhere[plain] + withoutOne[plain]; text != "" {
		c.add(path, "%s", text)
		return
	}
	if meant, ok := inOtherTools[plain]; ok {
		for _, in := range []reflect.Type{key.in, reflect.TypeFor[Spec](), reflect.TypeFor[Forecast]()} {
			if _, known := fieldOf(in, meant); known {
				c.add(path, "unknown key; write %s", keyFrom(key.in, in, meant))
				return
			}
		}
	}
	if in, best := nearestKey(key); best != "" {
		c.add(path, "unknown key; the nearest known one is %s", keyFrom(key.in, in, best))
		return
	}
	c.add(path, "unknown key; remove it: docs/configuration.md has every key")
}

// nearestKey finds the known key that is a slip or two away, in the same object rather than in another.
func nearestKey(key unknownKey) (in reflect.Type, best string) {
	most := 1 + len(key.name)/5
	here, distance := nearest(key.name, keysOf(key.in))
	if here != "" && distance <= most {
		in, best, most = key.in, here, distance-1
	}
	for _, o := range objects() {
		if there, distance := nearest(key.name, keysOf(o.of)); there != "" && distance <= most {
			in, best, most = o.of, there, distance-1
		}
	}
	return in, best
}

// keyFrom names a key of an object for somebody who is in another, or in the same.
func keyFrom(here, in reflect.Type, key string) string {
	if here == in {
		return key
	}
	return keyIn(in, key)
}

// keyIn names a key and its object.
func keyIn(in reflect.Type, key string) string {
	for _, o := range objects() {
		if o.of == in && o.path != "" {
			return o.path + "." + key
		}
	}
	return key + " at the top level of the spec"
}

func keysOf(t reflect.Type) (keys []string) {
	for field := range t.Fields() {
		keys = append(keys, keyOf(field))
	}
	return keys
}
