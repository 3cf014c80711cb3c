package approval

import "time"

// Step is one write of a call, as people read it.
type Step struct {
	What   string `json:"what"`            // it changes: "queue", "message"
	Before string `json:"before,omitzero"` // what was there when the agent asked
	After  string `json:"after,omitzero"`
	Same   bool   `json:"same,omitzero"` // nothing would change
}

// Review is what Dixa says now about what a request is about, read as the agent that asked: with its grants and inside its
// bound.
type Review struct {
	Live         bool      `json:"live"`                  // Dixa was read; otherwise Note says why not, and nothing below is known
	Note         string    `json:"note,omitzero"`         // why something is missing, a sentence
	Read         time.Time `json:"read,omitzero"`         // when Dixa was read
	Conversation int64     `json:"conversation,omitzero"` // 0 where the request is about none
	Customer     Customer  `json:"customer,omitzero"`     // who gets what is sent
	Subject      string    `json:"subject,omitzero"`      // untrusted text
	Channel      string    `json:"channel,omitzero"`
	Queue        string    `json:"queue,omitzero"`
	State        string    `json:"state,omitzero"`
	To           string    `json:"to,omitzero"`        // the customer's address or number in this conversation
	Messages     []Message `json:"messages,omitempty"` // the last ones, oldest first
	Earlier      int       `json:"earlier,omitzero"`   // how many messages were before them
	Thread       string    `json:"thread,omitzero"`    // the same as an agent reads them: lines of untrusted text begin with "| "
	Overtaken    bool      `json:"overtaken,omitzero"` // a message arrived after the agent asked: an approval would not be valid
	LeftOut      []string  `json:"leftOut,omitempty"`  // what the agent is not granted
}

// Customer is the end user of a conversation. All of it is untrusted text.
type Customer struct {
	Name  string `json:"name,omitzero"`
	Email string `json:"email,omitzero"`
	Phone string `json:"phone,omitzero"`
}

// Message is a message of a conversation. Its texts have every invisible, bidirectional and control character as <U+…>.
type Message struct {
	Number      int       `json:"number"` // counted from the oldest
	At          time.Time `json:"at,omitzero"`
	Author      string    `json:"author"`             // "customer", the name of a Dixa agent, "agent", or "unknown author"
	Untrusted   bool      `json:"untrusted,omitzero"` // an outsider wrote it, or parts of it
	Text        string    `json:"text,omitzero"`
	Attachments []string  `json:"attachments,omitempty"` // their names
}
