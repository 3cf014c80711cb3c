package bench

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// bare is what one would write in an afternoon: the library with its defaults, and two tools that pass on what Dixa answers.
// It knows no agents, no limit and no records.
func bare(dixa string) *server.MCPServer {
	upstream := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	s := server.NewMCPServer("bare", "1")
	for name, rest := range map[string]string{"get_conversation": "", "list_messages": "/messages"} {
		tool := mcp.NewTool(name, mcp.WithDescription("Read a conversation."), mcp.WithNumber("conversationId", mcp.Required()))
		s.AddTool(tool, passOn(upstream, dixa, rest))
	}
	return s
}

// passOn answers with what a resource of a conversation holds.
func passOn(upstream *http.Client, dixa, rest string) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		id, err := r.RequireInt("conversationId")
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, dixa+"/v1/conversations/"+strconv.Itoa(id)+rest, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "offline")
		res, err := upstream.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return mcp.NewToolResultText(string(text)), err
	}
}

// bareServer runs a hosted bare server in a process of its own, and gives the address of its endpoint.
func bareServer(tb testing.TB, dixa string) string {
	return play(tb, "bare", dixa).address(tb) + "/mcp"
}
