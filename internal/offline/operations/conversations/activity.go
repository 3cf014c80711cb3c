package conversations

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

type entryWire struct {
	ID                string       `json:"id"`
	ConversationID    int64        `json:"conversationId"`
	ActivityTimestamp string       `json:"activityTimestamp"`
	ActivityType      string       `json:"activityType"` // replaced by _type, but still there
	Type              string       `json:"_type"`
	Author            *desk.Author `json:"author,omitzero"`
	Attributes        any          `json:"attributes,omitzero"`
}

// oldTypes are the names in the field that _type has replaced, where they are more than the type with ActivityType behind.
var oldTypes = map[string]string{"ConversationReserved": "ConversationReservedType"}

// lateTypes are newer than that field and are unknown to it.
var lateTypes = []string{"ConversationRatingNotOffered", "ConversationChannelChanged", "ConversationUnlinkedToParent",
	"ConversationMessageRedacted", "ConversationResolvedStateToggled", "ConversationCustomAttributesUpdated",
	"ConversationLinkedToParent", "ConversationLinkedFromChild", "ConversationUnlinkedFromChild"}

func oldType(kind string) string {
	switch {
	case oldTypes[kind] != "":
		return oldTypes[kind]
	case slices.Contains(lateTypes, kind):
		return "UnknownActivityType"
	default:
		return kind + "ActivityType"
	}
}

// logEntry adds an entry to the log of a conversation that was written to.
func logEntry(c *call.Call, cv *desk.Conversation, kind, author string, attrs any) {
	cv.Log = append(cv.Log, &desk.Entry{ID: c.NewID(), CSID: cv.ID, At: c.Now, Kind: kind, Author: author, Attributes: attrs})
}

// wireEntry writes an entry as Dixa does. The texts of anonymized conversations are gone from the log, too.
func wireEntry(w *desk.World, e *desk.Entry) entryWire {
	attrs := e.Attributes
	if c := w.Conversations[e.CSID-desk.FirstConversation]; !c.Anonymized.IsZero() {
		switch attrs.(type) {
		case desk.Created, desk.NoteAdded, desk.Rated:
			attrs = nil
		}
	}
	return entryWire{e.ID, e.CSID, wire.ZonedTime(e.At), oldType(e.Kind), e.Kind, w.AuthorOf(e.Author), attrs}
}
