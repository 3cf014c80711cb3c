// Package dixaclient calls Dixa's API. It can be used without the rest of this program.
//
// Every operation is declared once, as a typed value:
//
//	var CloseConversation = op[CloseConversationIn, None]("close_conversation", "PUT /v1/conversations/{conversationId}/close", Write)
//
// and called with
//
//	answer, err := dixaclient.CloseConversation.Do(ctx, client, dixaclient.CloseConversationIn{…})
//
// The value carries what everything around it needs to know: the tool's name, method and path, what it does to the
// world ([Level]), whether it may be repeated, where each field travels. One [Client] paces all calls below Dixa's
// limit, repeats only what cannot do harm twice, and says in a typed [Error] what was and was not done.
//
// The package knows nothing of MCP, of agents or of files.
package dixaclient
