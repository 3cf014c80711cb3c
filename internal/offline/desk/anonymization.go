package desk

import "time"

// Anonymization is a request to anonymize something. It is done a moment after it was asked for: at the second look at it, or after
// a second.
type Anonymization struct {
	ID, Kind, Target, By string // kind: Conversation, Message or User
	Initiated, Processed time.Time
	Looks                int
	Run                  func(now time.Time)
}

// anonymizationTime is after how long a request is done that nobody looked at.
const anonymizationTime = time.Second

// Finish anonymizes.
func (a *Anonymization) Finish(now time.Time) {
	a.Processed = now
	a.Run(now)
}

// Settle does what is due: anonymization that was asked for, and follow-ups that are over. It gives the conversations of those.
func (w *World) Settle(now time.Time) (expired []*Conversation) {
	for _, a := range w.Requests.List {
		if a.Processed.IsZero() && now.Sub(a.Initiated) >= anonymizationTime {
			a.Finish(now)
		}
	}
	return w.expire(now)
}

// Anonymize takes out of a conversation what could tell who it was with.
func (w *World) Anonymize(cv *Conversation, now time.Time) {
	w.Detach(cv)
	for _, m := range cv.Messages {
		m.Redact()
	}
	for _, r := range cv.Ratings {
		r.Comment = ""
	}
	cv.Notes, cv.Subject, cv.Attributes, cv.Browser, cv.Anonymized = nil, "", map[string]any{}, nil, now
	cv.Touch(now)
}

// AnonymousText stands for what was redacted.
const AnonymousText = "[anonymized]"

// Redact takes the words and addresses out of a message.
func (m *Message) Redact() {
	m.Text, m.External, m.Redacted = AnonymousText, "", true
	a := MessageAttributes{Direction: m.Attributes.Direction, Duration: m.Attributes.Duration, Type: m.Attributes.Type, IsAutoReply: m.Attributes.IsAutoReply,
		IsAutomated: m.Attributes.IsAutomated, UtteranceStart: m.Attributes.UtteranceStart, UtteranceEnd: m.Attributes.UtteranceEnd}
	switch a.Type {
	case "EmailAttributes", "ContactFormAttributes":
		a.EmailContent = &EmailContent{Content: TextContent(AnonymousText), Type: "Regular"}
		a.From, a.To, a.Attachments = Contact{Email: "anonymized@example.com"}, []Contact{}, []File{}
	case "PhoneAttributes":
		a.From, a.To = AnonymousText, AnonymousText
	case "CallRecordingAttributes":
		a.Recording = PrivateFile("anonymized")
	case "MessengerFormAttributes":
		a.FormSubmission = &FormSubmission{Values: map[string]any{}}
	default:
		a.Content = TextContent(AnonymousText)
	}
	m.Attributes = a
}
