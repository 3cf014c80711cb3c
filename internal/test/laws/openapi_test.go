package laws

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/contract"
)

// TestTokensBesideOpenAPI counts the list of tools that a generator of MCP servers makes of Dixa's OpenAPI document, a tool
// for each operation with its summary, its description and its inlined schema, and holds README.md to the figure.
func TestTokensBesideOpenAPI(t *testing.T) {
	contract.Load(t) // skips the test without Dixa's documents
	text, err := os.ReadFile(filepath.Join(os.Getenv(contract.EnvFolder), "openapi-v1.json"))
	require.NoError(t, err)
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]any }
	}
	require.NoError(t, json.Unmarshal(text, &doc))
	operations, n := 0, 0
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			var op struct {
				OperationID, Summary, Description string
				Parameters                        []struct {
					Name        string
					Description string
					Schema      any
				}
				RequestBody struct {
					Content map[string]struct{ Schema any }
				}
			}
			if json.Unmarshal(raw, &op) != nil || op.OperationID == "" && op.Summary == "" {
				continue // what all methods of the path share
			}
			properties := map[string]any{}
			for _, p := range op.Parameters {
				properties[p.Name] = map[string]any{"description": p.Description, "schema": inlined(p.Schema, doc.Components.Schemas, nil)}
			}
			for _, body := range op.RequestBody.Content {
				properties["body"] = inlined(body.Schema, doc.Components.Schemas, nil)
			}
			schema, err := json.Marshal(map[string]any{"type": "object", "properties": properties})
			require.NoError(t, err)
			operations++
			n += tokens(t, method+" "+path, op.OperationID, op.Summary, op.Description, string(schema))
		}
	}
	t.Logf("generated from OpenAPI: %d tools, %d tokens", operations, n)
	readme, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), fmt.Sprintf("one for each of the %d operations in Dixa's OpenAPI file: %d,%03d tokens", operations, n/1000, n%1000),
		"write it in README.md, in the row about the model's context")
}

// inlined returns a schema with its references resolved, and without examples, as clients that take no $ref need it.
func inlined(schema any, all map[string]any, within []string) any {
	switch s := schema.(type) {
	case map[string]any:
		if ref, ok := s["$ref"].(string); ok {
			name := ref[strings.LastIndexByte(ref, '/')+1:]
			if slices.Contains(within, name) {
				return map[string]any{"type": "object"}
			}
			return inlined(all[name], all, append(within[:len(within):len(within)], name))
		}
		out := make(map[string]any, len(s))
		for key, value := range s {
			if key != "example" && key != "examples" {
				out[key] = inlined(value, all, within)
			}
		}
		return out
	case []any:
		out := make([]any, len(s))
		for i, value := range s {
			out[i] = inlined(value, all, within)
		}
		return out
	}
	return schema
}
