// Package specfile reads the YAML documents that users write for CloudQuery: several in one file, with ${NAME} and ${file:path} in them.
package specfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	variable    = regexp.MustCompile(`\$\{([^}]+)\}`)
	placeholder = regexp.MustCompile(`variable(\d+)number`)
	noNumber    = regexp.MustCompile(`(?i)^[-+]?\.(inf|nan)$`) // of which JSON has none
)

// Expand splits data into its documents, puts the values of ${NAME}, which lookup knows, and ${file:path} in, and returns each as JSON.
//
// Values go in as text, before YAML is read, and never into comments: that is how the CLI does it, so a value may bring
// structure with it, and one with a quotation mark breaks the quotes around it here as there.
func Expand(data []byte, lookup func(string) (string, bool)) (documents [][]byte, err error) {
	return expand(data, lookup, func(*yaml.Node) {})
}

// expand is Expand, and shows each node as it stands in data.
func expand(data []byte, lookup func(string) (string, bool), see func(*yaml.Node)) (documents [][]byte, err error) {
	// A variable is no YAML in every place it may stand in. A word in its place is.
	var names []string
	words := variable.ReplaceAllFunc(data, func(match []byte) []byte {
		names = append(names, string(match[2:len(match)-1]))
		return fmt.Appendf(nil, "variable%dnumber", len(names)-1)
	})
	dec := yaml.NewDecoder(bytes.NewReader(words))
	for {
		var node yaml.Node
		if err := dec.Decode(&node); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		var value any
		if err := node.Decode(&value); err != nil { // a key that is there twice, say: here lines are still those of data
			return nil, err
		}
		walk(&node, see)
		walk(&node, func(n *yaml.Node) { n.HeadComment, n.LineComment, n.FootComment = "", "", "" })
		bare, err := yaml.Marshal(&node)
		if err != nil {
			return nil, err
		}
		var missing error
		whole := placeholder.ReplaceAllFunc(bare, func(word []byte) []byte {
			i, _ := strconv.Atoi(string(placeholder.FindSubmatch(word)[1]))
			value, err := resolve(names[i], lookup)
			missing = errors.Join(missing, err)
			return []byte(value)
		})
		if missing != nil {
			return nil, missing
		}
		document, err := toJSON(whole)
		if err != nil { // it was YAML before the values came
			return nil, &valueError{culprit(bare, names, lookup)}
		}
		if string(document) != "null" { // nothing but comments
			documents = append(documents, document)
		}
	}
}

// valueError is a value that makes a document no YAML. The parser's own words may hold a part of the value, which may be secret: they are not passed on.
type valueError struct{ name string }

func (e *valueError) Error() string {
	return fmt.Sprintf("the value of ${%s} breaks the YAML around it; put '${%[1]s}' in single quotes, and look for quotation marks and line ends in the value", e.name)
}

// culprit is the variable whose value alone makes a document no YAML, else the last one.
func culprit(bare []byte, names []string, lookup func(string) (string, bool)) (name string) {
	for _, word := range placeholder.FindAllSubmatch(bare, -1) {
		i, _ := strconv.Atoi(string(word[1]))
		value, _ := resolve(names[i], lookup)
		name = names[i]
		if _, err := toJSON(bytes.ReplaceAll(bare, word[0], []byte(value))); err != nil {
			break
		}
	}
	return name
}

func resolve(name string, lookup func(string) (string, bool)) (string, error) {
	path, isFile := strings.CutPrefix(name, "file:")
	if !isFile {
		value, ok := lookup(name)
		if !ok {
			return "", fmt.Errorf("env variable %s not found", name)
		}
		return value, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("${file:%s}: %w", path, err)
	}
	if bytes.ContainsAny(content, "\r\n") && json.Valid(content) {
		// JSON over several lines is meant to stand between the quotation marks of a YAML text.
		quoted := strconv.Quote(string(content))
		return quoted[1 : len(quoted)-1], nil
	}
	return string(content), nil
}

// toJSON turns a YAML document into JSON. A date stays the text it was written as, and so does what is infinite or no number.
func toJSON(document []byte) ([]byte, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(document, &node); err != nil {
		return nil, err
	}
	walk(&node, func(n *yaml.Node) {
		if n.Tag == "!!timestamp" || n.Tag == "!!float" && noNumber.MatchString(n.Value) {
			n.Tag = "!!str"
		}
	})
	var value any
	if err := node.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func walk(node *yaml.Node, visit func(*yaml.Node)) {
	visit(node)
	for _, child := range node.Content {
		walk(child, visit)
	}
}
