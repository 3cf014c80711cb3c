package drift

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/openapi"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/test/golden"
)

// documents are the names of Dixa's documents in the directory that DIXA_CONTRACT names.
var documents = []string{"openapi-v1.json", "openapi-exports.json"}

// dixa returns one of Dixa's documents. It skips the test where they are not there.
func dixa(t *testing.T, name string) []byte {
	t.Helper()
	contract.Load(t)
	text, err := os.ReadFile(filepath.Join(os.Getenv(contract.EnvFolder), name))
	require.NoError(t, err)
	return text
}

func surfaceOf(t *testing.T, text []byte) Surface {
	t.Helper()
	doc, err := openapi.Read(text)
	require.NoError(t, err)
	s, err := SurfaceOf(doc)
	require.NoError(t, err)
	return s
}

func TestBaselineGolden(t *testing.T) {
	all := Surface{}
	for _, name := range documents {
		for key, o := range surfaceOf(t, dixa(t, name)) {
			all[key] = o
		}
	}
	golden.Equal(t, "baseline.txt", []byte(all.String()))
}

// Dixa's documents as they are have no differences.
func TestNoDriftToday(t *testing.T) {
	built, err := Baseline()
	require.NoError(t, err)
	for _, name := range documents {
		found, err := Compare(built, surfaceOf(t, dixa(t, name)))
		require.NoError(t, err)
		require.Empty(t, found, name)
	}
}
