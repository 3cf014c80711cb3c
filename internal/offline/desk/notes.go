package desk

import (
	"time"

	"dixa-mcp/internal/offline/wire"
)

// Note is an internal note.
type Note struct {
	ID        string    `json:"id"`
	AuthorID  string    `json:"authorId"`
	CreatedAt string    `json:"createdAt"`
	CSID      int64     `json:"csid"`
	Message   string    `json:"message"`
	At        time.Time `json:"-"`
}

// NewNote makes a note that was written at a moment.
func NewNote(id, author string, csid int64, message string, at time.Time) *Note {
	return &Note{ID: id, AuthorID: author, CreatedAt: wire.ZonedTime(at), CSID: csid, Message: message, At: at}
}

// Rating is the state of one question of a survey. All questions of a survey have its id.
type Rating struct {
	ID      string
	Kind    string // Csat, Nps or ThumbsUpOrDown
	Agent   string
	User    string
	Offered time.Time
	Rated   time.Time // zero while it is only offered
	Score   int32
	Comment string
	ByAPI   bool // offered through the API, so that a result can be submitted for it
}
