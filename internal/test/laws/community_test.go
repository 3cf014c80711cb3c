package laws

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// yamlFile reads a file of the repository.
func yamlFile(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, v), name)
}

// GitHub shows an issue form only if it has these parts, each field with an id of its own.
func TestIssueForms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), ".github/ISSUE_TEMPLATE/*.yml"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		if filepath.Base(file) == "config.yml" {
			continue
		}
		var form struct {
			Name, Description string
			Body              []struct {
				Type, ID   string
				Attributes struct {
					Label, Value string
					Options      []string
				}
			}
		}
		name, err := filepath.Rel(repository(t), file)
		require.NoError(t, err)
		yamlFile(t, name, &form)
		require.NotEmpty(t, form.Name, file)
		require.NotEmpty(t, form.Description, file)
		var ids []string
		for _, field := range form.Body {
			if field.Type == "markdown" {
				require.NotEmpty(t, field.Attributes.Value, file)
				continue
			}
			require.Contains(t, []string{"input", "textarea", "dropdown"}, field.Type, file)
			require.NotEmpty(t, field.Attributes.Label, file)
			require.Equal(t, field.Type == "dropdown", len(field.Attributes.Options) > 0, file)
			require.NotContains(t, ids, field.ID, file)
			ids = append(ids, field.ID)
		}
		require.NotEmpty(t, ids, file)
	}
}

// Dependabot looks after every module, package.json and workflow of the repository.
func TestDependabotLooksEverywhere(t *testing.T) {
	var config struct {
		Version int
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	yamlFile(t, ".github/dependabot.yml", &config)
	require.Equal(t, 2, config.Version)
	looks := map[string][]string{}
	for _, u := range config.Updates {
		looks[u.Ecosystem] = append(u.Directories, u.Directory)
	}
	require.NotEmpty(t, looks["github-actions"])
	for name, ecosystem := range map[string]string{"go.mod": "gomod", "package.json": "npm"} {
		require.NoError(t, filepath.WalkDir(repository(t), func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && slices.Contains([]string{"node_modules", ".git", "bin", "dist"}, e.Name()) {
				return filepath.SkipDir
			}
			if e.Name() == name {
				dir, err := filepath.Rel(repository(t), filepath.Dir(path))
				require.NoError(t, err)
				require.Contains(t, looks[ecosystem], filepath.Join("/", dir), "add it to .github/dependabot.yml under %s", ecosystem)
			}
			return nil
		}))
	}
}

// Workflows get no more rights than they name, and none gets all.
func TestWorkflowsNameTheirPermissions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), ".github/workflows/*.yml"))
	require.NoError(t, err)
	for _, file := range files {
		name, err := filepath.Rel(repository(t), file)
		require.NoError(t, err)
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct{ Permissions map[string]string }
		}
		yamlFile(t, name, &workflow)
		require.NotNil(t, workflow.Permissions, "%s: name the permissions", name)
		require.NotEmpty(t, workflow.Jobs, name)
	}
}

// The policy on vulnerabilities names no address that nobody reads.
func TestSecurityPolicyInventsNoAddress(t *testing.T) {
	for _, name := range []string{"SECURITY.md", "CODE_OF_CONDUCT.md"} {
		text, err := os.ReadFile(filepath.Join(repository(t), name))
		require.NoError(t, err)
		require.NotRegexp(t, regexp.MustCompile(`[\w.]+@[\w.]+`), string(text), name)
	}
}
