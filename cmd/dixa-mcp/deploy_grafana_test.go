package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// panel is what a test needs of a panel of the dashboard.
type panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr, LegendFormat string }
}

var (
	metricName   = regexp.MustCompile(`\bdixa_mcp_\w+`)
	labelMatcher = regexp.MustCompile(`([a-z]\w*)\s*(?:=~|!~|!=|=)\s*"`)
	grouping     = regexp.MustCompile(`\b(?:by|without)\s*\(([^)]*)\)`)
	legendLabel  = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	metricRow    = regexp.MustCompile("(?m)^\\| `(dixa_mcp_\\w+)` \\|([^|]*)\\|")
)

// Every query of the dashboard asks for metrics and labels that exist, and every metric is on it. That docs/operations.md lists
// the metrics with their labels is held by telemetry.TestDocsMetrics.
func TestDeployDashboard(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	labels, shown := map[string][]string{}, map[string]bool{}
	for _, row := range metricRow.FindAllStringSubmatch(string(page), -1) {
		labels[row[1]] = append(strings.FieldsFunc(row[2], func(r rune) bool { return r == ',' || r == ' ' }), "instance", "job")
	}
	require.Greater(t, len(labels), 15)
	var dashboard struct {
		UID, Title string
		Templating struct {
			List []struct{ Name, Query string }
		}
		Panels []panel
	}
	require.NoError(t, json.Unmarshal([]byte(deployed(t, "grafana/dixa-mcp.json")), &dashboard))
	ask := func(where, expr, legend string) {
		names := metricName.FindAllString(expr, -1)
		require.NotEmpty(t, names, where)
		known := []string{}
		for _, name := range names {
			base := strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
			require.Contains(t, labels, base, "%s: there is no metric %s", where, name)
			shown[base] = true
			known = append(known, labels[base]...)
			if strings.HasSuffix(name, "_bucket") {
				known = append(known, "le")
			}
		}
		var asked []string
		for _, m := range labelMatcher.FindAllStringSubmatch(expr, -1) {
			asked = append(asked, m[1])
		}
		for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
			asked = append(asked, strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' })...)
		}
		for _, m := range legendLabel.FindAllStringSubmatch(legend, -1) {
			asked = append(asked, m[1])
		}
		for _, label := range asked {
			require.Contains(t, known, label, "%s: %s has no label %s", where, names, label)
		}
	}
	var ids []int
	for _, p := range dashboard.Panels {
		require.NotContains(t, ids, p.ID, "two panels have an id")
		ids = append(ids, p.ID)
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		require.Equal(t, p.Type != "row", len(p.Targets) > 0, p.Title)
		for _, target := range p.Targets {
			ask(p.Title, target.Expr, target.LegendFormat)
		}
	}
	variables := []string{"__rate_interval", "__range"}
	for _, v := range dashboard.Templating.List {
		variables = append(variables, v.Name)
		if strings.HasPrefix(v.Query, "label_values(") {
			name, label, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Query, "label_values("), ")"), ", ")
			require.Contains(t, labels[name], label)
		}
	}
	for _, v := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(deployed(t, "grafana/dixa-mcp.json"), -1) {
		require.True(t, slices.Contains(variables, v[1]), "$%s is no variable of the dashboard", v[1])
	}
	for name := range labels {
		require.True(t, shown[name], "%s is on no panel of deploy/grafana/dixa-mcp.json", name)
	}
}
