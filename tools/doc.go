// Package tools declares the tools that agents see: a table for each group of operations, a line for each tool.
//
//	tool(dixaclient.CloseConversation, "closed conversation {conversationId}", "Close a conversation. The customer is not told.")
//
// Everything else (the schema of the arguments, read or write, what may be repeated) is read from the operation.
//
// A task tool does what takes several operations, and has a file of its own. What it does is a type there. One that reads is declared
// with task, and reads with [Reads]: read_conversation.go. One that writes is declared with planned, and returns the steps that it would
// take; the gate decides about each and carries them out: update_conversation.go.
//
// The package knows nothing of MCP.
package tools
