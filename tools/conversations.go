package tools

import (
	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

var conversations = group("conversations",
	tool(d.SearchConversations, "searched conversations", "Find conversations by words, filters or both; gives ids with matching snippets. All filters must hold unless strategy is Any."),
	tool(d.GetConversation, "read conversation {conversationId}", "State, channel, customer, queue, assignee, subject and custom attributes of a conversation."),
	tool(d.CreateConversation, "created a {channel} conversation", "Start a conversation. Outbound: the customer gets the message or call. Inbound: it is recorded as the customer's. To answer an existing one use send_message."),
	tool(d.CloseConversation, "closed conversation {conversationId}", "Close a conversation.", comparing(sameClose)),
	tool(d.ReopenConversation, "reopened conversation {conversationId}", "Reopen a closed conversation; its queue offers it again.", comparing(sameReopen)),
	tool(d.TransferConversation, "moved conversation {conversationId} to queue {queueId}", "Move a conversation to another queue.", comparing(sameTransfer)),
	tool(d.ClaimConversation, "claimed conversation {conversationId}", "Assign a conversation to a Dixa agent.", comparing(sameClaim)),
	tool(d.SetFollowup, "set a follow-up on conversation {conversationId}", "Put a conversation aside (pending) until a time.", comparing(sameFollowUp)),
	tool(d.LinkConversation, "linked conversation {conversationId} to {parentId}", "Link a conversation to a parent. Cannot be unlinked.", comparing(sameLink)),
	tool(d.ListLinkedConversations, "read the conversations linked to {conversationId}", "Child conversations of a conversation."),
	tool(d.ListConversationActivity, "read the activity log of conversation {conversationId}", "What happened to a conversation: assignments, transfers, tags, closing.", without("conversationId")),
	tool(d.ListActivity, "read the organization's activity log", "What happened in the whole organization in a time span."),
	tool(d.ListFlows, "listed flows", "Flows of a channel."),
	tool(d.ImportConversation, "imported a conversation", "Import one historical conversation with its messages.", named),
	tool(d.AnonymizeConversation, "anonymized conversation {conversationId}", "Erase the personal data of a closed conversation permanently. Follow it with get_anonymization."),
	tool(d.SearchConversationsByText, "searched conversations", "Find conversations by words (deprecated: use search_conversations)."),
)

// listMessages has a variable of its own because read_conversation shows messages as it does.
var listMessages = tool(d.ListMessages, "read the messages of conversation {conversationId}", "Messages of a conversation, oldest first.", showing(view.Messages), single)

var messages = group("messages",
	listMessages,
	tool(d.SendMessage, "sent a message in conversation {conversationId}", "Send a message to the customer; it cannot be recalled. For colleagues use add_note.", trusting("content")),
	tool(d.RecordMessage, "recorded a customer's message in conversation {conversationId}", "Record a message as if the customer had written it.", named),
	tool(d.ListNotes, "read the notes of conversation {conversationId}", "Internal notes of a conversation."),
	tool(d.AddNote, "added a note to conversation {conversationId}", "Add an internal note; the customer never sees it.", trusting("message")),
	tool(d.AddNotes, "added notes to conversation {conversationId}", "Add up to 100 internal notes; each may fail by itself.", bulk, trusting("results.message")),
	tool(d.AnonymizeMessage, "anonymized message {messageId} of conversation {conversationId}", "Erase the personal data of one message permanently."),
)

var ratings = group("ratings",
	tool(d.ListRatings, "read the ratings of conversation {conversationId}", "Latest rating of a conversation, one item a survey question."),
	tool(d.OfferRating, "offered a rating in conversation {conversationId}", "Ask the customer for a rating; gives the ratingId for submit_rating."),
	tool(d.SubmitRating, "submitted rating {ratingId} of conversation {conversationId}", "Submit the result of an offered rating; offer_rating gives its ratingId."),
	tool(d.GetRating, "read the rating of conversation {conversationId}", "Rating of a conversation (deprecated: use list_ratings)."),
)
