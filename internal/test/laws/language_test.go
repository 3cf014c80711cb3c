package laws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// phrases maps phrases that a reader would have to guess at to what to write instead. Only exact phrases are listed: single
// words such as turn or mark are often right.
var phrases = map[string]string{
	"a yes":                "an approval, a confirmation",
	"already so":           "no change",
	"at the most":          "at most, a maximum of",
	"balancers look away":  "load balancers drain it",
	"count as ever":        "stay valid",
	"count for nothing":    "are ignored, are invalid",
	"count no more":        "are no longer valid",
	"counts as ever":       "stays valid",
	"counts for nothing":   "is ignored, is invalid",
	"counts no more":       "is no longer valid",
	"for ever":             "forever",
	"is worth nothing":     "is useless, is invalid",
	"is worth what":        "say what it relies on",
	"its turn":             "its slot, its token, its position in the queue",
	"its yes":              "its approval",
	"key ends":             "the key expires",
	"keys end":             "keys expire",
	"leave away":           "omit",
	"leaves away":          "omits",
	"left away":            "omitted",
	"let in":               "authenticated, authorized, accepted",
	"let nobody in":        "are rejected",
	"lets in":              "authenticates, authorizes, accepts",
	"lets nobody in":       "is rejected",
	"look away":            "stop sending requests",
	"must survive":         "is persistent",
	"nobody knows":         "it is not known",
	"of before":            "clients that use an older MCP version, or the legacy HTTP+SSE transport",
	"one's yes":            "the approval of",
	"other people's words": "untrusted text",
	"others' words":        "untrusted text",
	"person's yes":         "a person's approval",
	"says no at":           "reports not ready at",
	"stand beside":         "are next to",
	"stands beside":        "is next to",
	"state folder":         "state directory",
	"stop to count":        "expire",
	"stops to count":       "expires",
	"the pace":             "the rate limit",
	"the yes":              "the approval, the confirmation",
	"their turn":           "their slot, their position in the queue",
	"words of others":      "untrusted text",
	"worth as much":        "say what it relies on",
	"yeses":                "approvals",
}

// TestLanguage fails for phrases in documents, comments and messages that have a standard term.
func TestLanguage(t *testing.T) {
	root := repository(t)
	for _, rel := range files(t) {
		var texts []passage
		switch {
		case rel == "internal/test/laws/language_test.go" || rel == "docs/tools.md": // the second has messages of invented customers
			continue
		case strings.HasSuffix(rel, ".go"):
			texts = ofSource(t, filepath.Join(root, rel), strings.HasSuffix(rel, "_test.go"))
		case strings.HasSuffix(rel, ".md") || strings.HasPrefix(rel, "deploy/") || strings.HasPrefix(rel, ".ci/") || rel == "Makefile":
			source, err := os.ReadFile(filepath.Join(root, rel))
			require.NoError(t, err)
			texts = []passage{{string(source), 1}}
		}
		for _, p := range texts {
			for _, f := range p.find() {
				t.Errorf("%s:%d: %q: write instead: %s", rel, f.line, f.phrase, phrases[f.phrase])
			}
		}
	}
}

// TestLanguageFinds checks that a phrase is found across lines, in any case, and not inside other words.
func TestLanguageFinds(t *testing.T) {
	require.Equal(t, []found{{"counts for nothing", 2}, {"a yes", 4}}, passage{"x\nit COUNTS for\n// nothing.\n(\"a yes%s\")", 1}.find())
	require.Empty(t, passage{"a yesterday; data yes; keys endure", 1}.find())
}

// passage is a text of a file, such as a comment, and the line on which it begins.
type passage struct {
	text string
	line int
}

// found is a phrase and its line.
type found struct {
	phrase string
	line   int
}

// find returns the phrases in a passage. Line breaks, comment marks and punctuation around words are ignored.
func (p passage) find() (all []found) {
	type word struct {
		text string
		line int
	}
	var words []word
	for i, line := range strings.Split(p.text, "\n") {
		for w := range strings.FieldsSeq(strings.ToLower(line)) {
			w, _, _ = strings.Cut(w, "%") // as in "a yes%s"
			w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			if w != "" {
				words = append(words, word{w, p.line + i})
			}
		}
	}
	for i := range words {
		text := words[i].text
		for j := i + 1; j <= min(i+3, len(words)); j++ {
			if phrases[text] != "" {
				all = append(all, found{text, words[i].line})
			}
			if j < len(words) {
				text += " " + words[j].text
			}
		}
	}
	return all
}

// ofSource returns the comments of a Go file and, unless it is a test, its strings.
func ofSource(t *testing.T, file string, isTest bool) (all []passage) {
	files := token.NewFileSet()
	source, err := parser.ParseFile(files, file, nil, parser.ParseComments)
	require.NoError(t, err)
	for _, group := range source.Comments {
		var text strings.Builder
		for _, c := range group.List {
			text.WriteString(c.Text + "\n")
		}
		all = append(all, passage{text.String(), files.Position(group.Pos()).Line})
	}
	if isTest {
		return all
	}
	ast.Inspect(source, func(n ast.Node) bool {
		if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
			text, err := strconv.Unquote(s.Value)
			require.NoError(t, err)
			all = append(all, passage{text, files.Position(s.Pos()).Line})
		}
		return true
	})
	return all
}
