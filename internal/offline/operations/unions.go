package operations

import (
	"maps"
	"reflect"

	"dixa-mcp/internal/offline/analytics"
	"dixa-mcp/internal/offline/operations/conversations"
	"dixa-mcp/internal/offline/operations/webhooks"
	"dixa-mcp/internal/offline/search"
)

// allUnions are the unions in the bodies of all operations.
func allUnions() map[reflect.Type]map[string]any {
	all := map[reflect.Type]map[string]any{}
	for _, some := range []map[reflect.Type]map[string]any{conversations.Unions, webhooks.Unions, search.Unions, analytics.Unions} {
		maps.Copy(all, some)
	}
	return all
}
