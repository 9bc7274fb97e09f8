package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// text is something that the plugin may tell a person: an error, or a line of the log at warn or error.
type text struct {
	where string // file:line
	words string // with ... for what is filled in
}

// asked holds errors that only errors.Is asks for: what people read instead are Clari's own answers, which have a table of their own.
const asked = "client/clari/wire/errors.go"

var verb = regexp.MustCompile(`%[-+# 0-9.\[\]]*[a-zA-Z]`)

// texts collects what errors.New, fmt.Errorf and Error methods say in the sources, what is reported of documents, and what is logged at warn
// or error.
func texts(t *testing.T, dirs ...string) (all []text) {
	t.Helper()
	files := token.NewFileSet()
	for _, dir := range dirs {
		require.NoError(t, filepath.WalkDir(root+dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "gen" { // generators run on developers' machines
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			add := func(at token.Pos, words string) {
				position := files.Position(at)
				all = append(all, text{
					strings.TrimPrefix(position.Filename, root) + ":" + strconv.Itoa(position.Line),
					verb.ReplaceAllString(strings.ReplaceAll(words, "%%", "%"), "..."),
				})
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					if n.Recv != nil && n.Name.Name == "Error" && n.Body != nil {
						literals(n.Body, add)
						return false
					}
				case *ast.CallExpr:
					if isProblem(n) {
						literals(n.Args[1], add)
					}
					if isError(n) && len(n.Args) > 0 && (path != root+asked || !isSentinel(n)) {
						literals(n.Args[0], add)
					}
				case *ast.ValueSpec: // const errX Error = "..."
					if of, ok := n.Type.(*ast.Ident); ok && of.Name == "Error" {
						literals(n, add)
					}
				}
				return true
			})
			return nil
		}))
	}
	require.NotEmpty(t, all)
	return all
}

// literals passes on the string literals below a node; those that are added up as one.
func literals(n ast.Node, add func(token.Pos, string)) {
	ast.Inspect(n, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		words, any := sum(e)
		if any {
			add(n.Pos(), words)
		}
		return !any
	})
}

// sum is a literal, or several added up with ... for what is not one; and whether there is one at all.
func sum(e ast.Expr) (words string, any bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		words, err := strconv.Unquote(e.Value)
		return words, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, one := sum(e.X)
		right, other := sum(e.Y)
		if e.Op == token.ADD && (one || other) {
			return left + right, true
		}
	}
	return "...", false
}

// isProblem: what package specfile reports of documents, with its place before it.
func isProblem(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return false
	}
	of, ok := f.X.(*ast.Ident)
	return ok && of.Name == "r" && (f.Sel.Name == "fail" || f.Sel.Name == "warn")
}

// isError: errors.New, fmt.Errorf, or log.Warn().Str(...).Msg.
func isError(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if of, ok := f.X.(*ast.Ident); ok {
		return of.Name == "errors" && f.Sel.Name == "New" || of.Name == "fmt" && f.Sel.Name == "Errorf"
	}
	if f.Sel.Name != "Msg" && f.Sel.Name != "Msgf" {
		return false
	}
	loud := false
	ast.Inspect(f.X, func(n ast.Node) bool {
		level, ok := n.(*ast.SelectorExpr)
		if ok && (level.Sel.Name == "Warn" || level.Sel.Name == "Error") {
			switch of := level.X.(type) {
			case *ast.Ident:
				loud = loud || strings.EqualFold(of.Name, "log")
			case *ast.SelectorExpr:
				loud = loud || strings.EqualFold(of.Sel.Name, "log")
			}
		}
		return true
	})
	return loud
}

func isSentinel(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "New"
}
