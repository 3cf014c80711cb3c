package main

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"dixa-mcp/internal/capability"
)

// workload is a StatefulSet, as far as it is of interest.
type workload struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				Grace           int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext struct {
					NonRoot bool   `yaml:"runAsNonRoot"`
					User    string `yaml:"runAsUser"`
					Policy  string `yaml:"fsGroupChangePolicy"`
				} `yaml:"securityContext"`
				Containers []struct {
					Args  []string
					Env   []struct{ Name, Value string }
					Ports []struct {
						Name string
						Port string `yaml:"containerPort"`
					}
					Startup         probe `yaml:"startupProbe"`
					Ready           probe `yaml:"readinessProbe"`
					Live            probe `yaml:"livenessProbe"`
					SecurityContext struct {
						ReadOnly bool `yaml:"readOnlyRootFilesystem"`
					} `yaml:"securityContext"`
					Mounts []struct {
						Name string
						Path string `yaml:"mountPath"`
						Sub  string `yaml:"subPath"`
					} `yaml:"volumeMounts"`
				}
			}
		}
	}
}

type probe struct {
	Get struct{ Path, Port string } `yaml:"httpGet"`
}

func TestDeployKubernetes(t *testing.T) {
	var w workload
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "kubernetes/dixa-mcp.yaml")), &w))
	pod := w.Spec.Template.Spec
	c := pod.Containers[0]
	rules, err := capability.Parse("example", []byte(exampleRules(t)))
	require.NoError(t, err)
	d := deployment{args: c.Args, grace: time.Duration(pod.Grace) * time.Second, user: pod.SecurityContext.User, rules: rules, env: map[string]string{}}
	for _, e := range c.Env {
		d.env[e.Name] = e.Value
	}
	for _, m := range c.Mounts {
		require.Empty(t, m.Sub, "a file that is mounted by itself never changes")
		d.mounts = append(d.mounts, m.Path)
	}
	serve := d.check(t)
	require.Equal(t, "http", c.Ports[0].Name)
	require.Equal(t, port(t, serve.HTTP), c.Ports[0].Port)
	require.Equal(t, "admin", c.Ports[1].Name)
	require.Equal(t, port(t, serve.Admin), c.Ports[1].Port)
	for p, path := range map[probe]string{c.Startup: "/healthz", c.Live: "/healthz", c.Ready: "/readyz"} {
		require.Equal(t, path, p.Get.Path)
		require.Equal(t, "http", p.Get.Port)
	}
	require.True(t, pod.SecurityContext.NonRoot)
	require.True(t, c.SecurityContext.ReadOnly)
	require.Equal(t, first(t, deployed(t, "Dockerfile"), `USER (\d+):`), d.user)
	require.Equal(t, "OnRootMismatch", pod.SecurityContext.Policy)
	require.Positive(t, serve.Drain)

	secret := deployed(t, "kubernetes/secret.example.yaml")
	for _, file := range []string{d.env[tokensFile], d.env["DIXA_MCP_REDIS_FILE"], d.env["DIXA_MCP_ADMIN_KEY_FILE"], d.env["DIXA_MCP_METRICS_KEY_FILE"]} {
		require.Contains(t, secret, "\n  "+path.Base(file)+": ")
	}
	u, err := url.Parse(serve.PublicURL)
	require.NoError(t, err)
	require.Equal(t, u.Hostname(), first(t, deployed(t, "kubernetes/ingress.yaml"), `host: (\S+)`))
	require.Contains(t, deployed(t, "kubernetes/ingress.yaml"), "path: /mcp, pathType: Exact")

	var redis struct{ Data map[string]string }
	require.NoError(t, yaml.Unmarshal([]byte(deployed(t, "kubernetes/redis.yaml")), &redis))
	require.Equal(t, deployed(t, "redis.conf"), redis.Data["redis.conf"])
	require.Contains(t, redis.Data["redis.conf"], "maxmemory-policy noeviction")
	require.Contains(t, strings.Join(strings.Fields(secret), " "), strings.Join(strings.Fields(first(t, deployed(t, "redis-users.conf.example"), `(?s)(user default.*)`)), " "))
}
