package specfile

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

var (
	registries   = []string{"cloudquery", "github", "local", "grpc", "docker"}
	writeModes   = []string{"overwrite-delete-stale", "overwrite", "append"}
	migrateModes = []string{"safe", "forced"}
	pkModes      = []string{"default", "cq-id-only"}
)

// plugin checks how a document names its plugin.
func (r *report) plugin(d *document, p Plugin, env Env) {
	if p.Name == "" {
		example := "clari"
		if d.kind != "source" {
			example = "postgresql"
		}
		r.fail(d.at("name"), "required; write name: %s", example)
	}
	if p.Path == "" && !env.InPlace {
		r.fail(d.at("path"), "required; write the path of the plugin as docs/overview.md has it")
	}
	if p.Registry != "" && !slices.Contains(registries, p.Registry) {
		fix := nearOr(p.Registry, registries, "write one of them")
		if near := strings.ToLower(p.Registry); !slices.Contains(registries, near) && strings.Contains(near, "hub") {
			fix = "the Hub's name here is cloudquery, and a release's on GitHub is github"
		}
		r.fail(d.at("registry"), "%q is none of %s; %s", p.Registry, strings.Join(registries, ", "), fix)
		return
	}
	registered := p.Registry == "" || p.Registry == "cloudquery" || p.Registry == "github"
	if registered && !env.InPlace {
		switch {
		case p.Version == "":
			r.fail(d.at("version"), "required with this registry; write version: %s", exampleVersion(p))
		case !semver.IsValid(p.Version):
			meant := "v" + strings.TrimLeft(p.Version, "vV")
			if !semver.IsValid(meant) {
				meant = exampleVersion(p)
			}
			r.fail(d.at("version"), "%q is no version; write %s", p.Version, meant)
		}
		if p.Path != "" && !pathForm.MatchString(p.Path) {
			r.fail(d.at("path"), "%q is no path in a registry; write the owner and the name, such as %s", p.Path, cmp.Or(nearPath("cloudquery/"+p.Path), "cloudquery/postgresql"))
		}
	}
	if p.Registry == "local" && p.Path != "" && env.Stat != nil {
		r.program(d, p.Path, env.Stat)
	}
}

var pathForm = regexp.MustCompile(`^[^/\\ ]+/[^/\\ ]+$`)

// nearPath is the path of the destination that a path is a slip or two away from, empty where none is.
func nearPath(path string) string {
	var paths []string
	for _, profile := range destination.Profiles() {
		paths = append(paths, profile.Path)
	}
	return spec.Near(path, paths)
}

func exampleVersion(p Plugin) string {
	if profile, known := destination.For(p.Path); known {
		return profile.Example.Version
	}
	return "v0.1.0, or whichever you mean"
}

// program looks whether a local plugin is there.
func (r *report) program(d *document, path string, stat func(string) (fs.FileInfo, error)) {
	const get = "write the path of the program that you unpacked or built (make build writes bin/cq-source-clari)"
	info, err := stat(path)
	switch {
	case err != nil:
		fix := get
		if _, err := stat(path + ".exe"); err == nil {
			fix = "write " + path + ".exe"
		}
		r.fail(d.at("path"), "%q: %v, seen from where the sync runs; %s", path, reason(err), fix)
	case info.IsDir():
		r.fail(d.at("path"), "%q is a directory; %s", path, get)
	case !executable(info):
		r.fail(d.at("path"), "%q is no program that may run; chmod +x it, or write another path", path)
	}
}

func (r *report) oneOf(d *document, key, value string, allowed []string) {
	if value != "" && !slices.Contains(allowed, value) {
		r.fail(d.at(key), "%q is none of %s; %s", value, strings.Join(allowed, ", "), nearOr(value, allowed, "write one of them"))
	}
}

// destination checks a destination's document, with its profile where there is one.
func (r *report) destination(d *document, of Destination, env Env) {
	r.oneOf(d, "write_mode", of.WriteMode, writeModes)
	r.oneOf(d, "migrate_mode", of.MigrateMode, migrateModes)
	r.oneOf(d, "pk_mode", of.PKMode, pkModes)
	r.plugin(d, of.Plugin, env)
	if env.InPlace || of.Registry != "" && of.Registry != "cloudquery" {
		return
	}
	profile, known := destination.For(of.Path)
	if !known {
		if near := nearPath(of.Path); near != "" {
			r.warn(d.at("path"), "%q is no destination that this program knows; the nearest is %s", of.Path, near)
		}
		return
	}
	for _, p := range profile.Check(d.spec) {
		r.add(p.Fatal, d.at(p.Path), "%s; %s", p.Text, p.Fix)
	}
}

// checkSource checks what CloudQuery wants of a source, and what ties it to the other documents.
func (r *report) checkSource(d *document, c *Config, env Env) {
	s := &c.Source
	r.plugin(d, s.Plugin, env)
	if (s.Registry == "" || s.Registry == "cloudquery") && !env.InPlace {
		r.warn(d.at("registry"), "the Hub has this plugin only if somebody published it there; write registry: github, or local with the path of the program (docs/overview.md)")
	}
	if len(s.Tables) == 0 {
		r.fail(d.at("tables"), `required; write tables: ["*"]`)
	}
	names := make([]string, len(c.Destinations))
	for i, of := range c.Destinations {
		if names[i] = of.Name; of.Name != "" && slices.Contains(names[:i], of.Name) {
			r.fail(d.at("destinations"), "%s is there twice; give each destination a name of its own", of.Name)
		}
		for j, name := range of.Transformers {
			if !slices.ContainsFunc(c.Transformers, func(t Transformer) bool { return t.Name == name }) {
				r.fail(fmt.Sprintf("%s: destination %s: transformers[%d]", fileOf(d), of.Name, j), "%q is in no document of kind transformer; add one, or remove the name", name)
			}
		}
	}
	for _, of := range c.Destinations {
		if of.MigrateMode == "forced" && s.BackendOptions != nil {
			r.warn(fmt.Sprintf("%s: destination %s: migrate_mode", fileOf(d), of.Name), "forced empties each table whose columns change, and the state still says that "+
				"settled quarters are there; take it out again once it has helped, and export them again with refresh")
		}
	}
	if len(s.Destinations) == 0 {
		r.fail(d.at("destinations"), "required; write destinations: [%s]", example(names))
	}
	for i, name := range s.Destinations {
		place := d.at(fmt.Sprintf("destinations[%d]", i))
		if first := slices.Index(s.Destinations, name); first < i {
			r.fail(place, "repeats destinations[%d]; remove one", first)
		}
		if slices.Contains(names, name) {
			continue
		}
		if len(names) == 0 {
			r.fail(place, "%q is in no document; add one of kind destination: docs/examples has one for each destination", name)
			continue
		}
		r.fail(place, "%q is in no document; there is %s: write its name, or add a document", name, strings.Join(names, ", "))
	}
	if s.BackendOptions != nil {
		r.backend(d, c, names)
	}
}

func fileOf(d *document) string { file, _, _ := strings.Cut(d.place, ": source"); return file }

func example(names []string) string {
	if len(names) == 0 {
		return "postgresql"
	}
	return names[0]
}

var (
	reference = regexp.MustCompile(`^@@plugins\.([A-Za-z0-9_-]+)\.connection$`)
	address   = regexp.MustCompile(`^[a-z0-9+]+://[^/]`) // of a database; targets such as dns:///host:port have three strokes
	target    = regexp.MustCompile(`^([a-z]+:)?[^@\s]+:[^@\s]+$`)
)

// backend checks the state backend.
func (r *report) backend(d *document, c *Config, names []string) {
	b := c.Source.BackendOptions
	fix := fmt.Sprintf(`write connection: "@@plugins.%s.connection"`, example(names))
	if b.TableName == "" {
		r.fail(d.at("backend_options.table_name"), "required; write table_name: clari_state")
	}
	place := d.at("backend_options.connection")
	m := reference.FindStringSubmatch(b.Connection)
	switch {
	case b.Connection == "":
		r.fail(place, "required; %s", fix)
	case address.MatchString(b.Connection): // which may have a password in it
		r.fail(place, "is an address, and the state goes through a destination; %s", fix)
	case m == nil && (strings.Contains(b.Connection, "plugins.") || !target.MatchString(b.Connection)):
		r.fail(place, "%q names no destination; %s", b.Connection, fix)
	case m != nil && !slices.Contains(names, m[1]) && slices.Contains(c.Source.Destinations, m[1]): // whose document is missing: that has been told
	case m != nil && !slices.Contains(names, m[1]):
		r.fail(place, "names %s, which is in no document; %s", m[1], fix)
	case m != nil:
		of := c.Destinations[slices.Index(names, m[1])]
		if profile, known := destination.For(of.Path); known && profile.State == destination.NoState {
			r.fail(place, "%s keeps no state; name a database, or remove backend_options", profile.Title)
		}
	}
}
