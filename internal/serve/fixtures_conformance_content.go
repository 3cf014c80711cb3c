//go:build conformance

package serve

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func addResourceFixtures(s *server.MCPServer) {
	static := func(name string, contents mcp.ResourceContents) {
		s.AddResource(mcp.NewResource("test://"+name, name, mcp.WithResourceDescription("For testing.")),
			func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return []mcp.ResourceContents{contents}, nil
			})
	}
	static("static-text", mcp.TextResourceContents{URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource."})
	static("static-binary", mcp.BlobResourceContents{URI: "test://static-binary", MIMEType: "image/png", Blob: pixel})
	static("watched-resource", mcp.TextResourceContents{URI: "test://watched-resource", MIMEType: "text/plain", Text: "Watched resource content"})

	s.AddResourceTemplate(mcp.NewResourceTemplate("test://template/{id}/data", "template", mcp.WithTemplateDescription("For testing."), mcp.WithTemplateMIMEType("application/json")),
		func(_ context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			id := strings.TrimSuffix(strings.TrimPrefix(r.Params.URI, "test://template/"), "/data")
			text, err := json.Marshal(map[string]any{"id": id, "templateTest": true, "data": "Data for ID: " + id})
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: r.Params.URI, MIMEType: "application/json", Text: string(text)}}, err
		})
}

func addPromptFixtures(s *server.MCPServer) {
	add := func(name string, arguments []string, messages func(mcp.GetPromptRequest) []mcp.Content) {
		options := []mcp.PromptOption{mcp.WithPromptDescription("For testing.")}
		for _, a := range arguments {
			options = append(options, mcp.WithArgument(a, mcp.ArgumentDescription("For testing."), mcp.RequiredArgument()))
		}
		s.AddPrompt(mcp.NewPrompt(name, options...), func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return prompt(messages(r)...), nil
		})
	}
	text := mcp.NewTextContent
	add("test_simple_prompt", nil, func(mcp.GetPromptRequest) []mcp.Content {
		return []mcp.Content{text("This is a simple prompt for testing.")}
	})
	add("test_prompt_with_arguments", []string{"arg1", "arg2"}, func(r mcp.GetPromptRequest) []mcp.Content {
		return []mcp.Content{text("Prompt with arguments: arg1='" + r.Params.Arguments["arg1"] + "', arg2='" + r.Params.Arguments["arg2"] + "'")}
	})
	add("test_prompt_with_embedded_resource", []string{"resourceUri"}, func(r mcp.GetPromptRequest) []mcp.Content {
		return []mcp.Content{
			mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: r.Params.Arguments["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing."}),
			text("Please process the embedded resource above."),
		}
	})
	add("test_prompt_with_image", nil, func(mcp.GetPromptRequest) []mcp.Content {
		return []mcp.Content{mcp.NewImageContent(pixel, "image/png"), text("Please analyze the image above.")}
	})
	s.AddPrompt(mcp.NewPrompt("test_input_required_result_prompt", mcp.WithPromptDescription("Asks for a context first.")),
		func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			if answer := server.ElicitationResponse(r.Params.InputResponses, "user_context"); answer != nil {
				return prompt(text("Prompt with context: " + inField(answer, "context"))), nil
			}
			return server.NewInputRequestBuilder("").Elicit("user_context", form("What context should the prompt use?", "context", "string")).PromptResult(), nil
		})
}

func prompt(contents ...mcp.Content) *mcp.GetPromptResult {
	result := &mcp.GetPromptResult{}
	for _, c := range contents {
		result.Messages = append(result.Messages, mcp.NewPromptMessage(mcp.RoleUser, c))
	}
	return result
}
