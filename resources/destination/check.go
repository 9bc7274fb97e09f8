package destination

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// A Problem is something in a destination's block that a sync would suffer from.
type Problem struct {
	Path  string // in the block, as in spec.batch_size
	Text  string // what is wrong, and why
	Fix   string // what to write instead
	Fatal bool   // a sync fails, or loses rows; else it is worth a word
}

// String is the problem in one line.
func (p Problem) String() string { return p.Path + ": " + p.Text + "; " + p.Fix }

// Check holds a block against the profile. block is what stands under spec in a document of kind destination, as JSON or YAML decode it;
// numbers may be of any type, or text.
func (p *Profile) Check(block map[string]any) []Problem {
	settings, _ := block["spec"].(map[string]any)
	return slices.Concat(p.checkVersion(block), p.checkModes(block), p.checkKeys(settings), p.checkSettings(settings))
}

func (p *Profile) checkVersion(block map[string]any) []Problem {
	switch registry, _ := block["registry"].(string); registry {
	case "local", "grpc", "docker":
		return nil // whose version nobody knows
	}
	version, _ := block["version"].(string)
	if !semver.IsValid(version) {
		return []Problem{{"version", fmt.Sprintf("%q is no version", version), "write " + p.Example.Version, true}}
	}
	if semver.Compare(version, p.Lowest.Version) < 0 {
		return []Problem{{"version", fmt.Sprintf("%s is below %s: %s", version, p.Lowest.Version, p.Lowest.Why), "write " + p.Example.Version, true}}
	}
	return nil
}

func (p *Profile) checkModes(block map[string]any) (problems []Problem) {
	mode, ok := block["write_mode"].(string)
	if !ok {
		mode = "overwrite-delete-stale" // CloudQuery's default
	}
	if !slices.Contains(p.Modes, mode) {
		problems = append(problems, Problem{"write_mode", fmt.Sprintf("%s has no %q", p.Title, mode), "write " + p.WriteMode, true})
	}
	if forced, _ := block["migrate_mode"].(string); forced == "forced" {
		problems = append(problems, Problem{
			"migrate_mode", "forced empties each table whose columns change, settled quarters too",
			"take it out again once it has helped, and export what is settled again with refresh", false,
		})
	}
	return problems
}

func (p *Profile) checkKeys(settings map[string]any) (problems []Problem) {
	for _, key := range p.Required {
		if settings[key] == nil {
			problems = append(problems, Problem{"spec." + key, "is required", "write it as in docs/examples/" + p.Name + ".yml", true})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if !slices.Contains(p.Required, key) && !slices.Contains(p.Optional, key) {
			problems = append(problems, Problem{
				"spec." + key, fmt.Sprintf("%s %s has no such key", p.Title, p.Example.Version),
				"known are " + strings.Join(slices.Concat(p.Required, p.Optional), ", "), false,
			})
		}
	}
	return problems
}

// checkSettings looks for what loses rows.
func (p *Profile) checkSettings(settings map[string]any) (problems []Problem) {
	for _, s := range p.Settings {
		if s.AtMost == 0 {
			continue
		}
		fix := "write " + s.Key + ": " + s.Value
		if settings[s.Key] == nil {
			problems = append(problems, Problem{"spec." + s.Key, "is missing: " + s.Comment, fix, true})
		} else if n, ok := number(settings[s.Key]); !ok || n > s.AtMost || n <= 0 {
			text := fmt.Sprintf("%v is not between 1 and %d: %s", settings[s.Key], s.AtMost, s.Comment)
			problems = append(problems, Problem{"spec." + s.Key, text, fix, true})
		}
	}
	return problems
}

func number(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case uint64:
		return int64(min(n, math.MaxInt64)), true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	case string:
		i, err := strconv.ParseInt(n, 10, 64)
		return i, err == nil
	}
	return 0, false
}
