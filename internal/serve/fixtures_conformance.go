//go:build conformance

package serve

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// What the official conformance suite expects of any server beside the protocol itself: tools, resources and prompts
// of these names that answer just so. Nothing of it calls Dixa or asks the gate.

// fixtureOptions returns what only the fixtures need: dixa-mcp itself has no resources, its prompts do not change, and it does not sample.
func fixtureOptions() []server.ServerOption {
	return []server.ServerOption{
		server.WithResourceCapabilities(true, true),
		server.WithCompletions(),
		server.WithLogging(),
	}
}

func addFixtures(s *server.MCPServer) {
	s.EnableSampling()
	for _, f := range toolFixtures() {
		s.AddTool(f.tool(), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return f.call(ctx, s, r)
		})
	}
	addResourceFixtures(s)
	addPromptFixtures(s)
}

// toolFixture is one tool of the suite.
type toolFixture struct {
	name, about, schema string // no schema: no arguments
	call                func(context.Context, *server.MCPServer, mcp.CallToolRequest) (*mcp.CallToolResult, error)
}

func (f toolFixture) tool() mcp.Tool {
	schema := f.schema
	if schema == "" {
		schema = `{"type":"object","additionalProperties":false}`
	}
	return mcp.NewToolWithRawSchema(f.name, f.about, json.RawMessage(schema))
}

func toolFixtures() []toolFixture {
	return slices.Concat(answeringFixtures(), notifyingFixtures(), askingFixtures())
}

func fixtureTools() []mcp.Tool {
	var all []mcp.Tool
	for _, f := range toolFixtures() {
		all = append(all, f.tool())
	}
	return all
}

func isFixture(name string) bool {
	return slices.ContainsFunc(toolFixtures(), func(f toolFixture) bool { return f.name == name })
}

var errNoSampling = mcp.MissingRequiredClientCapabilityError{Capability: "sampling"}

// answers makes a tool that answers with the same content every time.
func answers(name, about string, content ...mcp.Content) toolFixture {
	return toolFixture{name: name, about: about, call: func(context.Context, *server.MCPServer, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: content}, nil
	}}
}

// pixel is a picture of one red pixel, silence an empty sound.
const (
	pixel   = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	silence = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
)

func answeringFixtures() []toolFixture {
	text, picture := mcp.NewTextContent, mcp.NewImageContent(pixel, "image/png")
	embedded := func(uri, kind, text string) mcp.Content {
		return mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: uri, MIMEType: kind, Text: text})
	}
	annotated := answers("json_schema_2020_12_tool", "Has a schema with many keywords.", text("called"))
	annotated.schema = wideSchema
	mirrored := answers("test_custom_header", "Has an argument that travels in a header too.", text("called"))
	mirrored.schema = `{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}},"additionalProperties":false}`
	return []toolFixture{
		answers("test_simple_text", "Answers with text.", text("This is a simple text response for testing.")),
		answers("test_image_content", "Answers with a picture.", picture),
		answers("test_audio_content", "Answers with a sound.", mcp.NewAudioContent(silence, "audio/wav")),
		answers("test_embedded_resource", "Answers with a resource.", embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
		answers("test_multiple_content_types", "Answers with a text, a picture and a resource.",
			text("Multiple content types test:"), picture, embedded("test://mixed-content-resource", "application/json", `{"test":"data","value":123}`)),
		{name: "test_error_handling", about: "Fails.", call: func(context.Context, *server.MCPServer, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultError("This tool intentionally returns an error for testing"), nil
		}},
		annotated,
		mirrored,
	}
}

// wideSchema has the keywords that must reach the client as they are.
const wideSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
  "properties": {
    "name": {"type": "string"},
    "address": {"$ref": "#/$defs/address"},
    "contactMethod": {"type": "string", "enum": ["phone", "email"]},
    "phone": {"type": "string"},
    "email": {"type": "string"}
  },
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]},
  "else": {"required": ["email"]},
  "additionalProperties": false
}`

// between is the pause between two notifications of one call, as the suite wants it.
const between = 50 * time.Millisecond

func notifyingFixtures() []toolFixture {
	return []toolFixture{
		{name: "test_tool_with_progress", about: "Reports its progress.", call: func(ctx context.Context, s *server.MCPServer, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			for _, done := range []int{0, 50, 100} {
				if r.Params.Meta != nil && r.Params.Meta.ProgressToken != nil {
					if err := s.SendNotificationToClient(ctx, string(mcp.MethodNotificationProgress),
						map[string]any{"progressToken": r.Params.Meta.ProgressToken, "progress": done, "total": 100}); err != nil {
						return nil, err
					}
				}
				time.Sleep(between)
			}
			return mcp.NewToolResultText("done"), nil
		}},
		{name: "test_tool_with_logging", about: "Logs what it does.", call: func(ctx context.Context, s *server.MCPServer, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			for _, text := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
				if err := s.SendNotificationToClient(ctx, string(mcp.MethodNotificationMessage), map[string]any{"level": "info", "data": text}); err != nil {
					return nil, err
				}
				time.Sleep(between)
			}
			return mcp.NewToolResultText("done"), nil
		}},
		{name: "test_logging_tool", about: "Logs to a client that asked for it with this call.", call: func(ctx context.Context, s *server.MCPServer, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("done"), s.SendLogMessageToClient(ctx, mcp.NewLoggingMessageNotification(mcp.LoggingLevelInfo, "test", "evaluated"))
		}},
		changes("test_trigger_tool_change", mcp.MethodNotificationToolsListChanged),
		changes("test_trigger_prompt_change", mcp.MethodNotificationPromptsListChanged),
	}
}

// changes makes a tool that says a list has changed.
func changes(name, notification string) toolFixture {
	return toolFixture{name: name, about: "Says that a list has changed.", call: func(_ context.Context, s *server.MCPServer, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.SendNotificationToAllClients(notification, nil)
		return mcp.NewToolResultText("changed"), nil
	}}
}
