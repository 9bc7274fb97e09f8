// Package destination is what is known of each CloudQuery destination that the project ships an example for: from which version on it
// works with this plugin, what its block in a spec must say, how it batches rows, what it does to their types and to a key that comes
// twice, and whether it keeps the state.
//
// The profiles are data. The examples, the table in docs/destinations.md, the tests in test/warehouse and the command check are made from them.
// The package knows destinations by their blocks alone: it connects to none, and it knows nothing of Clari.
package destination

//go:generate go run ./gen

// A Profile is one destination. A value that is not known is the zero value.
type Profile struct {
	Name  string // last part of Path; also the name of the example
	Title string
	Path  string // as a spec names it

	Lowest  Release // the lowest version that is known to work; Check refuses what is below it
	Example Release // the version in the examples

	Modes     []string // of write_mode
	WriteMode string   // of the example
	Required  []string // keys of its spec
	Optional  []string
	Settings  []Setting // of its spec in the example

	Writer       Writer
	Rows, Bytes  int64 // where a batch ends, if its spec does not say: rows, and bytes of Arrow buffers
	RequestBytes int64 // a longer request is refused; 0: no limit is published that a batch could reach

	KeyTwice KeyTwice
	State    State
	Days     string // the type of a day there, where it is no date
	NUL      NUL

	Rights string   // what its account must be allowed: whole sentences, in Markdown
	Notes  []string // what else a user has to know, likewise
	Tried  string   // how far it was run: whole sentences
}

// A Release is a version, and where it was read about.
type Release struct {
	Version string // v1.2.3
	Day     string // of its changelog, as 2026-01-31; empty: read on the destination's page on CloudQuery's hub, which gives no day
	Why     string // what that release brought, or why it is the one
}

// A Setting is one key of a destination's spec.
type Setting struct {
	Key     string
	Value   string // as YAML
	Comment string
	AtMost  int64 // a number that is greater, or a key that is not there, loses rows; 0: any value will do
}

// A Writer is the part of the SDK that gathers rows into batches. A batch that fails is logged by the first, and fails the sync in the others.
type Writer string

// The writers of plugin-sdk/v4.
const (
	BatchWriter          Writer = "batchwriter"
	MixedBatchWriter     Writer = "mixedbatchwriter"
	StreamingBatchWriter Writer = "streamingbatchwriter"
)

// KeyTwice is what happens to two rows of one key in one batch.
type KeyTwice string

// All of them but BothStay suppose a write_mode that overwrites.
const (
	LastStays     KeyTwice = "the later row stays"
	BatchIsLost   KeyTwice = "the whole batch is refused, and that is only logged"
	LostOrDoubled KeyTwice = "the whole batch is refused if the key was there before; else both rows stay"
	BothStay      KeyTwice = "both rows stay: it only appends"
)

// State is whether the destination can be a state backend.
type State string

// A destination that only appends keeps every version of a value; the SDK's state client reads the newest.
const (
	KeepsState    State = "yes"
	KeepsVersions State = "yes; each change adds a row"
	NoState       State = "no"
)

// NUL is what becomes of a NUL character in a text.
type NUL string

// What is not known is the zero value.
const (
	NULStays    NUL = ""
	NULStripped NUL = "dropped from texts and from values of JSON, refused in keys of JSON"
)

// Overwrites reports whether a row that is sent again can take the place of the older one.
func (p *Profile) Overwrites() bool { return p.WriteMode != modeAppend }

// Profiles are all of them, in the order of the docs.
func Profiles() []Profile { return profiles() }

// For returns the profile of a destination by its path, as in `cloudquery/bigquery`.
func For(pluginPath string) (Profile, bool) {
	for _, p := range profiles() {
		if p.Path == pluginPath {
			return p, true
		}
	}
	return Profile{}, false
}
