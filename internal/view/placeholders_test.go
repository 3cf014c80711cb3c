package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindPlaceholder(t *testing.T) {
	for _, text := range []string{
		"[redacted]", "Dear [REDACTED], hello", "[ Redacted ]", "&#91;redacted&#93;", "&amp;#91;redacted]", "&lbrack;redacted&rbrack;", `\[redacted\]`, "[**redacted**]",
		"<p>[<b>redacted</b>]</p>", "［redacted］", "[re\u200Bdacted]", "[redacted\n]", "the end… [cut: 1,234 characters]", "[Cut : 12 Characters]",
		"[cut: 5\u00A0characters]", "[earlier message quoted: 900 characters]", "[earlier  message\nquoted: 900]", "[quotes #4]", "[Quotes #12]", "[image]", "[image: logo]",
		"[image, 46 kB]", "[file, 2 kB]", "[signature]", "[the rest of this HTML is left out: 12 bytes]", "[possibly hidden text: x]", `<img src="[image, 46 kB]">`,
		"a [ b [redacted] c", "[redacted](https://example.org)",
	} {
		found, instead := FindPlaceholder(text, nil)
		require.NotEmpty(t, found, text)
		require.NotEmpty(t, instead, text)
	}
	for _, text := range []string{
		"", "redacted", "[imagery]", "[x] done", "![image](https://example.org/a.png)", "[image](https://example.org)", "[signature](https://example.org)", "[1]", "[cutting: x]",
		"a[0] = b", "[[", "]", "[the rest of the order]", "see [quotes](https://example.org)", "[filed]", "[redactedly]",
	} {
		found, _ := FindPlaceholder(text, nil)
		require.Empty(t, found, text)
	}
}

// TestPlaceholdersAreListed reads the source of this package: every text in brackets that it can write is on the list
// that [FindPlaceholder] goes by.
func TestPlaceholdersAreListed(t *testing.T) {
	bracket := regexp.MustCompile(`\[([a-zA-Z][a-zA-Z ,:#]{2,})`)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok {
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "MustCompile" {
					return false // a regular expression
				}
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			for _, m := range bracket.FindAllStringSubmatch(text, -1) {
				seen++
				listed := false
				for _, p := range placeholders {
					listed = listed || opensWith(strings.ToLower(m[1]), p.opens)
				}
				require.True(t, listed, "%s writes %q: add it to placeholders in internal/view/placeholders.go", file, text)
			}
			return true
		})
	}
	require.Positive(t, seen)
}
