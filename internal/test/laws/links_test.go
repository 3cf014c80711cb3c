package laws

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every link of the documentation to a file, or to a heading of a page, leads somewhere.
func TestLinks(t *testing.T) {
	root := repository(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md"} {
		pages = append(pages, filepath.Join(root, name))
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			_, err := os.Stat(target)
			if !assertLink(t, err == nil, page, m[1], "there is no such file") || anchor == "" {
				continue
			}
			linked, err := os.ReadFile(target)
			require.NoError(t, err)
			assertLink(t, anchors(string(linked))[anchor], page, m[1], "the page has no such heading")
		}
	}
}

func assertLink(t *testing.T, ok bool, page, link, why string) bool {
	if !ok {
		t.Errorf("%s links to %s: %s", filepath.Base(page), link, why)
	}
	return ok
}

var (
	headings  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns the anchors that GitHub makes of a page's headings.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, m := range headings.FindAllStringSubmatch(page, -1) {
		all[strings.ReplaceAll(noAnchors.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}
