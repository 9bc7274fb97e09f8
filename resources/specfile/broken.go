package specfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// space is white space that looks like a plain one and is none: it comes from web pages and word processors.
const space = `[\x{a0}\x{1680}\x{2000}-\x{200d}\x{202f}\x{205f}\x{2060}\x{3000}]`

var (
	tabForm    = regexp.MustCompile(`(?m)^ *\t`)
	indentForm = regexp.MustCompile(`(?m)^[ \t]*` + space)
	lineOf     = regexp.MustCompile(`line (\d+): (.*)`)
	keyForm    = regexp.MustCompile(`mapping key "([^"]*)" already defined`)
	octalForm  = regexp.MustCompile(`^([-+]?)0o?([0-7_]+)$`)
)

// lineAt is the line of an offset, counted from 1.
func lineAt(data []byte, offset int) int { return bytes.Count(data[:offset], []byte("\n")) + 1 }

// unreadable finds what no YAML can have, in the first line that has it.
func unreadable(data []byte) (line int, what string) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.IndexByte(data, 0) >= 0 {
		return 1, "is UTF-16 or no text; save the file as UTF-8"
	}
	for offset := 0; offset < len(data); {
		r, size := utf8.DecodeRune(data[offset:])
		if r == utf8.RuneError && size == 1 {
			return lineAt(data, offset), "has a letter that is no UTF-8; save the file as UTF-8"
		}
		offset += size
	}
	if found := indentForm.FindIndex(data); found != nil {
		return lineAt(data, found[1]), "is indented with spaces of a web page or a word processor; put plain spaces in their place"
	}
	return 0, ""
}

// octal is what YAML makes of a number that begins with a 0, and what was meant. It is empty of all other nodes.
func octal(node *yaml.Node) (meant, read string) {
	m := octalForm.FindStringSubmatch(node.Value)
	if node.Kind != yaml.ScalarNode || node.Tag != "!!int" || m == nil {
		return "", ""
	}
	digits := strings.ReplaceAll(m[2], "_", "")
	n, err := strconv.ParseInt(digits, 8, 64)
	if err != nil || n < 8 { // the same in both systems
		return "", ""
	}
	return m[1] + strings.TrimLeft(digits, "0"), m[1] + strconv.FormatInt(n, 10)
}

// A cause is what people write in a line that is no YAML, and what to write instead.
type cause struct {
	form *regexp.Regexp
	text string
}

var (
	// causes are looked for in this order.
	causes = []cause{
		{regexp.MustCompile(`^ *[-–—_=.]{2,} *$`), "is to divide two documents, and is no line of exactly three dashes; write --- at its beginning"},
		{regexp.MustCompile(`^ *[–—•·*]( |$)`), "begins with a mark that is no dash; write - and a space"},
		{regexp.MustCompile(space), "has a space of a web page or a word processor; put a plain one in its place"},
		{regexp.MustCompile(`^ *(- +)?[A-Za-z_]+:[^ /\\]`), "has no space after the colon; write one"},
		{regexp.MustCompile(`[:,\[-] *\*`), `has a bare *; put it in quotes: "*"`},
	}
	// byMessage are causes that the parser's own words tell.
	byMessage = []struct{ message, bracket, text string }{
		{"unknown escape character", "", `has a \ in double quotes; write / in its place, or put the text in single quotes`},
		{"cannot start any token", "", "has text that begins with @, % or `; put it in quotes"},
		{"expected ',' or ']'", "[", "has a list that does not end; close it with ]"},
		{"expected ',' or '}'", "{", "has an object that does not end; close it with }"},
		{"mapping values are not allowed", "", "has a colon too many, or stands too far to the right; put text with a colon in quotes, or look at the indentation"},
	}
)

// broken is where a file is no YAML, and what to do.
func broken(file string, data []byte, err error) (place, what string) {
	if of, ok := errors.AsType[*valueError](err); ok {
		before, _, _ := bytes.Cut(data, []byte("${"+of.name+"}"))
		return fmt.Sprintf("%s: line %d", file, lineAt(data, len(before))), of.Error()
	}
	if at := tabForm.FindIndex(data); at != nil {
		return fmt.Sprintf("%s: line %d", file, lineAt(data, at[1])), "is indented with a tab; put spaces in its place"
	}
	m := lineOf.FindStringSubmatch(err.Error())
	if m == nil {
		what = strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " ")
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			return file, what + "; write the path of a file that is there, seen from where the sync runs"
		}
		return file, what + "; mend it there"
	}
	lines := strings.Split(string(data), "\n")
	number, _ := strconv.Atoi(m[1])
	number = min(max(number, 1), len(lines))
	number, what = explain(lines, number, m[2])
	return fmt.Sprintf("%s: line %d", file, number), what
}

// explain finds the line of a mistake, which is the one that the parser names or one before it, and says what to do.
func explain(lines []string, number int, message string) (int, string) {
	if key := keyForm.FindStringSubmatch(message); key != nil {
		if key[1] == "kind" || key[1] == "spec" {
			return number, fmt.Sprintf("has %s a second time; put a line --- between the two documents", key[1])
		}
		return number, fmt.Sprintf("has %s a second time; remove one of the two", key[1])
	}
	if strings.Contains(message, "unexpected end of stream") || strings.Contains(message, "unexpected document indicator") {
		for i := number; i > 0; i-- {
			if strings.Count(lines[i-1], `"`)%2 == 1 || strings.Count(lines[i-1], "'")%2 == 1 {
				return i, "has a quotation mark too few or too many; close what it opens"
			}
		}
	}
	for i := number; i > 0 && i > number-2; i-- {
		line := strings.TrimRight(lines[i-1], "\r")
		for _, c := range causes {
			if c.form.MatchString(line) && line != "---" {
				return i, c.text
			}
		}
	}
	for _, c := range byMessage {
		if !strings.Contains(message, c.message) {
			continue
		}
		if next := number + 1; c.bracket != "" && next <= len(lines) && !strings.Contains(lines[number-1], c.bracket) {
			return next, c.text
		}
		return number, c.text
	}
	return number, message + "; look at the indentation and the quotes of this line and the ones around it"
}
