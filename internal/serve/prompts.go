package serve

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
)

// promptsOf lets each agent see the prompts whose tools it has; others, which the library holds too, it does not have.
func promptsOf(g *gate.Gate, who func(context.Context) identity.Principal) server.ServerOption {
	return server.WithPromptFilter(func(ctx context.Context, all []mcp.Prompt) []mcp.Prompt {
		listed := g.Prompts(who(ctx).Agent, who(ctx).Conversation)
		return slices.DeleteFunc(slices.Clone(all), func(p mcp.Prompt) bool {
			same := func(q gate.Prompt) bool { return q.Name == p.Name }
			return slices.ContainsFunc(gate.AllPrompts(), same) && !slices.ContainsFunc(listed, same)
		})
	})
}

// addPrompts adds all prompts. Their texts are made for the agent that asks.
func addPrompts(s *server.MCPServer, g *gate.Gate, who func(context.Context) identity.Principal) {
	for _, p := range gate.AllPrompts() {
		options := []mcp.PromptOption{mcp.WithPromptTitle(p.Title), mcp.WithPromptDescription(p.About)}
		for _, a := range p.Arguments {
			argument := []mcp.ArgumentOption{mcp.ArgumentDescription(a.About)}
			if a.Required {
				argument = append(argument, mcp.RequiredArgument())
			}
			options = append(options, mcp.WithArgument(a.Name, argument...))
		}
		s.AddPrompt(mcp.NewPrompt(p.Name, options...), func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			text, err := g.Prompt(who(ctx).Agent, who(ctx).Conversation, p.Name, r.Params.Arguments)
			if err != nil {
				handlingFrom(ctx).invalid = true
				return nil, err
			}
			return mcp.NewGetPromptResult(p.About, []mcp.PromptMessage{mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text))}), nil
		})
	}
}
