package offline

import (
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

var noteRoutes = []route{
	{Pattern: "GET /v1/conversations/{conversationId}/notes", Status: 200, Handle: listNotes},
	{Pattern: "POST /v1/conversations/{conversationId}/notes", Status: 200, Handle: addNote},
	{Pattern: "POST /v1/conversations/{conversationId}/notes/bulk", Status: 200, Handle: addNotes},
}

// note is an internal note.
type note struct {
	ID        string `json:"id"`
	AuthorID  string `json:"authorId"`
	CreatedAt string `json:"createdAt"`
	CSID      int64  `json:"csid"`
	Message   string `json:"message"`
	at        time.Time
}

type noteIn struct {
	Message   string    `wire:"message,required"`
	AgentID   string    `wire:"agentId,uuid"`
	CreatedAt time.Time `wire:"createdAt"`
}

// notesOf returns the notes of a conversation, oldest first.
func (w *world) notesOf(c *conversation) []*note {
	if c.own {
		return c.notes
	}
	if !c.anonymized.IsZero() {
		return nil
	}
	if c.id == demoConversation {
		at := w.atWork(w.rand("notes", c.id), 9, c.assigned.Add(49*time.Hour))
		return []*note{newNote(w.uuid("note", c.id*10), c.agent, c.id, "Finance says the second capture of £84.90 was only authorised, "+
			"never reversed. Needs a manual refund, see the ledger for HB-204518.", at)}
	}
	r, v := w.rand("notes", c.id), w.voice(c)
	v.language = fiction.Phrases()["en"] // colleagues write English to each other
	var notes []*note
	add := func(kind string, at time.Time) {
		notes = append(notes, newNote(w.uuid("note", c.id*10+int64(len(notes))), c.agent, c.id, v.say(kind, at), at))
	}
	if c.channel.name == "Voicemail" && !c.closed.IsZero() {
		add("noteback", w.sinceShift(w.seats[c.agent], c.closed, r.Between(time.Minute, 4*time.Minute), c.assigned))
	}
	if c.agent == "" || c.channel.spoken() || !r.Chance(30) {
		return notes
	}
	for _, b := range c.beats { // while an answer is being written
		if len(notes) < 2 && b.out && b.at.After(c.assigned) && r.Chance(60) {
			add("note", w.sinceShift(w.seats[c.agent], b.at, r.Between(20*time.Second, 8*time.Minute), c.assigned))
		}
	}
	return notes
}

func newNote(id, author string, csid int64, message string, at time.Time) *note {
	return &note{ID: id, AuthorID: author, CreatedAt: wire.ZonedTime(at), CSID: csid, Message: message, at: at}
}

func listNotes(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wire.List(c.notesOf(cv))}, nil
}

func addNote(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[noteIn](c)
	if err != nil {
		return nil, err
	}
	n, err := c.writeNote(cv, in)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: n}, nil
}

// writeNote adds a note. Without an agent it is by the Dixa agent whose token is used; a time may be given for what was written
// elsewhere.
func (c *call) writeNote(cv *conversation, in noteIn) (*note, error) {
	author, at := lower(in.AgentID), in.CreatedAt
	if author == "" {
		author = c.owner()
	}
	if !c.agents.has(author) {
		return nil, wire.Invalid("Agent was not found")
	}
	if at.IsZero() {
		at = c.now
	}
	c.detach(cv)
	n := newNote(c.newID(), author, cv.id, in.Message, at)
	cv.notes = append(cv.notes, n)
	cv.touch(c.now)
	c.log(cv, "NoteAdded", author, noteAddedAttr{Message: in.Message, Type: "NoteAddedAttribute"})
	c.emit(cv, "ConversationNoteAdded", map[string]any{"author": c.hooked(author), "note_id": n.ID, "text": in.Message, "created_at": wire.MilliTime(at)})
	c.did(n.ID, "note on conversation "+itoa(cv.id))
	return n, nil
}

// addNotes answers note by note: some may fail where others do not.
func addNotes(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		Data []noteIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, one := range in.Data {
		if n, err := c.writeNote(cv, one); err != nil {
			outcomes = append(outcomes, wire.Failed("", "", "An agent with id:"+one.AgentID+" cannot be found in org."))
		} else {
			outcomes = append(outcomes, wire.Succeeded(n))
		}
	}
	return wire.Data{Data: outcomes}, nil
}
