package gate

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

// TestOnlyReviewedKindsArePlain plants personal data in every argument of every tool. Where it fails, look at plainTypes
// in kinds.go.
func TestOnlyReviewedKindsArePlain(t *testing.T) {
	for _, planted := range []any{"emma.clarke@example.com", "+4551234567", "4551234567", "emma_clarke", json.Number("4551234567")} {
		for _, tool := range tools.All() {
			arguments, err := json.Marshal(plant(tool.In(), planted))
			require.NoError(t, err)
			record := audit.ReduceJSON(arguments, argumentKinds(tool), []byte("key")).String()
			for _, word := range []string{"emma", "clarke", "4551234567"} {
				require.NotContains(t, strings.ToLower(record), word, "%s records %s", tool.Name, arguments)
			}
		}
	}
}

// plant gives arguments of a type in which a value is in every place where one of its form can be.
func plant(t reflect.Type, value any) any {
	_, number := value.(json.Number)
	switch t.Kind() {
	case reflect.Pointer:
		return plant(t.Elem(), value)
	case reflect.Slice:
		return []any{plant(t.Elem(), value)}
	case reflect.Map:
		return map[string]any{"emma.clarke@example.com": value}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64:
		if number {
			return value
		}
		return 1
	case reflect.Bool:
		return true
	case reflect.Struct:
		if isPlain(t) { // a time
			return "2026-03-01T10:00:00Z"
		}
		all := map[string]any{}
		for name, f := range dixaclient.Arguments(t) {
			all[name] = plant(f.Type, value)
		}
		return all
	}
	if isPlain(t) { // a UUID or a word of an enum: the schema lets nothing else through
		return "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	}
	return value
}
