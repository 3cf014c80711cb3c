package laws

import (
	"slices"
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
	"internal/filetext":              {"internal/view", "github.com/ledongthuc/pdf", "golang.org/x/image/webp", "golang.org/x/text/encoding/charmap"},
	"tools":                          {"dixaclient", "schemas", "internal/archive", "internal/events", "internal/report", "internal/view", "internal/filetext"},
	"internal/capability":            {"internal/base/when", "dixaclient", "internal/clients", "tools", "schemas", "go.yaml.in/yaml/v3"},
	"internal/archive":               {"dixaclient", "internal/export", "internal/view"},
	"internal/archive/archivetest":   nil,
	"internal/archive/pgstore":       {"internal/archive", "internal/archive/sandbox", "github.com/ncruces/go-sqlite3", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgconn/ctxwatch", "github.com/jackc/pgx/v5/pgxpool", "golang.org/x/text/unicode/norm"},
	"internal/archive/pgtest":        nil,
	"internal/archive/sandbox":       {"internal/archive", "schemas", "github.com/ncruces/go-sqlite3"},
	"internal/archive/sqlitestore":   {"internal/archive", "internal/archive/sandbox", "github.com/ncruces/go-sqlite3", "github.com/ncruces/go-sqlite3/ext/fts5"},
	"internal/audit":                 {"golang.org/x/time/rate"},
	"internal/events":                {"dixaclient"},
	"internal/events/eventstest":     nil,
	"internal/events/follow":         nil,
	"internal/events/poll":           {"dixaclient", "internal/events", "golang.org/x/time/rate"},
	"internal/events/webhook":        {"dixaclient", "internal/events", "internal/seal", "golang.org/x/time/rate"},
	"internal/events/sqlitestore":    {"dixaclient", "internal/events", "github.com/ncruces/go-sqlite3"},
	"internal/base/address":          {},
	"internal/base/atomicfile":       {},
	"internal/base/bm25":             {},
	"internal/base/chart":            {},
	"internal/base/filelock":         {"golang.org/x/sys/windows"},
	"internal/base/fold":             {},
	"internal/base/jsonscan":         {},
	"internal/base/lines":            {},
	"internal/base/pause":            {},
	"internal/base/plainjson":        {},
	"internal/base/safetext":         {},
	"internal/base/shortid":          {},
	"internal/base/shelf":            {},
	"internal/base/shelf/shelftest":  nil,
	"internal/base/sqlitefile":       {"internal/base/stored", "github.com/ncruces/go-sqlite3"},
	"internal/base/stored":           {},
	"internal/approval":              {},
	"internal/approver":              {"dixaclient", "schemas", "internal/approval", "internal/audit", "internal/capability", "tools"},
	"internal/clients":               {},
	"internal/clients/merge":         {"internal/clients", "github.com/pelletier/go-toml/v2", "github.com/pelletier/go-toml/v2/unstable", "github.com/tailscale/hujson", "go.yaml.in/yaml/v3"},
	"internal/credential":            {"dixaclient"},
	"internal/freeze":                {},
	"internal/directory":             {"dixaclient"},
	"internal/gate":                  {"internal/base/when", "dixaclient", "internal/events", "internal/directory", "schemas", "internal/jobs", "internal/seal", "tools", "internal/view", "internal/capability", "internal/approval", "internal/audit", "internal/journal", "golang.org/x/time/rate"},
	"internal/jobs":                  {"internal/seal"},
	"internal/journal":               {"internal/seal"},
	"internal/identity":              {"internal/capability", "github.com/coreos/go-oidc/v3/oidc", "github.com/go-jose/go-jose/v4", "golang.org/x/time/rate"},
	"internal/replicas":              {"dixaclient", "internal/gate", "internal/events", "internal/approval", "internal/freeze", "internal/jobs", "internal/journal", "internal/signin", "github.com/gomodule/redigo/redis", "golang.org/x/time/rate"},
	"internal/replicas/redistest":    nil,
	"internal/jobs/jobstest":         nil,
	"internal/journal/journaltest":   nil,
	"internal/base/web":              {},
	"internal/base/uuid":             {},
	"internal/base/vocabulary":       {},
	"internal/base/when":             {},
	"internal/seal":                  {},
	"internal/signin":                {"internal/identity", "internal/seal", "github.com/coreos/go-oidc/v3/oidc", "github.com/zitadel/oidc/v3/pkg/oidc", "github.com/zitadel/oidc/v3/pkg/op", "golang.org/x/oauth2", "golang.org/x/sync/singleflight", "golang.org/x/time/rate"},
	"internal/signin/signintest":     nil,
	"internal/sharedstate":           {"dixaclient", "internal/gate", "internal/jobs", "internal/journal", "internal/signin", "github.com/ncruces/go-sqlite3"},
	"internal/export":                {"dixaclient"},
	"internal/openapi":               {},
	"internal/backup":                {"internal/archive/sqlitestore", "internal/events/sqlitestore", "internal/records", "internal/sharedstate"},
	"internal/privacy":               {"dixaclient", "internal/approval", "internal/archive", "internal/audit", "internal/capability", "internal/events", "internal/events/sqlitestore", "internal/jobs", "internal/journal", "internal/records", "internal/replicas", "internal/sharedstate"},
	"internal/report":                {"internal/archive"},
	"internal/records":               {"internal/audit", "github.com/ncruces/go-sqlite3"},
	"internal/drift":                 {"internal/openapi"},
	"internal/drift/drifttest":       nil,
	"internal/serve":                 {"dixaclient", "tools", "internal/seal", "internal/gate", "internal/identity", "internal/signin", "golang.org/x/net/netutil", "golang.org/x/sync/semaphore", "golang.org/x/sys/unix", "github.com/mark3labs/mcp-go/mcp", "github.com/mark3labs/mcp-go/server"},
	"internal/admin":                 {"dixaclient", "internal/approval", "internal/approver", "internal/audit", "internal/capability", "internal/freeze", "internal/gate"},
	"internal/notify":                {"dixaclient", "internal/approval", "internal/capability"},
	"internal/console":               {"dixaclient", "internal/audit", "internal/records", "internal/admin", "internal/approval", "internal/approver", "internal/capability", "internal/freeze", "internal/gate", "internal/identity", "tools"},
	"internal/telemetry":             {"dixaclient", "internal/approval", "internal/audit", "internal/gate", "tools", "github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors", "github.com/prometheus/client_golang/prometheus/promhttp", "go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/propagation", "go.opentelemetry.io/otel/sdk/resource", "go.opentelemetry.io/otel/sdk/trace", "go.opentelemetry.io/otel/trace"},
	"deploy/lint":                    nil, // a module of its own
	"deploy/registry":                {},
	"internal/demo":                  {"internal/audit", "github.com/mark3labs/mcp-go/client", "github.com/mark3labs/mcp-go/client/transport", "github.com/mark3labs/mcp-go/mcp"},
	"internal/test/contract":         nil, // test support: not part of the program
	"internal/test/growth":           nil, // test support: not part of the program
	"internal/test/bench":            nil,
	"internal/test/browser":          nil,
	"internal/test/endtoend":         nil,
	"internal/test/evals":            nil,
	"internal/test/hijack":           nil,
	"internal/test/interop":          nil,
	"internal/test/interop/gosdk":    nil,
	"internal/approval/approvaltest": nil,
	"internal/freeze/freezetest":     nil,
	"internal/test/laws":             nil,
	"internal/test/clock":            nil,
	"internal/test/double":           nil,
	"internal/test/golden":           nil,
	"internal/test/program":          nil,
	"internal/test/race":             nil,
	"internal/test/schemalint":       nil,
	"internal/test/seeds":            nil,
	"cmd/dixa-mcp":                   nil, // puts everything together

	"internal/offline":                          {"internal/offline/attachment", "internal/offline/desk", "internal/offline/live", "internal/offline/operations", "internal/offline/operations/call", "internal/offline/seed", "internal/offline/server"},
	"internal/offline/analytics":                {"internal/offline/desk", "internal/offline/wire"},
	"internal/offline/attachment":               {},
	"internal/offline/body":                     {},
	"internal/offline/changes":                  {},
	"internal/offline/desk":                     {"internal/offline/attachment", "internal/offline/fiction", "internal/offline/hours", "internal/offline/wire"},
	"internal/offline/exports":                  {"internal/offline/desk", "internal/offline/wire"},
	"internal/offline/fiction":                  {},
	"internal/offline/hooks":                    {"internal/offline/desk", "internal/offline/outbox", "internal/offline/wire"},
	"internal/offline/hours":                    {},
	"internal/offline/live":                     {"internal/offline/fiction"},
	"internal/offline/operations":               {"internal/offline/analytics", "internal/offline/body", "internal/offline/changes", "internal/offline/desk", "internal/offline/hooks", "internal/offline/operations/call", "internal/offline/operations/conversations", "internal/offline/operations/knowledge", "internal/offline/operations/people", "internal/offline/operations/queries", "internal/offline/operations/settings", "internal/offline/operations/teams", "internal/offline/operations/webhooks", "internal/offline/outbox", "internal/offline/request", "internal/offline/search", "internal/offline/wire"},
	"internal/offline/operations/call":          {"internal/offline/body", "internal/offline/desk", "internal/offline/hooks", "internal/offline/request"},
	"internal/offline/operations/conversations": {"internal/offline/body", "internal/offline/desk", "internal/offline/hooks", "internal/offline/operations/call", "internal/offline/request", "internal/offline/wire"},
	"internal/offline/operations/knowledge":     {"internal/offline/attachment", "internal/offline/desk", "internal/offline/operations/call", "internal/offline/request", "internal/offline/wire"},
	"internal/offline/operations/people":        {"internal/offline/desk", "internal/offline/operations/call", "internal/offline/request", "internal/offline/wire"},
	"internal/offline/operations/queries":       {"internal/offline/analytics", "internal/offline/desk", "internal/offline/exports", "internal/offline/operations/call", "internal/offline/request", "internal/offline/search", "internal/offline/wire"},
	"internal/offline/operations/settings":      {"internal/offline/desk", "internal/offline/hours", "internal/offline/operations/call", "internal/offline/request", "internal/offline/wire"},
	"internal/offline/operations/teams":         {"internal/offline/desk", "internal/offline/hours", "internal/offline/operations/call", "internal/offline/request", "internal/offline/wire"},
	"internal/offline/operations/webhooks":      {"internal/offline/desk", "internal/offline/hooks", "internal/offline/operations/call", "internal/offline/wire"},
	"internal/offline/outbox":                   {},
	"internal/offline/request":                  {"internal/offline/body", "internal/offline/wire"},
	"internal/offline/search":                   {"internal/offline/wire"},
	"internal/offline/seed":                     {"internal/offline/attachment", "internal/offline/desk", "internal/offline/fiction", "internal/offline/hours", "internal/offline/wire"},
	"internal/offline/server":                   {"internal/offline/attachment", "internal/offline/fiction", "internal/offline/wire"},
	"internal/offline/wire":                     {},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, file := range sources(t) {
		name := packageOf(file)
		allowed, listed := mayImport[name]
		require.True(t, listed, "the package %s is not in mayImport in internal/test/laws/imports_test.go: say what it may import", name)
		if allowed == nil {
			continue
		}
		for _, imported := range importsOf(t, parsed(t, file)) {
			if isStandard(imported) || strings.HasPrefix(imported, module+"/internal/base/") && !strings.HasPrefix(name, "internal/base/") {
				continue
			}
			require.True(t, slices.Contains(allowed, strings.TrimPrefix(imported, module+"/")), "%s imports %s", file, imported)
		}
	}
}

func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".") && first != module
}
