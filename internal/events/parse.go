package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/uuid"
)

// ErrPayload means that a payload is not one of Dixa's 32 events.
var ErrPayload = errors.New("the payload is not an event of Dixa")

// maxField is the size in bytes above which a field is left out: ids, states and names of tags are shorter.
const maxField = 200

// payload is the envelope of all events. What is read of data is read if it has the documented form, whatever the type: Dixa
// documents some of the payloads only.
type payload struct {
	ID        string                     `json:"event_id"`
	Name      string                     `json:"event_fqn"`
	Timestamp string                     `json:"event_timestamp"`
	Data      map[string]json.RawMessage `json:"data"`
}

// Parse reads the payload of a webhook.
func Parse(body []byte) (Event, error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	kind, known := byName[strings.ReplaceAll(p.Name, "_", "")]
	at, err := dixaclient.ParseTime(p.Timestamp)
	switch {
	case !uuid.Is(p.ID):
		return Event{}, fmt.Errorf("%w: event_id is not a UUID", ErrPayload)
	case !known:
		return Event{}, fmt.Errorf("%w: event_fqn %.60q is not one of the %d", ErrPayload, p.Name, len(Types))
	case err != nil || at.IsZero() || at.Year() > maxYear:
		return Event{}, fmt.Errorf("%w: event_timestamp is not a time", ErrPayload)
	}
	e := Event{ID: strings.ToLower(p.ID), Type: kind, Time: at.UTC().Truncate(time.Millisecond)}
	e.read(p.Data)
	return e, nil
}

// maxYear bounds times, so that their milliseconds can be stored.
const maxYear = 9999

// read takes the documented fields out of the data of an event.
func (e *Event) read(data map[string]json.RawMessage) {
	conversation := object(data["conversation"])
	if id, err := strconv.ParseInt(string(conversation["csid"]), 10, 64); err == nil && id > 0 {
		e.Conversation = id
	}
	e.Queue = id(object(conversation["queue"])["id"])
	if queue := id(object(data["queue"])["id"]); e.Queue == "" { // ConversationAbandoned has it beside the conversation
		e.Queue = queue
	}
	f := &e.Fields
	f.Channel, f.Status, f.Direction = word(conversation["channel"]), word(conversation["status"]), word(conversation["direction"])
	f.Requester, f.Assignee = id(object(conversation["requester"])["id"]), id(object(conversation["assignee"])["id"])
	author := object(data["author"])
	if author == nil {
		author = object(data["pendingByUser"])
	}
	f.Author, f.AuthorType = id(author["id"]), word(author["user_type"])
	f.Message, f.MessageSide, f.Note = word(data["message_id"]), word(data["direction"]), word(data["note_id"])
	f.Tag = text(data["tag"])
	f.Agent, f.RatingType = id(object(data["agent"])["id"]), word(data["type"])
	if score, err := strconv.ParseFloat(string(data["score"]), 64); err == nil {
		f.Score = &score
	}
}

// object reads a JSON object; nil if it is none.
func object(raw json.RawMessage) (m map[string]json.RawMessage) {
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// text reads a short JSON string; "" if it is none.
func text(raw json.RawMessage) (s string) {
	if len(raw) > maxField || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// oneWord matches ids, and the names of states and kinds. Whatever else a field of these holds is text, which is not kept.
var oneWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$`) })

// word reads an id or a name; "" if it is none.
func word(raw json.RawMessage) string {
	if s := text(raw); oneWord().MatchString(s) {
		return s
	}
	return ""
}

// id reads a UUID, in lower case; "" if it is none.
func id(raw json.RawMessage) string {
	if s := text(raw); uuid.Is(s) {
		return strings.ToLower(s)
	}
	return ""
}
