//go:build !conformance

package serve

import (
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// The conformance suite needs tools, resources and prompts of its own. They are in the program only where it is built
// with the tag conformance: fixtures_conformance.go has them.

func fixtureOptions() []server.ServerOption { return nil }

func addFixtures(*server.MCPServer) {}

func fixtureTools() []mcp.Tool { return nil }

func isFixture(string) bool { return false }
