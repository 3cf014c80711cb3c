// Package tools declares the tools that agents see: a table for each group of operations, a line for each tool.
//
//	tool(dixaclient.CloseConversation, "closed conversation {conversationId}", "Close a conversation. The customer is not told.")
//
// Everything else (the schema of the arguments, read or write, what may be repeated) is read from the operation.
// The package knows nothing of MCP.
package tools
