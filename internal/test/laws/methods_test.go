package laws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mostMethods is how many methods a type may have: one with more has several subjects.
const mostMethods = 24

// manyMethods are the types that have more, each with its package. None is added here: a type that grows is cut by subject.
var manyMethods = map[string]bool{
	"internal/approval/approvaltest.suite": true,
	"internal/archive/pgstore.Store":       true,
	"internal/archive/sqlitestore.Store":   true,
	"internal/capability.Rules":            true,
	"internal/capability.decoder":          true,
	"internal/offline/desk.World":          true,
	"internal/offline/seed.maker":          true,
	"internal/view.texter":                 true,
	"internal/view.walker":                 true,
	"schemas.checker":                      true,
	"tools.Tool":                           true,
}

// TestTypesHaveFewMethods holds types to a size that can be read in one go.
func TestTypesHaveFewMethods(t *testing.T) {
	counts := map[string]int{}
	for _, file := range sources(t) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repository(t), file), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Recv != nil {
				counts[packageOf(file)+"."+receiverOf(m)]++
			}
		}
	}
	require.Greater(t, len(counts), 100, "methods are counted")
	for name, n := range counts {
		if !manyMethods[name] {
			assert.LessOrEqual(t, n, mostMethods, "%s has too many methods: cut it by subject into types of their own", name)
		}
	}
	for name := range manyMethods {
		assert.Greater(t, counts[name], mostMethods, "%s has few methods now: take it out of manyMethods", name)
	}
}

// receiverOf returns the name of the type of a method's receiver, without its pointer and its type parameters.
func receiverOf(m *ast.FuncDecl) string {
	of := m.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}
