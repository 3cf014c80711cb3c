package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// The schema of server.json is in the module of the registry itself, whose version and content are pinned here. The module is
// downloaded for its file and is no dependency.
const (
	registry   = "github.com/modelcontextprotocol/registry@v1.8.9"
	schemaFile = "internal/validators/schemas/2025-12-11.json"
	schemaSum  = "2e1e2dc758185bfc91023df4e5ace0e1c1bdb7b7b3d6614bb9ac6b9e9a9c2f68"
)

// schema returns the registry's schema.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := exec.Command("go", "mod", "download", "-json", registry)
	c.Dir = t.TempDir() // outside this module
	said, err := c.Output()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("the module proxy, from which the registry's schema comes, cannot be reached")
	}
	require.NoError(t, err)
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(said, &module))
	content, err := os.ReadFile(filepath.Join(module.Dir, filepath.FromSlash(schemaFile)))
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	require.Equal(t, schemaSum, hex.EncodeToString(sum[:]))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", doc))
	s, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// What a release makes of the template is valid for the registry, and names the release's own files.
func TestServerJSON(t *testing.T) {
	s := schema(t)
	bundle := filepath.Join(t.TempDir(), "dixa-mcp_1.2.3_darwin_arm64.mcpb")
	require.NoError(t, os.WriteFile(bundle, []byte("bundle"), 0o600))
	for _, c := range []struct {
		image   string
		bundles []string
	}{{"ghcr.io/owner/dixa-mcp:1.2.3", []string{bundle}}, {"", []string{bundle}}, {"ghcr.io/owner/dixa-mcp:1.2.3", nil}} {
		text, err := render("v1.2.3", "owner/dixa-mcp", c.image, c.bundles)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err, "%s", text)
		require.NoError(t, s.Validate(doc), "%s", text)
		server := doc.(map[string]any)
		require.Equal(t, "io.github.owner/dixa-mcp", server["name"])
		require.LessOrEqual(t, len(server["description"].(string)), 100)
		packages := server["packages"].([]any)
		require.Len(t, packages, len(c.bundles)+map[bool]int{true: 1}[c.image != ""])
		if c.bundles != nil {
			first := packages[0].(map[string]any)
			require.Equal(t, "https://github.com/owner/dixa-mcp/releases/download/v1.2.3/dixa-mcp_1.2.3_darwin_arm64.mcpb", first["identifier"])
			sum := sha256.Sum256([]byte("bundle"))
			require.Equal(t, hex.EncodeToString(sum[:]), first["fileSha256"])
			delete(first, "identifier")
			require.Error(t, s.Validate(doc), "the schema is applied")
		}
	}
	for _, c := range [][3]string{{"", "owner/dixa-mcp", "x"}, {"1.2.3", "dixa-mcp", "x"}, {"1.2.3", "owner/dixa-mcp", ""}} {
		_, err := render(c[0], c[1], c[2], nil)
		require.Error(t, err)
	}
	_, err := render("1.2.3", "owner/dixa-mcp", "", []string{bundle + "x"})
	require.ErrorIs(t, err, os.ErrNotExist)
}
