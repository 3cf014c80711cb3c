package approver

import (
	"encoding/json"
	"time"

	"dixa-mcp/internal/approval"
)

// Item is a request in a list, as JSON. It leaves out the text of the call, which is a customer's correspondence.
type Item struct {
	Number       string         `json:"number"`
	State        approval.State `json:"state"`
	Agent        string         `json:"agent"`
	Person       string         `json:"person,omitzero"` // for whom the agent asked
	Tool         string         `json:"tool"`
	Level        string         `json:"level"`
	Conversation int64          `json:"conversation,omitzero"`
	Created      time.Time      `json:"created"`
	Expires      time.Time      `json:"expires"`
	Approver     string         `json:"approver,omitzero"`
	KeyID        string         `json:"keyId,omitzero"`
	Decided      time.Time      `json:"decided,omitzero"`
	Reason       string         `json:"reason,omitzero"`
	Outcome      string         `json:"outcome,omitzero"`
}

// Items is a list of requests, as JSON.
type Items struct {
	Approvals  []Item `json:"approvals"`
	Unreadable bool   `json:"unreadable,omitzero"` // some more cannot be read
}

// Details is a request with everything that would be sent, as JSON.
type Details struct {
	Item
	Effect    string          `json:"effect,omitzero"`
	Arguments json.RawMessage `json:"arguments,omitzero"`
	Shown     json.RawMessage `json:"shown,omitzero"` // the arguments as people read them
	Rules     string          `json:"rules"`          // digest of the capability file when the agent asked
	RulesNow  string          `json:"rulesNow"`       // and now
	MayDecide bool            `json:"mayDecide"`      // the approver may decide about it
	DecidesAs string          `json:"you"`            // name of the approver
}

// ItemOf returns what a list shows of a request.
func ItemOf(r approval.Request) Item {
	return Item{r.Number, r.State, r.Agent, r.Person, r.Tool, r.Level, r.Conversation, r.Created, r.Expires, r.Approver, r.KeyID, r.Decided, r.Reason, r.Outcome}
}

// ItemsOf returns the list of these requests.
func ItemsOf(list []approval.Request) []Item {
	items := make([]Item, len(list))
	for i, r := range list {
		items[i] = ItemOf(r)
	}
	return items
}

// Details returns all of a request, and whether the approver may decide about it.
func (s *Session) Details(r approval.Request) Details {
	return Details{ItemOf(r), r.Effect, r.Arguments, r.Shown, r.Rules, s.Rules.Digest(), s.MayDecide(r) == nil, s.Who.Name}
}
