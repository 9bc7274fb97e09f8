package queries

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// functions are those that SQLite, PostgreSQL, Snowflake and BigQuery all have, with the same meaning.
var functions = strings.Fields("ABS AVG COALESCE COUNT DATE DENSE_RANK LAG MAX MIN NULLIF RANK ROW_NUMBER SUM")

// keywords may come before a parenthesis as well.
var keywords = strings.Fields("AS AND OR NOT IN ON FROM JOIN OVER WHEN THEN WHERE EXISTS UNION ALL SELECT BY DISTINCT")

// foreign is what only some of them have, or understand differently.
var foreign = map[string]*regexp.Regexp{
	"a cast with ::":                       regexp.MustCompile(`::`),
	"quoted identifiers":                   regexp.MustCompile("[`\"\\[]"),
	"a word that not all know":             regexp.MustCompile(`(?i)\b(QUALIFY|ILIKE|LATERAL|FILTER|INTERVAL|RETURNING|PIVOT|LIMIT|TOP|RECURSIVE|MATERIALIZED|REPLACE|EXCEPT|USING|NATURAL|FULL|RIGHT|REGEXP|SIMILAR|GLOB|CAST|CONVERT|EXTRACT|NOW|GETDATE|STRFTIME)\b`),
	"a list of columns after WITH's name":  regexp.MustCompile(`(?i)\b(WITH|,)\s+\w+\s*\([^()]*\)\s+AS\s*\(`),
	"a flag compared with a number":        regexp.MustCompile(`(?i)\b(is|has|in)_\w+\s*=\s*[01]`),
	"GROUP BY or ORDER BY with a number":   regexp.MustCompile(`(?i)\bBY\s+\d`),
	"days added to a date":                 regexp.MustCompile(`(?i)(_date|CURRENT_DATE)\s*[-+]`),
	"text in double quotes or a backslash": regexp.MustCompile(`\\`),
	"a comma before FROM":                  regexp.MustCompile(`(?i),\s*FROM\b`),
	"|| or concatenation":                  regexp.MustCompile(`\|\|`),
}

// reserved are words that one of the four does not take as an alias.
var reserved = strings.Fields(`all and any array as asc assert at between by call case cast check collate column connect constraint contains create cross cube current
	cube current_date current_time current_timestamp current_user default define desc distinct do else end enum escape except exists extract false fetch following for
	foreign from full grant group grouping groups hash having if ignore in inner intersect interval into is join lateral left like limit lookup merge natural
	new no not null nulls of offset on or order outer over partition placing preceding primary proto qualify range recursive references respect right rollup row
	rows sample select session_user set some start struct tablesample then to trailing treat true unbounded union unique unnest update user using values view
	when where window with within`)

var (
	comment = regexp.MustCompile(`--[^\n]*`)
	literal = regexp.MustCompile(`'[^']*'`)
	callOf  = regexp.MustCompile(`\b([A-Za-z_]+)\s*\(`)
	alias   = regexp.MustCompile(`(?i)\bAS\s+([A-Za-z_]+)`)
	inTable = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+\w+\s+([A-Za-z_]+)`)
)

// TestCommonSQL: the queries keep to what all four databases have in common, as far as their text tells.
func TestCommonSQL(t *testing.T) {
	index, err := os.ReadFile("../../docs/queries/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries.All() {
		history := map[bool]string{true: " `needs_history`"}[q.History]
		if line := fmt.Sprintf("| [%s](%[1]s.sql) | %s%s |\n", q.Name, q.Answer, history); !strings.Contains(string(index), line) {
			t.Errorf("docs/queries/README.md lacks the line\n%s", line)
		}
		if q.Answer == "" || q.Read == "" || !strings.HasSuffix(q.Answer, "?") {
			t.Errorf("%s does not say what it answers and how to read it", q.Name)
		}
		for what := range strings.SplitSeq(outOfCommon(q.Text), "\n") {
			if what != "" {
				t.Errorf("%s: %s", q.Name, what)
			}
		}
	}
}

// outOfCommon lists what is not common SQL, a line each.
func outOfCommon(text string) string {
	text = literal.ReplaceAllString(comment.ReplaceAllString(text, ""), "''")
	var wrong []string
	for what, pattern := range foreign {
		if found := pattern.FindString(text); found != "" {
			wrong = append(wrong, what+": "+found)
		}
	}
	for _, m := range callOf.FindAllStringSubmatch(text, -1) {
		if name := strings.ToUpper(m[1]); !slices.Contains(functions, name) && !slices.Contains(keywords, name) {
			wrong = append(wrong, "function "+m[1])
		}
	}
	for _, pattern := range []*regexp.Regexp{alias, inTable} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			name := strings.ToLower(m[1])
			if slices.Contains(reserved, name) && !slices.Contains([]string{"on", "where", "group", "order", "join", "left", "cross", "union", "select", "with"}, name) {
				wrong = append(wrong, "alias "+m[1])
			}
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, "\n")
}

func TestOutOfCommon(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT a::text FROM t":                               "a cast with ::: ::",
		"SELECT julianday(a) AS b FROM t":                     "function julianday",
		"SELECT SUM(a) AS rows FROM t":                        "alias rows",
		"SELECT a FROM t QUALIFY a = 1":                       "a word that not all know: QUALIFY\nalias QUALIFY",
		"WITH x (a) AS (SELECT 1) SELECT a FROM x":            "a list of columns after WITH's name: WITH x (a) AS (\nfunction x",
		"SELECT a FROM t WHERE is_updated = 1":                "a flag compared with a number: is_updated = 1",
		"SELECT MAX(a) AS b FROM t -- julianday(a)\n":         "",
		"SELECT COUNT(*) AS n FROM t k WHERE a IN ('x::y')":   "",
		"SELECT a FROM t WHERE start_date - 7 > CURRENT_DATE": "days added to a date: _date -",
	} {
		if got := outOfCommon(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
