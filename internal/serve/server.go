// Package serve speaks MCP: over stdio, Streamable HTTP and HTTP+SSE. It is the only package that knows the protocol's
// library; every call goes on to the gate.
//
// Protocol: [message] (what comes in), [encode] (what goes out), [requests] (what is running and what was asked), [session]
// (what the library knows of a client) and [handle]. Transports: conn.go with stdio.go and sse.go, on which messages go
// both ways at any time, and streamable.go, where each comes in a POST of its own.
package serve

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/tools"
)

// listTTL is how long a client of the 2026-07-28 protocol may keep the list of tools, in milliseconds. The list
// depends on the credential, so it is private.
const listTTL = 60_000

// newServer makes an MCP server that holds all tools. It lists to each agent its own; every call reaches the gate, where
// it is decided, explained and recorded.
func newServer(g *gate.Gate, version string, instructions func(context.Context) string, who func(context.Context) identity.Principal) *server.MCPServer {
	hooks := &server.Hooks{}
	hooks.AddAfterInitialize(func(ctx context.Context, _ any, _ *mcp.InitializeRequest, result *mcp.InitializeResult) {
		result.Instructions = instructions(ctx)
	})
	hooks.AddAfterDiscover(func(ctx context.Context, _ any, _ *mcp.DiscoverRequest, result *mcp.DiscoverResult) {
		result.Instructions = instructions(ctx)
	})
	hooks.AddAfterListTools(func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		result.Tools = append(list(g, who(ctx)), fixtureTools()...)
	})
	hooks.AddBeforeCallTool(func(ctx context.Context, _ any, request *mcp.CallToolRequest) {
		if _, ok := tools.Any(request.Params.Name); !ok && !isFixture(request.Params.Name) { // the library answers it; the record and the words are ours
			r := requestOf(who(ctx))
			r.Tool = request.Params.Name
			a := g.Call(ctx, r)
			if h := handlingFrom(ctx); h != nil {
				h.text = a.Text
			}
		}
	})
	s := server.NewMCPServer("dixa-mcp", version, append(append([]server.ServerOption{server.WithPromptCapabilities(true)}, fixtureOptions()...),
		promptsOf(g, who),
		server.WithToolCapabilities(true),
		server.WithCacheHints(listTTL, mcp.CacheScopePrivate),
		server.WithHooks(hooks),
		server.WithToolHandlerMiddleware(keepError),
	)...)
	call := func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		r := requestOf(who(ctx))
		r.Tool, r.Arguments = request.Params.Name, handlingFrom(ctx).message.arguments
		r.CanAsk, r.AskApprover, r.State = canAsk(ctx), asksApprover(ctx), request.Params.RequestState
		r.Admitted, r.Waits, r.Progress = func() { wasParsed(ctx) }, func() (func(), bool) { return waits(ctx) }, progress(ctx)
		if answer := server.ElicitationResponse(request.Params.InputResponses, question); answer != nil {
			r.Accepted = answer.Action == mcp.ElicitationResponseActionAccept
		}
		a := g.Call(ctx, r)
		switch {
		case a.Ask != nil:
			return server.NewInputRequestBuilder(a.Ask.State).Elicit(question, mcp.ElicitationParams{Message: a.Ask.Text, RequestedSchema: emptyForm}).ToolResult(), nil
		case a.Failed:
			return mcp.NewToolResultError(a.Text), nil
		}
		if a.Image != nil {
			return mcp.NewToolResultImage(a.Text, base64.StdEncoding.EncodeToString(a.Image.Data), a.Image.Type), nil
		}
		return mcp.NewToolResultText(a.Text), nil
	}
	all := append(tools.All(), tools.FindTools, tools.CallTool)
	handlers := make([]server.ServerTool, len(all))
	for i, t := range all { // only the names matter: the list that is shown is made for each agent
		handlers[i] = server.ServerTool{Tool: mcp.NewToolWithRawSchema(t.Name, "", emptySchema), Handler: call}
	}
	s.AddTools(handlers...)
	addPrompts(s, g, who)
	addFixtures(s)
	return s
}

// requestOf returns a call of a principal, of which it does not say yet what it is.
func requestOf(p identity.Principal) gate.Request {
	return gate.Request{Agent: p.Agent, Key: p.Key, Person: p.Person, Conversation: p.Conversation}
}

// tellChanges tells all clients which lists a reload of the capability file may have changed.
func tellChanges(s *server.MCPServer, r gate.Reloaded) {
	s.SendNotificationToAllClients(mcp.MethodNotificationToolsListChanged, nil)
	if r.Prompts {
		s.SendNotificationToAllClients(mcp.MethodNotificationPromptsListChanged, nil)
	}
}

// question names the one thing that is ever asked of a client: its user's confirmation.
const question = "confirm"

// emptyForm asks for nothing but to accept or decline.
var emptyForm = map[string]any{"type": "object", "properties": map[string]any{}}

// canAsk tells whether the client can show a form to its user.
func canAsk(ctx context.Context) bool {
	var can *mcp.ElicitationCapability
	if server.IsModernRequest(ctx) {
		can = server.RequestProtocolInfoFromContext(ctx).ClientCapabilities.Elicitation
	} else if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		can = session.GetClientCapabilities().Elicitation
	}
	return asksForms(can)
}

// asksForms tells whether a client shows forms; one may only open addresses.
func asksForms(can *mcp.ElicitationCapability) bool {
	return can != nil && (can.Form != nil || can.URL == nil)
}

type progressTokenKey struct{}

// withProgressToken returns the context of a request that asks for progress. The token is kept as the client wrote it: the
// library makes a float of a number, which loses digits beyond 2^53.
func withProgressToken(ctx context.Context, token json.RawMessage) context.Context {
	if isNull(token) || !isID(token) {
		return ctx
	}
	return context.WithValue(ctx, progressTokenKey{}, token)
}

// progress returns what sends the progress of a call to a client that asked for it, before the answer and in order.
func progress(ctx context.Context) func(string) {
	token, asked := ctx.Value(progressTokenKey{}).(json.RawMessage)
	s, ok := server.ClientSessionFromContext(ctx).(*session)
	if !ok || !asked {
		return nil
	}
	return func(text string) {
		n := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION}
		n.Method = string(mcp.MethodNotificationProgress)
		n.Params.AdditionalFields = map[string]any{"progressToken": token, "progress": s.progress.Add(1), "message": text}
		_ = s.send(n) // a client that does not hear it has ended
	}
}

// asksApprover tells whether the client would have to be asked by a request of ours that its answer might miss.
func asksApprover(ctx context.Context) bool {
	s, ok := server.ClientSessionFromContext(ctx).(*session)
	return ok && s.asksApprover && !server.IsModernRequest(ctx)
}

var emptySchema = []byte(`{"type":"object","properties":{}}`)

// list returns the tools that an agent sees, as the protocol writes them.
func list(g *gate.Gate, who identity.Principal) []mcp.Tool {
	listed, err := g.List(who.Agent, who.Conversation)
	if err != nil {
		return []mcp.Tool{} // an agent that is no longer in the file sees nothing
	}
	out := make([]mcp.Tool, len(listed))
	for i, l := range listed {
		out[i] = mcp.NewToolWithRawSchema(l.Name, l.Description, l.Schema)
		out[i].Annotations = annotations(l.Tool)
	}
	return out
}

func annotations(t *tools.Tool) mcp.ToolAnnotation {
	return mcp.ToolAnnotation{
		Title:           t.Title(),
		ReadOnlyHint:    new(t.Level == dixaclient.Read),
		DestructiveHint: new(t.Destructive),
		IdempotentHint:  new(t.Idempotent),
		OpenWorldHint:   new(t.Level == dixaclient.Send),
	}
}
