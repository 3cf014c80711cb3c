package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const chart = "../../deploy/helm/dixa-mcp"

// object is a Kubernetes object, or the values of a chart.
type object = map[string]any

// objects returns the objects in a text of YAML by kind and name.
func objects(t *testing.T, text string) map[string]object {
	t.Helper()
	all := map[string]object{}
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var o object
		if d.Decode(&o) != nil {
			require.NotEmpty(t, all)
			return all
		}
		if len(o) == 0 {
			continue
		}
		key := o["kind"].(string) + " " + o["metadata"].(object)["name"].(string)
		require.NotContains(t, all, key)
		all[key] = o
	}
}

// values returns the chart's values with those of files put over them, as Helm does.
func values(t *testing.T, files ...string) object {
	t.Helper()
	all := object{}
	for _, file := range append([]string{"values.yaml"}, files...) {
		var more object
		text, err := os.ReadFile(filepath.Join(chart, file))
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, &more))
		put(all, more)
	}
	return all
}

func put(into, from object) {
	for key, v := range from {
		inner, ok := v.(object)
		old, there := into[key].(object)
		if ok && there {
			put(old, inner)
			continue
		}
		into[key] = v
	}
}

// rendered renders the chart. With HELM set it runs that Helm (.ci/helm does); otherwise it fills in the templates itself, with
// the few functions that they use.
func rendered(t *testing.T, files ...string) map[string]object {
	t.Helper()
	if helm := os.Getenv("HELM"); helm != "" {
		args := []string{"template", "dixa-mcp", chart, "--namespace", "dixa-mcp"}
		for _, file := range files {
			args = append(args, "--values", filepath.Join(chart, file))
		}
		out, err := exec.Command(helm, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return objects(t, string(out))
	}
	templates, err := filepath.Glob(chart + "/templates/*.yaml")
	require.NoError(t, err)
	var out bytes.Buffer
	for _, file := range templates {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		tpl, err := template.New(file).Option("missingkey=error").Funcs(template.FuncMap{
			"quote": func(v string) (string, error) { b, err := json.Marshal(v); return string(b), err },
			"indent": func(n int, v string) string {
				return strings.Repeat(" ", n) + strings.ReplaceAll(v, "\n", "\n"+strings.Repeat(" ", n))
			},
			"toYaml": func(v any) (string, error) {
				b, err := yaml.Marshal(v)
				return strings.TrimSuffix(string(b), "\n"), err
			},
			"trimPrefix": func(prefix, v string) string { return strings.TrimPrefix(v, prefix) },
		}).Parse(string(text))
		require.NoError(t, err)
		out.WriteString("\n---\n")
		require.NoError(t, tpl.Execute(&out, object{"Values": values(t, files...), "Release": object{"Namespace": "dixa-mcp"}}))
	}
	return objects(t, out.String())
}

// With its own values, and a Namespace, the chart makes the objects of the plain manifests.
func TestDeployHelmMakesThePlainManifests(t *testing.T) {
	var list struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "kubernetes/kustomization.yaml")), &list))
	plain := map[string]object{}
	for _, file := range list.Resources {
		for key, o := range objects(t, deployed(t, "kubernetes/"+file)) {
			plain[key] = o
		}
	}
	made := rendered(t, "ci/manifests-values.yaml")
	require.Equal(t, keysOf(plain), keysOf(made))
	for key, want := range plain {
		// A block of text keeps or loses its last line break in different ways: the values hold the capability file.
		require.Equal(t, trimmed(want), trimmed(made[key]), key)
	}
}

func keysOf(all map[string]object) []string {
	var keys []string
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// trimmed removes line breaks at the end of texts.
func trimmed(v any) any {
	switch v := v.(type) {
	case string:
		return strings.TrimRight(v, "\n")
	case object:
		for key := range v {
			v[key] = trimmed(v[key])
		}
	case []any:
		for i := range v {
			v[i] = trimmed(v[i])
		}
	}
	return v
}

// What values switch off is gone, and what they switch on is there.
func TestDeployHelmValues(t *testing.T) {
	require.Equal(t, []string{"Service dixa-mcp", "Service dixa-mcp-pods", "StatefulSet dixa-mcp"}, keysOf(rendered(t, "ci/small-values.yaml")))
	small := rendered(t, "ci/small-values.yaml")["StatefulSet dixa-mcp"]["spec"].(object)
	require.Equal(t, 1, small["replicas"])
	require.Equal(t, "fast", small["volumeClaimTemplates"].([]any)[0].(object)["spec"].(object)["storageClassName"])

	all := rendered(t, "ci/monitored-values.yaml")
	monitor := all["ServiceMonitor dixa-mcp"]
	require.Equal(t, "prometheus", monitor["metadata"].(object)["labels"].(object)["release"])
	endpoint := monitor["spec"].(object)["endpoints"].([]any)[0].(object)
	port := all["Service dixa-mcp-pods"]["spec"].(object)["ports"].([]any)[0].(object)
	require.Equal(t, port["name"], endpoint["port"])
	labels := all["Service dixa-mcp-pods"]["metadata"].(object)["labels"].(object)
	for name, value := range monitor["spec"].(object)["selector"].(object)["matchLabels"].(object) {
		require.Equal(t, value, labels[name], name)
	}
	key := endpoint["authorization"].(object)["credentials"].(object)["key"].(string)
	require.Contains(t, deployed(t, "kubernetes/dixa-mcp.yaml"), "{name: DIXA_MCP_METRICS_KEY_FILE, value: /run/secrets/dixa-mcp/"+key+"}", "Prometheus can freeze no agent")
	require.Equal(t, "dixa-mcp", labels[monitor["spec"].(object)["jobLabel"].(string)], "the job of the alerts")
	text, err := json.Marshal(all)
	require.NoError(t, err)
	require.Contains(t, string(text), `"host":"dixa.example.org"`)
	require.Contains(t, string(text), `{"name":"DIXA_MCP_API_VERSION","value":"v1"}`)
	require.NotContains(t, string(text), "mcp.example.com")
}

// Wrong values are refused, with their place.
func TestDeployHelmSchema(t *testing.T) {
	compiled, err := jsonschema.NewCompiler().Compile(chart + "/values.schema.json")
	require.NoError(t, err)
	check := func(edit string) error {
		all := values(t, "ci/manifests-values.yaml")
		var more object
		require.NoError(t, yaml.Unmarshal([]byte(edit), &more))
		put(all, more)
		text, err := json.Marshal(all)
		require.NoError(t, err)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return compiled.Validate(v)
	}
	require.NoError(t, check(""))
	for _, file := range []string{"ci/small-values.yaml", "ci/monitored-values.yaml"} {
		text, err := os.ReadFile(filepath.Join(chart, file))
		require.NoError(t, err)
		require.NoError(t, check(string(text)), file)
	}
	for edit, place := range map[string]string{
		"replicas: 0":                                "/replicas",
		"replicas: two":                              "/replicas",
		"replica: 2":                                 "replica",
		"publicURL: http://mcp.example.com":          "/publicURL",
		"publicURL: https://mcp.example.com/mcp":     "/publicURL",
		"image: {tag: latest}":                       "/image/tag",
		"image: {digest: x}":                         "digest",
		"redis: {enabled: \"yes\"}":                  "/redis/enabled",
		"persistence: {size: 10}":                    "/persistence/size",
		"drain: 15":                                  "/drain",
		"terminationGracePeriodSeconds: 5":           "/terminationGracePeriodSeconds",
		"extraEnv: {A: b}":                           "/extraEnv",
		"serviceMonitor: {enabled: true, every: 1m}": "every",
		"ingress: {annotations: {a: true}}":          "/ingress/annotations/a",
	} {
		require.ErrorContains(t, check(edit), place, edit)
	}
	// Every value is in the schema, and the other way round.
	var schema struct{ Properties map[string]any }
	text, err := os.ReadFile(chart + "/values.schema.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &schema))
	delete(schema.Properties, "global") // Helm adds it
	for name := range values(t) {
		require.Contains(t, schema.Properties, name)
		delete(schema.Properties, name)
	}
	require.Empty(t, schema.Properties)
}
