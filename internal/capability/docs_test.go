package capability

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/test/golden"
)

// The reference of the keys is made from the comments of file.go.
func TestDocsKeys(t *testing.T) {
	golden.Section(t, "../../docs/capabilities.md", "keys", keys(t))
}

// keys has a table for each mapping of the file.
func keys(t *testing.T) string {
	source, err := parser.ParseFile(token.NewFileSet(), "file.go", nil, parser.ParseComments)
	require.NoError(t, err)
	g := generator{t: t, structs: map[string]*ast.GenDecl{}}
	for _, d := range source.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			g.structs[d.Specs[0].(*ast.TypeSpec).Name.Name] = d
		}
	}
	g.table("file", "")
	return g.String() + "\n"
}

type generator struct {
	strings.Builder
	t       *testing.T
	structs map[string]*ast.GenDecl
}

var typeNames = regexp.MustCompile(`\w+`)

func (g *generator) table(name, path string) {
	decl := g.structs[name]
	if path == "" { // what its comment says is for those who read the code
		g.WriteString("\n### The file\n\n")
	} else {
		about, more := meaning(decl.Doc.Text())
		require.Empty(g.t, more, "%s: a second paragraph has no place on the page", name)
		fmt.Fprintf(g, "\n### `%s`\n\n%s\n\n", path, about)
	}
	g.WriteString("| key | form | meaning |\n|---|---|---|\n")
	type inner struct{ name, path string }
	var inners []inner
	var below []string
	for _, f := range decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType).Fields.List {
		key, option, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml"), ",")
		require.NotEmpty(g.t, f.Doc.Text(), "%s.%s has no comment", name, key)
		kind := typeOf(f.Type)
		form := formOf(kind)
		if option == "required" {
			form += ", required"
		}
		short, more := meaning(f.Doc.Text())
		require.LessOrEqual(g.t, len(short), 200, "%s.%s: the first paragraph is a cell of a table; move the details to a second one", name, key)
		fmt.Fprintf(g, "| `%s` | %s | %s |\n", key, form, short)
		if more != "" {
			below = append(below, fmt.Sprintf("\n**`%s`**: %s\n", key, more))
		}
		inside := strings.TrimPrefix(path+"."+key, ".")
		if strings.HasPrefix(kind, "dict[") {
			inside += ".<name>"
		}
		words := typeNames.FindAllString(kind, -1)
		if last := words[len(words)-1]; g.structs[last] != nil {
			inners = append(inners, inner{last, inside})
		}
	}
	g.WriteString(strings.Join(below, ""))
	for _, i := range inners {
		g.table(i.name, i.path)
	}
}

// typeOf writes a field's type, such as dict[agent].
func typeOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.IndexExpr:
		return typeOf(e.X) + "[" + typeOf(e.Index) + "]"
	}
	return ""
}

// formOf says what a type of the file looks like in YAML.
func formOf(kind string) string {
	kind = strings.TrimSuffix(strings.TrimPrefix(kind, "section["), "]")
	switch outer, _, _ := strings.Cut(kind, "["); outer {
	case "version", "rate", "count":
		return "number"
	case "word", "release", "zone", "Answers", "Surface", "OnApproval", "days":
		return "text"
	case "day":
		return "day"
	case "list":
		return "list"
	}
	return "mapping"
}

var quoted = regexp.MustCompile(`\[?"[^"]*"\]?`)

// meaning returns the first paragraph of a comment, without the name that it begins with, and its other paragraphs, as text
// of a page.
func meaning(comment string) (short, more string) {
	paragraphs := strings.Split(strings.TrimSpace(comment), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = quoted.ReplaceAllStringFunc(strings.Join(strings.Fields(p), " "), func(s string) string {
			return "`" + s + "`"
		})
	}
	_, short, _ = strings.Cut(paragraphs[0], " ")
	short = strings.TrimPrefix(strings.TrimPrefix(short, "is "), "are ")
	return strings.ToUpper(short[:1]) + short[1:], strings.Join(paragraphs[1:], "\n\n")
}

// Every example of the page is true: as a part of a file it can be read.
func TestDocsExamples(t *testing.T) {
	text, err := os.ReadFile("../../docs/capabilities.md")
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, examples, 20)
	all := examples[0][1]
	for _, e := range examples[1:] {
		if !strings.HasPrefix(e[1], " ") { // keys of the file go before agents
			all = strings.Replace(all, "version: 1\n", "version: 1\n"+e[1], 1)
			continue
		}
		all += e[1]
	}
	all = strings.Replace(all, "dixa_agent:", "tag: {refund: 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f}\n  dixa_agent:", 1)
	require.NoError(t, yaml.Unmarshal([]byte(all), new(yaml.Node)))
	_, err = Parse("f", []byte(all))
	require.NoError(t, err, all)

	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, err = Parse("f", regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(readme)[1])
	require.NoError(t, err)
}
