// Package tools is what an agent sees: one table a group of Dixa's API, one line a tool.
//
//	tool(dixaclient.CloseConversation, "closed conversation {conversationId}", "Close a conversation. The customer is not told.")
//
// Everything else (the schema of the arguments, read or write, what may be repeated) is read from the operation.
// The package knows nothing of MCP.
package tools
