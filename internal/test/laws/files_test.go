package laws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// repository returns the directory of the module.
func repository(t testing.TB) string {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	return root
}

// files lists the files of the repository by their paths from its root, without test inputs and what is built or fetched.
func files(t testing.TB) (list []string) {
	t.Helper()
	root := repository(t)
	require.NoError(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		hidden := strings.HasPrefix(d.Name(), ".") && rel != "." && rel != ".ci"
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || slices.Contains([]string{"testdata", "node_modules", "bin", "dist"}, d.Name())):
			return fs.SkipDir
		case !d.IsDir():
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	}))
	return list
}

// sources lists the Go files of the repository but the tests.
func sources(t testing.TB) []string {
	return slices.DeleteFunc(files(t), func(file string) bool { return !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") })
}

// packageOf returns the path of a file's package, "" for the root of the module.
func packageOf(file string) string { return strings.TrimPrefix(path.Dir(file), ".") }

// parsed reads the comment of a file's package and its imports.
func parsed(t testing.TB, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repository(t), file), nil, parser.ParseComments|parser.ImportsOnly)
	require.NoError(t, err)
	return f
}

func importsOf(t testing.TB, file *ast.File) (names []string) {
	t.Helper()
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		names = append(names, name)
	}
	return names
}
