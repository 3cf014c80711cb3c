// A client made with the official Go SDK, for the tests of the package above: it does what the scripts in ../js do, by
// the same plan. It is a module of its own so that dixa-mcp does not depend on that SDK.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type plan struct {
	Transport    string
	Command      []string
	Env          map[string]string
	URL, Key     string
	Redirect     string
	Era          string
	Mute         bool
	Conversation int64
	Slow         int64
	Notes        []struct{ As, Text string }
}

type said struct {
	Text   string `json:"text"`
	Failed bool   `json:"failed"`
	Error  string `json:"error,omitempty"`
}

func main() {
	var do plan
	if err := json.Unmarshal([]byte(os.Args[1]), &do); err != nil {
		log.Fatal(err)
	}
	if do.Era == "person" {
		if err := person(context.Background(), do); err != nil {
			log.Fatal(err)
		}
		return
	}
	seen, err := run(context.Background(), do)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, do plan) (map[string]any, error) {
	asked, progress := []string{}, make(chan string, 1)
	options := &mcp.ClientOptions{
		Capabilities: &mcp.ClientCapabilities{},
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			progress <- r.Params.Message
		},
	}
	if !do.Mute {
		options.ElicitationHandler = func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			asked = append(asked, r.Params.Message)
			if len(asked) == 1 {
				return &mcp.ElicitResult{Action: "accept", Content: map[string]any{}}, nil
			}
			return &mcp.ElicitResult{Action: "decline"}, nil
		}
	}
	versions := map[string]string{"legacy": "2025-11-25", "modern": "2026-07-28"}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "interop", Version: "1"}, options).
		Connect(ctx, transport(do), &mcp.ClientSessionOptions{ProtocolVersion: versions[do.Era]})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	seen := map[string]any{"version": session.InitializeResult().ProtocolVersion}

	tools := []string{}
	for tool, err := range session.Tools(ctx, nil) {
		if err != nil {
			return nil, err
		}
		tools = append(tools, tool.Name)
	}
	seen["tools"] = tools

	seen["read"] = call(ctx, session, "get_conversation", map[string]any{"conversationId": do.Conversation})
	seen["progress"], seen["cancelled"] = cancelled(ctx, session, do.Slow, progress)
	for _, n := range do.Notes {
		seen[n.As] = call(ctx, session, "add_note", map[string]any{"conversationId": do.Conversation, "message": n.Text})
	}
	seen["notes"] = call(ctx, session, "list_notes", map[string]any{"conversationId": do.Conversation})
	seen["asked"] = asked
	return seen, nil
}

func call(ctx context.Context, session *mcp.ClientSession, tool string, arguments any) said {
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return said{Error: err.Error()}
	}
	var texts []string
	for _, c := range result.Content {
		texts = append(texts, c.(*mcp.TextContent).Text)
	}
	return said{Text: strings.Join(texts, "\n"), Failed: result.IsError}
}

// cancelled makes a call whose answer never comes, gives it up when it first tells how far it is, and says what it told
// and how it ended.
func cancelled(ctx context.Context, session *mcp.ClientSession, conversation int64, progress <-chan string) (told []map[string]string, ended string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := make(chan string, 1)
	go func() {
		select {
		case message := <-progress:
			first <- message
			cancel()
		case <-ctx.Done():
		}
	}()
	params := &mcp.CallToolParams{Name: "get_conversation", Arguments: map[string]any{"conversationId": conversation}}
	params.SetProgressToken("slow")
	_, err := session.CallTool(ctx, params)
	if err == nil {
		return nil, "answered"
	}
	select {
	case message := <-first:
		return []map[string]string{{"message": message}}, err.Error()
	default:
		return nil, err.Error()
	}
}

func transport(do plan) mcp.Transport {
	client := &http.Client{Transport: keyed(do.Key)}
	switch do.Transport {
	case "http":
		return &mcp.StreamableClientTransport{Endpoint: do.URL, HTTPClient: client}
	case "sse":
		return &mcp.SSEClientTransport{Endpoint: do.URL, HTTPClient: client}
	}
	c := exec.Command(do.Command[0], do.Command[1:]...)
	for k, v := range do.Env {
		c.Env = append(c.Env, fmt.Sprintf("%s=%s", k, v))
	}
	return &mcp.CommandTransport{Command: c}
}

// keyed sends a key with each request.
type keyed string

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(k))
	return http.DefaultTransport.RoundTrip(r)
}
