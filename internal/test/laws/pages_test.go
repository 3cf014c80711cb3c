package laws

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pages of sign-in have the colours of the console, light and dark.
func TestPagesHaveTheSameColours(t *testing.T) {
	console, signin := colours(t, "internal/console/static/style.css"), colours(t, "internal/signin/pages.css")
	require.Len(t, signin, 2)
	for i, theme := range []string{"light", "dark"} {
		require.NotEmpty(t, signin[i], theme)
		for name, value := range signin[i] {
			require.Equal(t, console[i][name], value, "%s, %s: write the value of internal/console/static/style.css in internal/signin/pages.css", name, theme)
		}
	}
}

// colours returns the variables of a style sheet: those of the first :root, which is light, and of the second.
func colours(t *testing.T, file string) (themes []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), file))
	require.NoError(t, err)
	for _, root := range regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(string(text), -1) {
		theme := map[string]string{}
		for _, v := range regexp.MustCompile(`(--[\w-]+): (#\w+);`).FindAllStringSubmatch(root[1], -1) {
			theme[v[1]] = v[2]
		}
		themes = append(themes, theme)
	}
	return themes
}
