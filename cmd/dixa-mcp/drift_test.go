package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/drift"
	"dixa-mcp/internal/drift/drifttest"
)

// document writes dixa.json, a document without differences but for the edits, and returns its path.
func (p *place) document(edits ...func(paths drifttest.Object)) string {
	p.t.Helper()
	built, err := drift.Baseline()
	require.NoError(p.t, err)
	made := drifttest.Document(built, "https://dev.dixa.io")
	for _, edit := range edits {
		edit(made["paths"].(drifttest.Object))
	}
	text, err := json.Marshal(made)
	require.NoError(p.t, err)
	return p.write("dixa.json", string(text))
}

func TestDrift(t *testing.T) {
	p := newPlace(t)
	file := p.document()
	require.Equal(t, "no drift: the 123 operations in "+file+" are as this program knows them\n", p.good("drift", file))
	require.JSONEq(t, `{"document":"-","operations":123,"drift":false,"findings":[]}`, func() string {
		c := p.command(nil, "drift", "-", "--json")
		c.Stdin = strings.NewReader(read(t, file))
		o := finish(t, c)
		require.Zero(t, o.code, o.stderr)
		return o.stdout
	}())

	file = p.document(func(paths drifttest.Object) {
		delete(paths["/v1/conversations/{conversationId}/close"].(drifttest.Object), "put")
		paths["/v1/tags"].(drifttest.Object)["post"].(drifttest.Object)["deprecated"] = true
		paths["/v1/tags/{tagId}/colour"] = drifttest.Object{"put": drifttest.Object{
			"operationId": "putTagColour", "summary": "Colours a tag.\x1b[2J", "responses": drifttest.Object{}}}
	})
	mine := p.write("mine.yaml", "version: 1\nagents:\n  closer:\n    allow: [get_conversation,\n      close_conversation] # close_conversation\n  reader:\n    access: {tags: write}\n")
	o := p.run("drift", file, mine)
	require.Equal(t, exitDrift, o.code)
	require.Equal(t, "dixa-mcp: "+file+" differs from what this program was built for: 3 differences\n", o.stderr)
	for _, line := range []string{
		"- PUT /v1/tags/{tagId}/colour is new: \"Colours a tag.<U+001B>[2J\"\n",
		"(named put_tag_colour, for example)", "Its level is for a person to decide",
		"- PUT /v1/conversations/{conversationId}/close is gone\n  tools: close_conversation, update_conversation,",
		mine + ": named in line 5; granted to closer (agents.closer.allow, line 5)\n",
		"- POST /v1/tags is deprecated\n  tools: create_tag\n  " + mine + ": granted to reader (agents.reader.access.tags, line 7)\n",
	} {
		require.Contains(t, o.stdout, line)
	}
	var report driftReport
	o = p.run("drift", file, mine, "--json")
	require.Equal(t, exitDrift, o.code)
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &report))
	require.Len(t, report.Findings, 3)
	require.True(t, report.Drift)
	require.Equal(t, []driftFile{{mine, []int{5}, []string{"closer (agents.closer.allow, line 5)"}}}, report.Findings[1].Files)

	o = p.run("drift", "~/absent.json")
	require.Equal(t, exitNotFound, o.code)
	for text, says := range map[string]string{
		"openapi: 3.0.3\npaths: {}\n":                   "it is YAML: convert it to JSON first; nothing was compared",
		`{"openapi":"3.0.3","paths":{"/a":{"get":{}}}}`: "it describes none of the operations that this program knows",
	} {
		o = p.run("drift", p.write("other", text))
		require.Equal(t, exitFailed, o.code)
		require.Contains(t, o.stderr, says)
		require.Empty(t, o.stdout)
	}
}

// The same change of several operations is printed once.
func TestDriftOfSharedSchemas(t *testing.T) {
	p := newPlace(t)
	file := p.document(func(paths drifttest.Object) {
		for _, item := range paths {
			for _, op := range item.(drifttest.Object) {
				text, err := json.Marshal(op)
				require.NoError(t, err)
				var changed drifttest.Object
				require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), `"requesterId"`, `"customerId"`)), &changed))
				for k, v := range changed {
					op.(drifttest.Object)[k] = v
				}
			}
		}
	})
	o := p.run("drift", file)
	require.Equal(t, exitDrift, o.code)
	require.Equal(t, 1, strings.Count(o.stdout, "<EmailConversation>.requesterId is gone"), o.stdout)
	require.Contains(t, o.stdout, "  also in: GET /v1/")
}
