package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
)

// An image that a customer sent reaches the client as an image, beside the text that says which file it is.
func TestImageOverStdio(t *testing.T) {
	p := connect(t, settings{agent: "support"})
	rules, err := capability.Parse("tasks.yaml", []byte(`{version: 1, stdio: [support], agents: {support: {access: {conversations: read, messages: read}}}}`))
	require.NoError(t, err)
	p.gate.Reload(t.Context(), rules)
	for id := 2999; id > 2000; id-- {
		a := said(t, p.ask(fmt.Sprint(id), "tools/call", fmt.Sprintf(`{"name":"list_messages","arguments":{"conversationId":%d}}`, id)))
		before, _, found := strings.Cut(a.Content[0].Text, "/private/attachment/photo-")
		if !found {
			continue
		}
		message := strings.Count(before, `"author":`)
		r := p.ask("1", "tools/call", fmt.Sprintf(`{"name":"read_conversation","arguments":{"conversationId":%d,"attachment":"#%d/1"}}`, id, message))
		require.Nil(t, r.Error)
		var result struct {
			IsError bool
			Content []struct {
				Type, Text, MimeType string
				Data                 []byte
			}
		}
		require.NoError(t, json.Unmarshal(r.Result, &result))
		require.False(t, result.IsError, string(r.Result[:min(500, len(r.Result))]))
		require.Len(t, result.Content, 2)
		require.Equal(t, "text", result.Content[0].Type)
		require.Contains(t, result.Content[0].Text, fmt.Sprintf("#%d/1", message))
		require.Equal(t, "image", result.Content[1].Type)
		require.Equal(t, "image/jpeg", result.Content[1].MimeType)
		config, _, err := image.DecodeConfig(bytes.NewReader(result.Content[1].Data))
		require.NoError(t, err)
		require.Equal(t, 640, config.Width)
		p.end()
		return
	}
	t.Fatal("no message has a photo")
}
