package contract

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestOperations(t *testing.T) {
	c := Load(t)
	ops := c.Operations()
	require.Len(t, ops, 125)
	byHost := map[string]int{}
	seen := map[string]bool{}
	for _, o := range ops {
		byHost[o.Host]++
		require.False(t, seen[o.String()], o.String())
		seen[o.String()] = true
		require.NotEmpty(t, o.ID, o.String())
		require.Len(t, o.Success, 1, o.String())
		require.Equal(t, o.Body != "", o.bodySchema() != nil, o.String())
	}
	require.Equal(t, map[string]int{"https://dev.dixa.io": 123, "https://exports.dixa.io": 2}, byHost)
}

// TestRowsMatchOperations holds the two lists of the folder against each other.
func TestRowsMatchOperations(t *testing.T) {
	c := Load(t)
	rows := c.Rows()
	require.Len(t, rows, 126) // send_message and record_message share an operation
	rowOf := map[string]Row{}
	tools := map[string]bool{}
	for _, r := range rows {
		require.False(t, tools[r.Tool], r.Tool)
		tools[r.Tool] = true
		require.Contains(t, []string{"read", "write", "send", "erase"}, r.Level, r.Tool)
		rowOf[r.Method+" "+r.Path] = r
	}
	for _, o := range c.Operations() {
		r, ok := rowOf[o.String()]
		require.True(t, ok, "%s has no row", o)
		delete(rowOf, o.String())
		require.Equal(t, o.Host, r.Host, r.Tool)
		require.Equal(t, o.Paged(), r.Paginated, r.Tool)
		require.Equal(t, o.Deprecated, r.Deprecated, r.Tool)
	}
	require.Empty(t, rowOf, "rows without operation")
}

// TestEveryOperationIsFound routes a request to each operation, which also proves that no path hides another.
func TestEveryOperationIsFound(t *testing.T) {
	c := Load(t)
	for _, o := range c.Operations() {
		r := httptest.NewRequest(o.Method, exampleURL(o), nil)
		found, vars, err := c.find(r)
		require.NoError(t, err, o.String())
		require.Equal(t, o.Path, found.Path)
		require.Len(t, vars, len(o.PathParams))
		require.NoError(t, o.checkParams(vars, r.URL.Query()), o.String())
	}
}

func TestRoutes(t *testing.T) {
	c := Load(t)
	for path, want := range map[string]string{
		"/v1/agents/presence":                            "/v1/agents/presence",
		"/v1/agents/" + someUUID:                         "/v1/agents/{agentId}",
		"/v1/agents/" + someUUID + "/presence":           "/v1/agents/{agentId}/presence",
		"/v1/conversations/activitylog":                  "/v1/conversations/activitylog",
		"/v1/conversations/7/activitylog":                "/v1/conversations/{conversationId}/activitylog",
		"/v1/conversations/flows":                        "/v1/conversations/flows",
		"/v1/conversations/7":                            "/v1/conversations/{conversationId}",
		"/v1/queues/conversation-position/7":             "/v1/queues/conversation-position/{csid}",
		"/v1/queues/" + someUUID + "/members":            "/v1/queues/{queueId}/members",
		"/v1/contact-endpoints/a%2Fb%40email.dixa.io":    "/v1/contact-endpoints/{contactEndpointId}",
		"https://exports.dixa.io/v1/conversation_export": "/v1/conversation_export",
		"https://dev.dixa.io/v1/tags":                    "/v1/tags",
		"http://127.0.0.1:8080/v1/tags":                  "/v1/tags",
	} {
		found, _, err := c.find(httptest.NewRequest("GET", path, nil))
		require.NoError(t, err, path)
		require.Equal(t, want, found.Path)
	}
	for target, want := range map[string]string{
		"/v1/tag":                   "no operation has the path /v1/tag",
		"/v1/tags/":                 "no operation has the path /v1/tags/",
		"/beta/tags":                "no operation has the path /beta/tags",
		"/v1/conversations/import":  "", // GET would be a conversation of that id, refused as a parameter
		"/v1/conversations/7/close": "GET is not a method of /v1/conversations/7/close, which has PUT",
		"https://dev.dixa.io/v1/conversation_export": "is not on dev.dixa.io but on https://exports.dixa.io",
	} {
		err := c.CheckRequest(httptest.NewRequest("GET", target, nil), nil)
		require.ErrorContains(t, err, want, target)
	}
}

func TestLoadNamesTheProblem(t *testing.T) {
	_, err := read(t.TempDir())
	require.ErrorContains(t, err, "openapi-v1.json")
}

// TestPatchesNoticeChanges runs the patches on a document without any of their places.
func TestPatchesNoticeChanges(t *testing.T) {
	p := &patcher{doc: &openapi3.T{Components: &openapi3.Components{Schemas: openapi3.Schemas{}}, Paths: openapi3.NewPaths()}}
	for _, patch := range v1Patches {
		patch(p)
	}
	require.ErrorContains(t, p.err(), "schema Outbound is gone")
	require.ErrorContains(t, p.err(), "property Preset.value is gone")
}

func TestParseRow(t *testing.T) {
	_, err := parseRow("list_tags\tread")
	require.ErrorContains(t, err, "2 columns")
	_, err = parseRow("a\tread\tg\tGET\t/v1/a\th\tyes\tno\tx\ts\t")
	require.ErrorContains(t, err, "guide_row")
	r, err := parseRow("a\tread\tg\tGET\t/v1/a\th\tyes\tpageLimit,pageKey\t7\ts\tdeprecated; n")
	require.NoError(t, err)
	require.Equal(t, Row{Tool: "a", Level: "read", Group: "g", Method: "GET", Path: "/v1/a", Host: "h", Idempotent: true,
		Paginated: true, GuideRow: 7, Summary: "s", Notes: "deprecated; n", Deprecated: true}, r)
}

// BenchmarkAnswer measures the largest kind of answer: a page of conversations, each a union with eleven members.
func BenchmarkAnswer(b *testing.B) {
	c := Load(b)
	var page map[string][]json.RawMessage
	require.NoError(b, json.Unmarshal([]byte(conversationPage), &page))
	for range 49 {
		page["data"] = append(page["data"], page["data"][0])
	}
	body := encode(page)
	r := httptest.NewRequest("GET", "/v1/endusers/"+someUUID+"/conversations", nil)
	for b.Loop() {
		if err := c.CheckAnswer(r, 200, jsonHeader, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	c := Load(b)
	body := []byte(`{"_type":"Outbound","agentId":"` + someUUID + `","content":{"_type":"Text","value":"Hello"}}`)
	r := httptest.NewRequest("POST", "/v1/conversations/7/messages", nil)
	r.Header = jsonHeader
	for b.Loop() {
		if err := c.CheckRequest(r, body); err != nil {
			b.Fatal(err)
		}
	}
}
