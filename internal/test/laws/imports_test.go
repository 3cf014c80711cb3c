package laws

import (
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

const module = "dixa-mcp"

// mayImport says which packages of this module, and which libraries, each package may use: imports point one way.
// What is not listed here may use nothing but the standard library. Packages under internal/base are listed by none:
// they use the standard library, and every package may use them.
var mayImport = map[string][]string{
	"":                               {},
	"dixaclient":                     {"golang.org/x/time/rate"},
	"schemas":                        {"internal/base/when", "github.com/invopop/jsonschema"},
	"internal/view":                  {"dixaclient", "golang.org/x/net/html", "golang.org/x/net/html/atom", "github.com/andybalholm/cascadia", "github.com/tdewolff/parse/v2", "github.com/tdewolff/parse/v2/css"},
	"tools":                          {"dixaclient", "schemas", "internal/view"},
	"internal/capability":            {"internal/base/when", "dixaclient", "tools", "schemas", "go.yaml.in/yaml/v3"},
	"internal/audit":                 {},
	"internal/base/address":          {},
	"internal/base/atomicfile":       {},
	"internal/base/filelock":         {},
	"internal/base/safetext":         {},
	"internal/approval":              {},
	"internal/approver":              {"dixaclient", "schemas", "internal/approval", "internal/audit", "internal/capability"},
	"internal/credential":            {"dixaclient"},
	"internal/freeze":                {},
	"internal/gate":                  {"internal/base/when", "dixaclient", "schemas", "internal/seal", "tools", "internal/view", "internal/capability", "internal/approval", "internal/audit", "golang.org/x/time/rate"},
	"internal/identity":              {"internal/capability", "github.com/coreos/go-oidc/v3/oidc", "github.com/go-jose/go-jose/v4", "golang.org/x/time/rate"},
	"internal/replicas":              {"dixaclient", "internal/gate", "internal/approval", "internal/freeze", "github.com/redis/go-redis/v9", "github.com/redis/go-redis/v9/maintnotifications", "golang.org/x/time/rate"},
	"internal/replicas/redistest":    nil,
	"internal/base/web":              {},
	"internal/base/when":             {},
	"internal/seal":                  {},
	"internal/sharedstate":           {"dixaclient", "internal/gate", "github.com/ncruces/go-sqlite3"},
	"internal/offline":               {},
	"internal/export":                {"dixaclient"},
	"internal/serve":                 {"dixaclient", "tools", "internal/seal", "internal/gate", "internal/identity", "golang.org/x/net/netutil", "golang.org/x/sync/semaphore", "golang.org/x/sys/unix", "github.com/mark3labs/mcp-go/mcp", "github.com/mark3labs/mcp-go/server"},
	"internal/admin":                 {"dixaclient", "internal/approval", "internal/approver", "internal/audit", "internal/capability", "internal/freeze", "internal/gate"},
	"internal/telemetry":             {"dixaclient", "internal/approval", "internal/audit", "internal/gate", "github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors", "github.com/prometheus/client_golang/prometheus/promhttp", "go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/propagation", "go.opentelemetry.io/otel/sdk/resource", "go.opentelemetry.io/otel/sdk/trace", "go.opentelemetry.io/otel/trace"},
	"deploy/lint":                    nil, // a module of its own
	"internal/demo":                  {"internal/audit", "github.com/mark3labs/mcp-go/client", "github.com/mark3labs/mcp-go/client/transport", "github.com/mark3labs/mcp-go/mcp"},
	"internal/test/contract":         nil, // test support: not part of the program
	"internal/test/growth":           nil, // test support: not part of the program
	"internal/test/bench":            nil,
	"internal/test/endtoend":         nil,
	"internal/test/interop":          nil,
	"internal/test/interop/gosdk":    nil,
	"internal/approval/approvaltest": nil,
	"internal/freeze/freezetest":     nil,
	"internal/test/laws":             nil,
	"internal/test/golden":           nil,
	"internal/test/race":             nil,
	"internal/test/seeds":            nil,
	"cmd/dixa-mcp":                   nil, // puts everything together
}

func TestImportsPointOneWay(t *testing.T) {
	root := repository(t)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != root {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		require.NoError(t, err)
		room := strings.TrimPrefix(filepath.ToSlash(rel), ".")
		allowed, listed := mayImport[room]
		require.True(t, listed, "the package %s is not in the list of this test: say what it may import", room)
		if allowed == nil {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if isStandard(name) || strings.HasPrefix(name, module+"/internal/base/") && !strings.HasPrefix(room, "internal/base/") {
				continue
			}
			require.True(t, slices.Contains(allowed, strings.TrimPrefix(name, module+"/")), "%s imports %s", path.Join(room, filepath.Base(file)), name)
		}
		return nil
	})
	require.NoError(t, err)
}

func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".") && first != module
}

// repository is the folder of the module.
func repository(t testing.TB) string {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	return root
}
