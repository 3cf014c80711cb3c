package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/stretchr/testify/require"
)

// bareVar makes this test's program the bare server: its value is Dixa's address.
const bareVar = "DIXA_MCP_BENCH_BARE"

func TestMain(m *testing.M) {
	if dixa := os.Getenv(bareVar); dixa != "" {
		if err := serveBare(dixa); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveBare is what one would write in an afternoon: the library with its defaults, and one tool that passes on what Dixa
// answers. It knows no agents, no limit and no records.
func serveBare(dixa string) error {
	upstream := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	s := server.NewMCPServer("bare", "1")
	tool := mcp.NewTool("get_conversation", mcp.WithDescription("Get a conversation."), mcp.WithNumber("conversationId", mcp.Required()))
	s.AddTool(tool, func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		id, err := r.RequireInt("conversationId")
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, dixa+"/v1/conversations/"+strconv.Itoa(id), nil)
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
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/mcp\n", l.Addr())
	return http.Serve(l, server.NewStreamableHTTPServer(s))
}

// bareServer runs the bare server in a process of its own, and gives the address of its endpoint.
func bareServer(tb testing.TB, dixa string) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), bareVar+"="+dixa)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		require.NoError(tb, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(tb, err)
	return strings.TrimSpace(line)
}
