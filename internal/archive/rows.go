package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/view"
)

// restOf are the fields that are kept in Rest.
var restOf = map[What][]string{
	Conversations: {
		"requester_name", "requester_email", "requester_additional_emails", "requester_phone_number", "requester_additional_phone_numbers",
		"ratings", "rating_score", "rating_message", "assignee_email", "assignee_phone_number",
		"to_provisioned_phone_number_id", "to_provisioned_phone_number_name", "from_provisioned_phone_number_id", "from_provisioned_phone_number_name",
		"dixa_email_integration_id", "dixa_email_integration_sender_name", "forwarding_email", "facebook_page_id", "facebook_page_name",
		"widget_id", "widget_name", "tags_info", "conversation_wrapup_notes", "transferee_name", "transferee_number", "transfer_time",
		"originating_country", "subject", "custom_fields", "link_type", "linked_at", "linked_to",
	},
	Messages: {
		"initial_channel", "author_name", "author_email", "from_phone_number", "to_phone_number", "recording_url", "voicemail_url", "to", "from", "cc", "bcc",
		"attached_files", "chat_input_question", "chat_input_answer", "chat_menu_text", "form_submission",
	},
}

// fields reads the fields of a row. A field of another type than documented is as one that is missing.
type fields map[string]json.RawMessage

func (f fields) text(name string) (s string) {
	_ = json.Unmarshal(f[name], &s)
	return s
}

func (f fields) number(name string) int64 {
	var n json.Number
	if json.Unmarshal(f[name], &n) != nil {
		return 0
	}
	if whole, err := n.Int64(); err == nil {
		return whole
	}
	part, _ := n.Float64()
	return int64(part)
}

func (f fields) flag(name string) (b bool) {
	_ = json.Unmarshal(f[name], &b)
	return b
}

// rest returns some fields as a JSON object, without those that are empty.
func (f fields) rest(names []string) (json.RawMessage, error) {
	kept := map[string]json.RawMessage{}
	for _, name := range names {
		switch string(f[name]) {
		case "", "null", `""`, "[]", "{}":
		default:
			kept[name] = f[name]
		}
	}
	return plainjson.Marshal(kept)
}

var errRow = errors.New("it is not a row as documented")

// latest is the last time that a row can have: the year 9999.
const latest = 253402300799999

// ReadConversation reads a row of the export of conversations.
func ReadConversation(row json.RawMessage) (Conversation, error) {
	var f fields
	if err := json.Unmarshal(row, &f); err != nil || f == nil {
		return Conversation{}, errRow
	}
	c := Conversation{
		ID: f.number("id"), CreatedAt: f.number("created_at"), UpdatedAt: f.number("updated_at"), QueuedAt: f.number("queued_at"),
		AssignedAt: f.number("assigned_at"), ClosedAt: f.number("closed_at"), LastMessageAt: f.number("last_message_created_at"),
		AnonymizedAt: f.number("anonymized_at"), Handling: f.number("exports_handling_duration"), Channel: f.text("initial_channel"),
		Direction: f.text("direction"), Status: f.text("status"), QueueID: f.text("queue_id"), QueueName: f.text("queue_name"),
		AssigneeID: f.text("assignee_id"), AssigneeName: f.text("assignee_name"), RequesterID: strings.ToLower(f.text("requester_id")),
	}
	_ = json.Unmarshal(f["tags"], &c.Tags)
	slices.Sort(c.Tags)
	c.Tags = slices.Compact(c.Tags)
	c.UpdatedAt = max(c.UpdatedAt, c.CreatedAt)
	if c.ID <= 0 || c.CreatedAt <= 0 || c.UpdatedAt > latest {
		return Conversation{}, errRow
	}
	var err error
	c.Rest, err = f.rest(restOf[Conversations])
	return c, err
}

// ReadMessage reads a row of the export of messages.
func ReadMessage(row json.RawMessage) (Message, error) {
	var f fields
	if err := json.Unmarshal(row, &f); err != nil || f == nil {
		return Message{}, errRow
	}
	return f.message()
}

func (f fields) message() (Message, error) {
	m := Message{
		ID: strings.ToLower(f.text("id")), Conversation: f.number("csid"), CreatedAt: f.number("created_at"), Direction: f.text("direction"),
		Automated: f.flag("is_automated_message"), Duration: f.number("duration"),
	}
	if m.ID == "" || m.Conversation <= 0 || m.CreatedAt <= 0 || m.CreatedAt > latest {
		return Message{}, errRow
	}
	source := f.text("text")
	names := restOf[Messages]
	body := source
	if markup().MatchString(source) {
		body = view.Text(source)
	}
	if body = view.Clean(body); len(body) > maxText {
		body = strings.ToValidUTF8(body[:maxText], "")
	}
	if body != source { // what it was made from is kept too
		names = append([]string{"text"}, names...)
	}
	m.Text = strings.TrimSpace(strings.Join(append([]string{body}, f.answers()...), "\n"))
	var err error
	m.Rest, err = f.rest(names)
	return m, err
}

// maxText is the maximum length of a text that is searched. Functions of a database cannot be interrupted within a text.
const maxText = 256 << 10

// markup matches the tags that make a text HTML.
var markup = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)</?(?:html|body|div|p|br|span|table|tr|td|a|b|i|u|em|strong|ul|ol|li|img|font|blockquote|h[1-6])(?:\s[^<>]*)?/?>`)
})

// answers returns what a customer answered in a chat's menu or a form, in lines.
func (f fields) answers() (lines []string) {
	for _, name := range []string{"chat_input_question", "chat_input_answer", "chat_menu_text"} {
		if s := f.text(name); s != "" {
			lines = append(lines, view.Clean(s))
		}
	}
	var form map[string]any
	_ = json.Unmarshal(f["form_submission"], &form)
	for _, field := range slices.Sorted(maps.Keys(form)) {
		if values := leaves(form[field]); len(values) > 0 {
			lines = append(lines, view.Clean(field+": "+strings.Join(values, ", ")))
		}
	}
	return lines
}

// leaves returns the texts, numbers and flags within a value.
func leaves(v any) (all []string) {
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case float64:
		all = append(all, strconv.FormatFloat(v, 'f', -1, 64))
	case bool:
		all = append(all, fmt.Sprint(v))
	case []any:
		for _, one := range v {
			all = append(all, leaves(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name != "_type" {
				all = append(all, leaves(v[name])...)
			}
		}
	}
	return all
}
