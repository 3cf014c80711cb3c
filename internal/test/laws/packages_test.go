package laws

import (
	"fmt"
	"go/ast"
	"go/doc"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
)

// TestDocsPackages holds the diagram and the table of packages in CONTRIBUTING.md to the code.
func TestDocsPackages(t *testing.T) {
	all := packages(t)
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart TD\n")
	families := folded(all)
	for _, from := range sorted(families) {
		for _, to := range direct(families, from) {
			fmt.Fprintf(&b, "  %s --> %s\n", shortName(from), shortName(to))
		}
	}
	b.WriteString("```\n\n")
	var above, below []string
	for _, name := range sorted(all) {
		require.NotEmpty(t, all[name].synopsis, "the package %s needs a comment that begins with Package %s", name, filepath.Base(name))
		row := fmt.Sprintf("| `%s` | %s |\n", name, all[name].synopsis)
		if strings.Count(name, "/") < 2 {
			above = append(above, row)
		} else {
			below = append(below, row)
		}
	}
	const head = "| package | what it does |\n|---|---|\n"
	b.WriteString(head + strings.Join(above, "") + "\n<details><summary>Packages below these</summary>\n\n" + head + strings.Join(below, "") + "\n</details>\n")
	golden.Section(t, filepath.Join(repository(t), "CONTRIBUTING.md"), "packages", b.String())
}

type pkg struct {
	synopsis string
	imports  []string // of this module, without internal/base
}

// packages reads the packages of the program: all but those that only tests use.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	all := map[string]*pkg{}
	for _, file := range sources(t) {
		name := packageOf(file)
		if name == "" || strings.HasSuffix(name, "test") || strings.HasPrefix(name, "internal/test/") {
			continue
		}
		if all[name] == nil {
			all[name] = &pkg{}
		}
		all[name].read(t, parsed(t, file))
	}
	return all
}

// read adds what a file says about its package.
func (p *pkg) read(t *testing.T, file *ast.File) {
	t.Helper()
	if text := file.Doc.Text(); text != "" {
		text = strings.NewReplacer("[", "", "]", "").Replace(text)       // links of go doc
		words := strings.SplitN(new(doc.Package).Synopsis(text), " ", 3) // Package name does …
		p.synopsis = strings.ToUpper(words[2][:1]) + words[2][1:]
	}
	for _, name := range importsOf(t, file) {
		if own, ok := strings.CutPrefix(name, module+"/"); ok && !strings.HasPrefix(own, "internal/base/") && !slices.Contains(p.imports, own) {
			p.imports = append(p.imports, own)
		}
	}
}

// folded returns the packages with those below another one in its place: internal/archive for internal/archive/pgstore.
func folded(all map[string]*pkg) map[string]*pkg {
	families := map[string]*pkg{}
	family := func(name string) string {
		parts := strings.SplitN(name, "/", 3)
		return strings.Join(parts[:min(len(parts), 2)], "/")
	}
	for name, p := range all {
		at := family(name)
		if families[at] == nil {
			families[at] = &pkg{}
		}
		for _, to := range p.imports {
			if to = family(to); to != at && !slices.Contains(families[at].imports, to) {
				families[at].imports = append(families[at].imports, to)
			}
		}
	}
	return families
}

// direct lists the imports of a package that none of its other imports leads to.
func direct(all map[string]*pkg, from string) (names []string) {
	for _, to := range all[from].imports {
		if all[to] != nil && !slices.ContainsFunc(all[from].imports, func(other string) bool { return other != to && reaches(all, other, to, nil) }) {
			names = append(names, to)
		}
	}
	slices.Sort(names)
	return names
}

// reaches reports whether imports lead from one package to another. Families may import each other.
func reaches(all map[string]*pkg, at, to string, through []string) bool {
	if all[at] == nil || slices.Contains(through, at) {
		return false
	}
	return slices.ContainsFunc(all[at].imports, func(next string) bool {
		return next == to || reaches(all, next, to, append(through, at))
	})
}

func sorted(all map[string]*pkg) (names []string) {
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shortName is how the diagram names a package.
func shortName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "internal/"), "cmd/")
}
