package main

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/filetext"
	"dixa-mcp/internal/signin"
)

// The files in deploy/ are not run here. These tests check them against the program that they start.

// winding is the maximum time that stopping takes after drain and grace: calls that were cut off say what is known (30 s), the
// admin port closes (5 s), and the last traces are sent (5 s).
const winding = 40 * time.Second

// deployment is how one of the files starts the program.
type deployment struct {
	env    map[string]string
	args   []string
	mounts []string      // folders and files from outside
	grace  time.Duration // until it is killed
	user   string
	rules  *capability.Rules // nil: the built-in ones
}

// check parses the command as the program does, and checks what it would listen at.
func (d deployment) check(t *testing.T) (c serveCmd) {
	t.Helper()
	known := variables(t)
	for name, value := range d.env {
		require.Contains(t, known, name)
		t.Setenv(name, value)
	}
	require.Equal(t, "serve", d.args[0])
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse(d.args[1:])
	require.NoError(t, err)
	if d.rules != nil {
		require.NoError(t, c.checkServing(&system{rules: d.rules}, false))
	}
	require.Less(t, c.Drain+c.Grace+winding, d.grace)
	require.NotEqual(t, "0", d.user)
	require.Regexp(t, `^[a-z1-9]`, d.user)
	for name, value := range d.env {
		if strings.HasPrefix(value, "/") {
			require.True(t, slices.ContainsFunc(d.mounts, func(m string) bool { return value == m || strings.HasPrefix(value, m+"/") }), "%s=%s comes from nowhere", name, value)
		}
	}
	return c
}

// variables are those that the program reads, and one of Go's own.
func variables(t *testing.T) []string {
	names := []string{tokenVar, tokenFileVar, tokensVar, tokensFile, "DIXA_MCP_REDIS_FILE", "GOMEMLIMIT"}
	for _, f := range flags(t) {
		names = append(names, f.Envs...)
	}
	return names
}

// flags are those of all commands.
func flags(t *testing.T) []*kong.Flag {
	parser, err := kong.New(&cli{}, kong.Name("dixa-mcp"), clientNames())
	require.NoError(t, err)
	var all []*kong.Flag
	for _, command := range parser.Model.Leaves(false) {
		for _, list := range command.AllFlags(false) {
			all = append(all, list...)
		}
	}
	return all
}

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", name))
	require.NoError(t, err)
	return string(text)
}

// first is what is in the first pair of parentheses.
func first(t *testing.T, text, expression string) string {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(text)
	require.NotNil(t, m, "%s is not there", expression)
	return m[1]
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return p
}

func TestDeployDockerfile(t *testing.T) {
	file := deployed(t, "Dockerfile")
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	require.Equal(t, first(t, string(module), `(?m)^go (\d+\.\d+)`), first(t, file, `ARG GO_VERSION=(\S+)`))
	require.Contains(t, file, "-X main.release=$VERSION")
	require.Contains(t, file, "FROM scratch\n")
	require.Equal(t, "/dixa-mcp", first(t, file, `ENTRYPOINT \["(.*)"\]`))

	var args []string
	require.NoError(t, json.Unmarshal([]byte(first(t, file, `(?m)^CMD (.*)`)), &args))
	state := first(t, file, `ENV DIXA_MCP_STATE=(\S+)`)
	c := deployment{
		env: map[string]string{"DIXA_MCP_STATE": state}, args: args, grace: time.Hour,
		mounts: []string{first(t, file, `VOLUME (\S+)`)}, user: first(t, file, `USER (\d+):\d+`),
	}.check(t)
	require.Equal(t, first(t, file, `EXPOSE (\d+)`), port(t, c.HTTP))
	// It does not start on a public address without TLS or a proxy.
	rules, err := capability.Parse("example", []byte(exampleRules(t)))
	require.NoError(t, err)
	require.ErrorContains(t, c.checkServing(&system{rules: rules}, false), "--behind-proxy")
}

// exampleRules is the capability file of the manifests.
func exampleRules(t *testing.T) string {
	var m struct{ Data map[string]string }
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "kubernetes/capabilities.yaml")), &m))
	return m.Data["capabilities.yaml"]
}

// service is one of a compose file, as far as it is of interest.
type service struct {
	User        string            `yaml:"user"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Secrets     []string          `yaml:"secrets"`
	Ports       []string          `yaml:"ports"`
	ReadOnly    bool              `yaml:"read_only"`
	StopGrace   time.Duration     `yaml:"stop_grace_period"`
	Networks    map[string]struct {
		Address string `yaml:"ipv4_address"`
	} `yaml:"networks"`
}

func TestDeployCompose(t *testing.T) {
	var file struct {
		Services map[string]service
		Secrets  map[string]any
	}
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &file))
	image := deployed(t, "Dockerfile")
	args := strings.Split(strings.ReplaceAll(first(t, image, `(?m)^CMD \[(.*)\]`), `"`, ""), ", ")
	balancer := deployed(t, "nginx.conf")
	var upstreams []string
	for _, name := range []string{"dixa-mcp-1", "dixa-mcp-2"} {
		s := file.Services[name]
		require.True(t, s.ReadOnly)
		rules, err := capability.Parse("example", []byte(exampleRules(t)))
		require.NoError(t, err)
		mounts := []string{}
		for _, v := range s.Volumes {
			mounts = append(mounts, strings.Split(v, ":")[1])
		}
		for _, secret := range s.Secrets {
			require.Contains(t, file.Secrets, secret)
			mounts = append(mounts, "/run/secrets/"+secret)
		}
		require.Contains(t, mounts, first(t, image, `ENV DIXA_MCP_STATE=(\S+)`))
		env := maps.Clone(s.Environment)
		require.Contains(t, env["DIXA_MCP_PUBLIC_URL"], "${PUBLIC_URL")
		env["DIXA_MCP_PUBLIC_URL"] = "https://mcp.example.com"
		user, _, _ := strings.Cut(s.User, ":")
		require.Equal(t, first(t, image, `USER (\d+):`), user)
		c := deployment{env: env, args: args, mounts: mounts, grace: s.StopGrace, user: user, rules: rules}.check(t)
		for i, inside := range []string{c.HTTP, c.Admin} {
			require.Regexp(t, `^127\.0\.0\.1:\d+:`+port(t, inside)+`$`, s.Ports[i])
		}
		upstreams = append(upstreams, s.Networks["inside"].Address+":"+port(t, c.HTTP))
	}
	var there []string
	for _, m := range regexp.MustCompile(`(?m)^\s+server ([\d.]+:\d+) `).FindAllStringSubmatch(balancer, -1) {
		there = append(there, m[1])
	}
	require.Equal(t, upstreams, there)
	require.Equal(t, "443:"+first(t, balancer, `listen (\d+) ssl`), file.Services["balancer"].Ports[0])
}

// The load balancers never send a call twice, and do not buffer events.
func TestDeployBalancer(t *testing.T) {
	for name, line := range map[string]string{
		"nginx.conf":              `(?m)^\s*proxy_next_upstream (.*);`,
		"kubernetes/ingress.yaml": `proxy-next-upstream: (.*?) #`,
	} {
		require.Equal(t, "error timeout", first(t, deployed(t, name), line), name)
	}
	require.Contains(t, deployed(t, "nginx.conf"), "proxy_buffering off;")
	require.Contains(t, deployed(t, "kubernetes/ingress.yaml"), `proxy-buffering: "off"`)
	require.Contains(t, deployed(t, "nginx.conf"), "proxy_set_header Host $http_host;")
}

// The load balancers pass on what people need: the address of an agent, sign-in and the metadata of both.
func TestDeployBalancerForPeople(t *testing.T) {
	nginx, ingress := deployed(t, "nginx.conf"), deployed(t, "kubernetes/ingress.yaml")
	for _, path := range []string{"/mcp/", "/.well-known/oauth-protected-resource", signin.MetadataPath, signin.Path} {
		require.Contains(t, nginx, "location "+path+" {")
		require.Contains(t, ingress, "{path: "+path+", pathType: Prefix,")
	}
}

func TestDeployUnit(t *testing.T) {
	file := deployed(t, "dixa-mcp.service")
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=(.*)`).FindAllStringSubmatch(file, -1) {
		env[m[1]] = m[2]
	}
	rules, err := capability.Parse("example", []byte(exampleRules(t)))
	require.NoError(t, err)
	grace, err := time.ParseDuration(first(t, file, `TimeoutStopSec=(\S+)`))
	require.NoError(t, err)
	deployment{
		env: env, args: strings.Fields(first(t, file, `(?m)^ExecStart=\S+ (.*)`)), grace: grace, user: first(t, file, `(?m)^User=(.*)`), rules: rules,
		mounts: []string{"/etc/dixa-mcp", "/var/lib/" + first(t, file, `StateDirectory=(\S+)`)},
	}.check(t)
}

// The memory limits leave room for the processes that read PDFs, and for the server beside them.
func TestDeployMemory(t *testing.T) {
	mebibytes := func(file, expression string) int {
		n, err := strconv.Atoi(first(t, deployed(t, file), expression))
		require.NoError(t, err)
		return n
	}
	heap := mebibytes("kubernetes/dixa-mcp.yaml", `GOMEMLIMIT, value: (\d+)MiB`)
	pdfs := filetext.MaxMemory >> 20
	require.LessOrEqual(t, heap+pdfs, mebibytes("kubernetes/dixa-mcp.yaml", `limits: \{memory: (\d+)Mi`))
	require.LessOrEqual(t, heap+pdfs, mebibytes("dixa-mcp.service", `(?m)^MemoryMax=(\d+)M`))
	require.Contains(t, deployed(t, "dixa-mcp.service"), "\nOOMPolicy=continue\n")
}

// Variables and flags in deploy/ and docs/hosting.md exist.
func TestDeployNames(t *testing.T) {
	known := variables(t)
	var given []string
	for _, f := range flags(t) {
		given = append(given, f.Name)
	}
	page, err := os.ReadFile("../../docs/hosting.md")
	require.NoError(t, err)
	texts := map[string]string{"docs/hosting.md": string(page)}
	err = filepath.WalkDir("../../deploy", func(file string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" { // the packer of bundles, which is not ours
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && filepath.Base(filepath.Dir(file)) != "lint" {
			text, err := os.ReadFile(file)
			texts[file] = string(text)
			return err
		}
		return err
	})
	require.NoError(t, err)
	for file, text := range texts {
		for _, name := range regexp.MustCompile(`\bDIXA_[A-Z_]*[A-Z]\b`).FindAllString(text, -1) {
			require.Contains(t, known, name, file)
		}
		for _, m := range regexp.MustCompile("(?m)(?:`|dixa-mcp [a-z ]+)--([a-z-]+)").FindAllStringSubmatch(text, -1) {
			require.Contains(t, given, m[1], file)
		}
	}
}

// Alerts use metrics that exist. They are listed in docs/operations.md, which another test checks against the metrics.
func TestDeployAlerts(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`dixa_mcp_\w+`).FindAllString(deployed(t, "prometheus-rules.yaml"), -1) {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
		require.Contains(t, string(page), "| `"+name+"` |")
	}
}
