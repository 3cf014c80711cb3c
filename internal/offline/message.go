package offline

import (
	"time"

	"dixa-mcp/internal/offline/attachment"
	"dixa-mcp/internal/offline/wire"
)

// message is one message: its wire form, and its words for search and exports.
type message struct {
	id       string
	author   string
	external string
	at       time.Time
	out      bool
	text     string // what the author wrote, without quotes, signatures and markup
	attrs    attributes
	held     *anonymization // the request that redacts it, if any
	redacted bool
}

type messageWire struct {
	ID         string     `json:"id"`
	AuthorID   string     `json:"authorId"`
	ExternalID string     `json:"externalId,omitzero"`
	CreatedAt  string     `json:"createdAt"`
	Attributes attributes `json:"attributes"`
}

func (m *message) wire() messageWire {
	return messageWire{m.id, m.author, m.external, wire.ZonedTime(m.at), m.attrs}
}

// attributes has the fields of all kinds of message attributes; which are set depends on the kind.
type attributes struct {
	EmailContent       *emailContent   `json:"emailContent,omitzero"`
	Content            *content        `json:"content,omitzero"`
	From               any             `json:"from,omitzero"` // a contact in mail, a number in calls
	ReplyDefaultTo     []contact       `json:"replyDefaultToEmails,omitzero"`
	To                 any             `json:"to,omitzero"` // contacts in mail, a number in calls
	Cc                 []contact       `json:"cc,omitzero"`
	Bcc                []contact       `json:"bcc,omitzero"`
	IsAutoReply        *bool           `json:"isAutoReply,omitzero"`
	IsAutomated        *bool           `json:"isAutomated,omitzero"`
	InlineImages       []file          `json:"inlineImages,omitzero"`
	Attachments        []file          `json:"attachments,omitzero"`
	DeliveryFailure    string          `json:"deliveryFailureReason,omitzero"`
	FormSubmission     *formSubmission `json:"formSubmission,omitzero"`
	Direction          string          `json:"direction,omitzero"`
	Duration           int             `json:"duration,omitzero"` // seconds
	Recording          string          `json:"recording,omitzero"`
	UtteranceStart     *int64          `json:"utterance_start_ms,omitzero"`
	UtteranceEnd       *int64          `json:"utterance_end_ms,omitzero"`
	OriginalContentURL *file           `json:"originalContentUrl,omitzero"`
	Type               string          `json:"_type"`
}

type content struct {
	Value string `json:"value"`
	Type  string `json:"_type"` // Text, Html or Markdown
}

// emailContent is the text of a mail, or a file with it where it is too large.
type emailContent struct {
	Content *content `json:"content,omitzero"`
	File    *file    `json:"file,omitzero"`
	Type    string   `json:"_type"` // Regular or TooLarge
}

type contact struct {
	Email string `json:"email"`
	Name  string `json:"name,omitzero"`
}

type file struct {
	URL        string `json:"url" wire:"url,required"`
	PrettyName string `json:"prettyName,omitzero" wire:"prettyName"`
}

type formSubmission struct {
	Values map[string]any `json:"values"`
}

func text(s string) *content      { return &content{s, "Text"} }
func html(s string) *content      { return &content{s, "Html"} }
func flagged(b bool) *bool        { return &b }
func privateFile(p string) string { return attachment.URL + "/private/" + p }

// side returns the direction of a message as Dixa names it.
func side(out bool) string {
	if out {
		return "Outbound"
	}
	return "Inbound"
}

// anonymousText stands for what was redacted.
const anonymousText = "[anonymized]"

// redact takes the words and addresses out of a message.
func (m *message) redact() {
	m.text, m.external, m.redacted = anonymousText, "", true
	a := attributes{Direction: m.attrs.Direction, Duration: m.attrs.Duration, Type: m.attrs.Type, IsAutoReply: m.attrs.IsAutoReply,
		IsAutomated: m.attrs.IsAutomated, UtteranceStart: m.attrs.UtteranceStart, UtteranceEnd: m.attrs.UtteranceEnd}
	switch a.Type {
	case "EmailAttributes", "ContactFormAttributes":
		a.EmailContent = &emailContent{Content: text(anonymousText), Type: "Regular"}
		a.From, a.To, a.Attachments = contact{Email: "anonymized@example.com"}, []contact{}, []file{}
	case "PhoneAttributes":
		a.From, a.To = anonymousText, anonymousText
	case "CallRecordingAttributes":
		a.Recording = privateFile("anonymized")
	case "MessengerFormAttributes":
		a.FormSubmission = &formSubmission{Values: map[string]any{}}
	default:
		a.Content = text(anonymousText)
	}
	m.attrs = a
}
