package specfile

// Config is what one or more CloudQuery YAML documents say: one source of Clari's and the destinations it may name.
type Config struct {
	Source       Source
	Destinations []Destination // as written: the one that the source names, and perhaps a state backend
	Transformers []Transformer `json:",omitempty"`

	Place string `json:"-"` // of the source, for problems of it
}

// Plugin is how a document names its plugin.
type Plugin struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Registry string `json:"registry"` // cloudquery (default), github, local, grpc or docker
	Version  string `json:"version"`
}

// Source is a document of kind source. Defaults are those of the CLI.
type Source struct {
	Plugin
	Tables              []string        `json:"tables"`
	SkipTables          []string        `json:"skip_tables"`
	SkipDependentTables *bool           `json:"skip_dependent_tables"` // default true
	Destinations        []string        `json:"destinations"`
	BackendOptions      *BackendOptions `json:"backend_options"`
	DeterministicCQID   bool            `json:"deterministic_cq_id"`
	Spec                map[string]any  `json:"spec"`
}

// BackendOptions name the state backend. Connection is @@plugins.<destination>.connection or a gRPC target.
type BackendOptions struct {
	TableName  string `json:"table_name"`
	Connection string `json:"connection"`
}

// Destination is a document of kind destination.
type Destination struct {
	Plugin
	WriteMode   string         `json:"write_mode"`   // overwrite-delete-stale (default), overwrite or append
	MigrateMode string         `json:"migrate_mode"` // safe (default) or forced
	PKMode      string         `json:"pk_mode"`      // default or cq-id-only
	Spec        map[string]any `json:"spec"`

	Transformers []string `json:"transformers,omitempty"` // what records pass through on their way, by name
}

// Transformer is a document of kind transformer.
type Transformer struct {
	Plugin
	Spec map[string]any `json:"spec"`
}

// Destination returns the one that the source writes to.
func (c *Config) Destination() *Destination {
	for i, d := range c.Destinations {
		if len(c.Source.Destinations) > 0 && d.Name == c.Source.Destinations[0] {
			return &c.Destinations[i]
		}
	}
	return nil
}
