//go:build conformance

package serve

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Tools that need something of the client before they can answer. Each is written once for both eras: clients of MCP
// versions before 2026-07-28 are asked by the library, in requests of their own.

func askingFixtures() []toolFixture {
	return slices.Concat(askingOfAnyEra(), []toolFixture{
		{name: "test_missing_capability", about: "Needs a client that samples.", call: needSampling},
		asks("test_streaming_elicitation", "", func(b *server.InputRequestBuilder) { b.Elicit("confirm", form("Go on?", "ok", "boolean")) }, "confirm"),
		asks("test_input_required_result_elicitation", "", askName("user_name"), "user_name"),
		asks("test_input_required_result_sampling", "", askSample("sample_request", "What is the capital of France?"), "sample_request"),
		asks("test_input_required_result_list_roots", "", func(b *server.InputRequestBuilder) { b.Roots("roots_request") }, "roots_request"),
		asks("test_input_required_result_request_state", "asked", func(b *server.InputRequestBuilder) { b.Elicit("confirm", form("Please confirm", "ok", "boolean")) }, "confirm"),
		asks("test_input_required_result_tampered_state", "asked", func(b *server.InputRequestBuilder) { b.Elicit("confirm", form("Please confirm", "ok", "boolean")) }, "confirm"),
		asks("test_input_required_result_multiple_inputs", "asked", func(b *server.InputRequestBuilder) {
			askName("user_name")(b)
			askSample("greeting", "Generate a greeting")(b)
			b.Roots("client_roots")
		}, "user_name", "greeting", "client_roots"),
		{name: "test_input_required_result_multi_round", about: "Asks twice.", call: askTwice},
		{name: "test_input_required_result_capabilities", about: "Asks for what the client can do.", call: askWhatItCan},
	})
}

func askingOfAnyEra() []toolFixture {
	elicit := func(name, schema string, params func(mcp.CallToolRequest) mcp.ElicitationParams) toolFixture {
		return toolFixture{name: name, about: "Asks the person at the client.", schema: schema, call: func(_ context.Context, _ *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			answer := server.ElicitationResponse(r.Params.InputResponses, "question")
			if answer == nil {
				return server.NewInputRequestBuilder("").Elicit("question", params(r)).ToolResult(), nil
			}
			content, err := json.Marshal(answer.Content)
			return mcp.NewToolResultText(fmt.Sprintf("User response: action=%s, content=%s", answer.Action, content)), err
		}}
	}
	return []toolFixture{
		elicit("test_elicitation", oneText("message"), func(r mcp.CallToolRequest) mcp.ElicitationParams {
			return form(r.GetString("message", ""), "response", "string")
		}),
		elicit("test_elicitation_sep1034_defaults", "", func(mcp.CallToolRequest) mcp.ElicitationParams {
			return mcp.ElicitationParams{Message: "Please review the defaults", RequestedSchema: json.RawMessage(defaultsForm)}
		}),
		elicit("test_elicitation_sep1330_enums", "", func(mcp.CallToolRequest) mcp.ElicitationParams {
			return mcp.ElicitationParams{Message: "Please select", RequestedSchema: json.RawMessage(enumsForm)}
		}),
		{name: "test_sampling", about: "Asks the client's model.", schema: oneText("prompt"), call: func(_ context.Context, _ *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			b := server.NewInputRequestBuilder("")
			if answer := server.SamplingResponse(r.Params.InputResponses, "sample"); answer != nil {
				content, err := json.Marshal(answer.Content)
				return mcp.NewToolResultText("LLM response: " + string(content)), err
			}
			askSample("sample", r.GetString("prompt", ""))(b)
			return b.ToolResult(), nil
		}},
	}
}

// asks makes a tool that asks until each of the keys is answered. With a state, the client must send it back whole.
func asks(name, state string, ask func(*server.InputRequestBuilder), keys ...string) toolFixture {
	return toolFixture{name: name, about: "Asks the client first.", call: func(_ context.Context, _ *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if r.Params.RequestState != "" {
			if _, err := opened(r.Params.RequestState); err != nil {
				return nil, err
			}
		}
		if answered(r, keys...) && (state == "" || r.Params.RequestState != "") {
			return mcp.NewToolResultText("state-ok: all is answered"), nil
		}
		b := server.NewInputRequestBuilder("")
		if state != "" {
			b.RequestState(sealed(state))
		}
		ask(b)
		return b.ToolResult(), nil
	}}
}

// answered tells whether each key has an answer that can be read.
func answered(r mcp.CallToolRequest, keys ...string) bool {
	for _, key := range keys {
		answer, ok := server.InputResponse(r.Params.InputResponses, key)
		raw, err := json.Marshal(answer)
		if !ok || err != nil || !strings.HasPrefix(string(raw), "{") {
			return false
		}
	}
	return true
}

func askTwice(_ context.Context, _ *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	round := ""
	if r.Params.RequestState != "" {
		var err error
		if round, err = opened(r.Params.RequestState); err != nil {
			return nil, err
		}
	}
	switch {
	case round == "two" && answered(r, "step2"):
		return mcp.NewToolResultText("both are answered"), nil
	case round == "one" && answered(r, "step1"):
		return server.NewInputRequestBuilder(sealed("two")).Elicit("step2", form("Step 2: What is your favorite color?", "color", "string")).ToolResult(), nil
	}
	return server.NewInputRequestBuilder(sealed("one")).Elicit("step1", form("Step 1: What is your name?", "name", "string")).ToolResult(), nil
}

func askWhatItCan(ctx context.Context, _ *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	can := clientCan(ctx)
	b := server.NewInputRequestBuilder("")
	switch {
	case len(r.Params.InputResponses) > 0 || can.Elicitation == nil && can.Sampling == nil:
		return mcp.NewToolResultText("done"), nil
	case can.Elicitation != nil:
		askName("elicit_input")(b)
	}
	if can.Sampling != nil {
		askSample("sample_input", "Sample request")(b)
	}
	return b.ToolResult(), nil
}

func needSampling(ctx context.Context, _ *server.MCPServer, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if clientCan(ctx).Sampling == nil {
		return nil, errNoSampling
	}
	return mcp.NewToolResultText("done"), nil
}

func clientCan(ctx context.Context) mcp.ClientCapabilities {
	if server.IsModernRequest(ctx) {
		return *server.RequestProtocolInfoFromContext(ctx).ClientCapabilities
	}
	if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		return session.GetClientCapabilities()
	}
	return mcp.ClientCapabilities{}
}

func askName(key string) func(*server.InputRequestBuilder) {
	return func(b *server.InputRequestBuilder) { b.Elicit(key, form("What is your name?", "name", "string")) }
}

func askSample(key, prompt string) func(*server.InputRequestBuilder) {
	return func(b *server.InputRequestBuilder) {
		b.Sample(key, mcp.CreateMessageParams{Messages: []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent(prompt)}}, MaxTokens: 100})
	}
}

// form asks for one value.
func form(message, field, kind string) mcp.ElicitationParams {
	return mcp.ElicitationParams{Message: message, RequestedSchema: map[string]any{
		"type": "object", "properties": map[string]any{field: map[string]any{"type": kind}}, "required": []string{field},
	}}
}

// inField returns the text that a person put into a field.
func inField(answer *mcp.ElicitationResult, field string) string {
	content, _ := answer.Content.(map[string]any)
	text, _ := content[field].(string)
	return text
}

// oneText returns the schema of one required text.
func oneText(field string) string {
	return fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"string"}},"required":[%[1]q],"additionalProperties":false}`, field)
}

// sealed returns a state that cannot be altered: the suite tries.
func sealed(state string) string { return state + "." + hex.EncodeToString(mark(state)) }

func opened(sealedState string) (string, error) {
	state, given, _ := strings.Cut(sealedState, ".")
	if sum, err := hex.DecodeString(given); err != nil || !hmac.Equal(sum, mark(state)) {
		return "", errors.New("the state is not one of ours")
	}
	return state, nil
}

func mark(state string) []byte {
	h := hmac.New(sha256.New, []byte("conformance"))
	h.Write([]byte(state))
	return h.Sum(nil)
}

const defaultsForm = `{"type":"object","required":[],"properties":{
  "name": {"type": "string", "default": "John Doe"},
  "age": {"type": "integer", "default": 30},
  "score": {"type": "number", "default": 95.5},
  "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
  "verified": {"type": "boolean", "default": true}
}}`

const enumsForm = `{"type":"object","required":[],"properties":{
  "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
  "titledSingle": {"type": "string", "oneOf": [{"const": "value1", "title": "First"}, {"const": "value2", "title": "Second"}]},
  "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
  "untitledMulti": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["option1", "option2"]}},
  "titledMulti": {"type": "array", "minItems": 1, "items": {"anyOf": [{"const": "value1", "title": "First"}, {"const": "value2", "title": "Second"}]}}
}}`

// RequestSampling asks the client's model.
func (s *session) RequestSampling(ctx context.Context, r mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
	answer, err := s.ask(ctx, mcp.MethodSamplingCreateMessage, r.CreateMessageParams)
	if err != nil {
		return nil, err
	}
	var result mcp.CreateMessageResult
	err = json.Unmarshal(answer, &result)
	return &result, err
}

// SetLogLevel lets the suite set a level, which nothing goes by.
func (*session) SetLogLevel(mcp.LoggingLevel) {}

// GetLogLevel returns the one at which nothing is held back.
func (*session) GetLogLevel() mcp.LoggingLevel { return mcp.LoggingLevelDebug }
