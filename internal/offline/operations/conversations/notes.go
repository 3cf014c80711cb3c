package conversations

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var noteRoutes = []call.Route{
	{Pattern: "GET /v1/conversations/{conversationId}/notes", Status: 200, Handle: listNotes},
	{Pattern: "POST /v1/conversations/{conversationId}/notes", Status: 200, Handle: addNote},
	{Pattern: "POST /v1/conversations/{conversationId}/notes/bulk", Status: 200, Handle: addNotes},
}

type noteIn struct {
	Message   string    `wire:"message,required"`
	AgentID   string    `wire:"agentId,uuid"`
	CreatedAt time.Time `wire:"createdAt"`
}

func listNotes(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wire.List(c.NotesOf(cv))}, nil
}

func addNote(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[noteIn](c)
	if err != nil {
		return nil, err
	}
	n, err := writeNote(c, cv, in)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: n}, nil
}

// writeNote adds a note. Without an agent it is by the Dixa agent whose token is used; a time may be given for what was written
// elsewhere.
func writeNote(c *call.Call, cv *desk.Conversation, in noteIn) (*desk.Note, error) {
	author, at := strings.ToLower(in.AgentID), in.CreatedAt
	if author == "" {
		author = c.Owner()
	}
	if !c.Agents.Has(author) {
		return nil, wire.Invalid("Agent was not found")
	}
	if at.IsZero() {
		at = c.Now
	}
	c.Detach(cv)
	n := desk.NewNote(c.NewID(), author, cv.ID, in.Message, at)
	cv.Notes = append(cv.Notes, n)
	cv.Touch(c.Now)
	logEntry(c, cv, "NoteAdded", author, desk.NoteAdded{Message: in.Message, Type: "NoteAddedAttribute"})
	c.Emit(cv, "ConversationNoteAdded", map[string]any{"author": hooks.Person(c.World, author), "note_id": n.ID, "text": in.Message, "created_at": wire.MilliTime(at)})
	c.Did(n.ID, "note on conversation "+call.Itoa(cv.ID))
	return n, nil
}

// addNotes answers note by note: some may fail where others do not.
func addNotes(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		Data []noteIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		if n, err := writeNote(c, cv, one); err != nil {
			outcomes = append(outcomes, wire.Failed("", "", "An agent with id:"+one.AgentID+" cannot be found in org."))
		} else {
			outcomes = append(outcomes, wire.Succeeded(n))
		}
	}
	return wire.Data{Data: outcomes}, nil
}
