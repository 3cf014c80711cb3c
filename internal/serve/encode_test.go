package serve

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/stretchr/testify/require"
)

// What is written in one pass is what the library writes, whatever a result has: a field that a later version of the
// library adds must not be lost.
func TestEncodeLosesNothing(t *testing.T) {
	text := mcp.NewTextContent("a <b> & \"c\" \u2028\n\x00\xff é")
	marked := text
	marked.Meta = &mcp.Meta{AdditionalFields: map[string]any{"a": 1}}
	noted := text
	noted.Annotations = &mcp.Annotations{}
	full := func(v any) { fill(t, reflect.ValueOf(v).Elem(), 0) }
	var all, meta mcp.CallToolResult
	full(&all)
	all.Content = []mcp.Content{text}
	full(&meta.Meta)
	meta.Content, meta.ResultType = []mcp.Content{text}, mcp.ResultTypeComplete
	results := []mcp.CallToolResult{
		*mcp.NewToolResultText("yes"), *mcp.NewToolResultError("no"), all, meta,
		{}, {Content: []mcp.Content{}}, {Content: []mcp.Content{text, text}}, {Content: []mcp.Content{marked}}, {Content: []mcp.Content{noted}},
		{Content: []mcp.Content{mcp.NewImageContent("eA==", "image/png")}},
	}
	kind := reflect.TypeFor[mcp.CallToolResult]()
	for i := range kind.NumField() { // each field alone
		r := mcp.CallToolResult{}
		fill(t, reflect.ValueOf(&r).Elem().Field(i), 0)
		if len(r.Content) == 0 {
			r.Content = []mcp.Content{text}
		}
		results = append(results, r)
	}
	for i := range results {
		for _, id := range []string{`1`, `"x"`, `12345678901234567890`} {
			m := withID(json.RawMessage(id), mcp.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, Result: &results[i]})
			want, err := json.Marshal(m)
			require.NoError(t, err)
			got, err := encode(m)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got))
			require.Contains(t, string(got), `"id":`+id)
			require.NotContains(t, string(got), "\n")
		}
	}
}

// fill sets everything in a value to something that is not zero.
func fill(t *testing.T, v reflect.Value, depth int) {
	t.Helper()
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.Set(reflect.ValueOf(json.RawMessage(`{"raw":true}`)))
		return
	}
	if v.Type() == reflect.TypeFor[mcp.InputRequests]() {
		v.Set(reflect.ValueOf(server.NewInputRequestBuilder("").Elicit("q", mcp.ElicitationParams{Message: "?", RequestedSchema: emptyForm}).ToolResult().InputRequests))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.Pointer:
		if depth < 4 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), depth+1)
			}
		}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(t, element, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), element)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf("anything"))
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]mcp.Content]() {
			v.Set(reflect.ValueOf([]mcp.Content{mcp.NewTextContent("x")}))
		}
	}
}
