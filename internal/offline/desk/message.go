package desk

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/attachment"
)

// Message is one message: its wire form, and its words for search and exports.
type Message struct {
	ID         string
	Author     string
	External   string
	At         time.Time
	Out        bool
	Text       string // what the author wrote, without quotes, signatures and markup
	Attributes MessageAttributes
	Held       *Anonymization // the request that redacts it, if any
	Redacted   bool
}

// MessageAttributes has the fields of all kinds of message attributes; which are set depends on the kind.
type MessageAttributes struct {
	EmailContent       *EmailContent   `json:"emailContent,omitzero"`
	Content            *Content        `json:"content,omitzero"`
	From               any             `json:"from,omitzero"` // a contact in mail, a number in calls
	ReplyDefaultTo     []Contact       `json:"replyDefaultToEmails,omitzero"`
	To                 any             `json:"to,omitzero"` // contacts in mail, a number in calls
	Cc                 []Contact       `json:"cc,omitzero"`
	Bcc                []Contact       `json:"bcc,omitzero"`
	IsAutoReply        *bool           `json:"isAutoReply,omitzero"`
	IsAutomated        *bool           `json:"isAutomated,omitzero"`
	InlineImages       []File          `json:"inlineImages,omitzero"`
	Attachments        []File          `json:"attachments,omitzero"`
	DeliveryFailure    string          `json:"deliveryFailureReason,omitzero"`
	FormSubmission     *FormSubmission `json:"formSubmission,omitzero"`
	Direction          string          `json:"direction,omitzero"`
	Duration           int             `json:"duration,omitzero"` // seconds
	Recording          string          `json:"recording,omitzero"`
	UtteranceStart     *int64          `json:"utterance_start_ms,omitzero"`
	UtteranceEnd       *int64          `json:"utterance_end_ms,omitzero"`
	OriginalContentURL *File           `json:"originalContentUrl,omitzero"`
	Type               string          `json:"_type"`
}

// Content is what is said in a message.
type Content struct {
	Value string `json:"value"`
	Type  string `json:"_type"` // Text, Html or Markdown
}

// EmailContent is the text of a mail, or a file with it where it is too large.
type EmailContent struct {
	Content *Content `json:"content,omitzero"`
	File    *File    `json:"file,omitzero"`
	Type    string   `json:"_type"` // Regular or TooLarge
}

// Contact is a sender or recipient of mail.
type Contact struct {
	Email string `json:"email"`
	Name  string `json:"name,omitzero"`
}

// File is a file that comes with a message.
type File struct {
	URL        string `json:"url" wire:"url,required"`
	PrettyName string `json:"prettyName,omitzero" wire:"prettyName"`
}

// FormSubmission is what a customer entered in a form.
type FormSubmission struct {
	Values map[string]any `json:"values"`
}

// TextContent returns plain text.
func TextContent(s string) *Content { return &Content{s, "Text"} }

// HTMLContent returns HTML.
func HTMLContent(s string) *Content { return &Content{s, "Html"} }

// PrivateFile returns the address of a file.
func PrivateFile(p string) string { return attachment.URL + "/private/" + p }

// Side returns the direction of a message as Dixa names it.
func Side(out bool) string {
	if out {
		return "Outbound"
	}
	return "Inbound"
}

// RegularContent returns the content of a mail that is not too large.
func RegularContent(c *Content) *EmailContent { return &EmailContent{Content: c, Type: "Regular"} }

// Words returns the content of a message, wherever its kind keeps it.
func (m *Message) Words() *Content {
	if m.Attributes.EmailContent != nil {
		return m.Attributes.EmailContent.Content
	}
	return m.Attributes.Content
}

// PlainText returns the text of a content without HTML markup.
func PlainText(ct Content) string {
	if ct.Type != "Html" {
		return ct.Value
	}
	var b strings.Builder
	inTag := false
	for _, r := range ct.Value {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
			b.WriteByte(' ')
		case !inTag:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
