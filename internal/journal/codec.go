package journal

import (
	"encoding/json"
	"fmt"

	"dixa-mcp/internal/seal"
)

// Codec writes entries for a store outside of the process. The private part is encrypted.
type Codec struct{ box seal.Box }

// NewCodec makes a codec; those of the same secret read each other's entries whole.
func NewCodec(secret []byte) Codec { return Codec{seal.NewBox(secret, "journal")} }

// encoded is an entry as it is stored.
type encoded struct {
	Entry
	Private []byte `json:"private,omitzero"`
}

// private is the part of an entry that is encrypted.
type private struct {
	Answer  string            `json:"answer,omitzero"`
	Details []json.RawMessage `json:"details,omitzero"` // one a step
}

// Encode writes an entry.
func (c Codec) Encode(e Entry) ([]byte, error) {
	e.Trim()
	stored, secret := encoded{Entry: e}, private{Answer: e.Answer}
	for i, s := range e.Steps {
		if len(s.Detail) == 0 {
			continue
		}
		if secret.Details == nil {
			secret.Details = make([]json.RawMessage, len(e.Steps))
		}
		secret.Details[i] = s.Detail
	}
	if secret.Answer != "" || secret.Details != nil {
		text, err := json.Marshal(secret)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		stored.Private = c.box.Close(text, e.Call)
	}
	return json.Marshal(stored)
}

// Decode reads an entry. One of another secret lacks its private part.
func (c Codec) Decode(text []byte) (Entry, error) {
	var stored encoded
	if err := json.Unmarshal(text, &stored); err != nil {
		return Entry{}, fmt.Errorf("the journal of writes holds an entry that cannot be read: %w", err)
	}
	e := stored.Entry
	opened, err := c.box.Open(stored.Private, e.Call)
	if err != nil { // there is none, or the secret has changed since
		return e, nil
	}
	var secret private
	if err := json.Unmarshal(opened, &secret); err != nil {
		return Entry{}, fmt.Errorf("the journal of writes holds an entry that cannot be read: %w", err)
	}
	e.Answer = secret.Answer
	for i := range secret.Details {
		if i < len(e.Steps) && string(secret.Details[i]) != "null" {
			e.Steps[i].Detail = secret.Details[i]
		}
	}
	return e, nil
}
