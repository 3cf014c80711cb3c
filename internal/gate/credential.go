package gate

import (
	"encoding/json"
	"fmt"

	"dixa-mcp/internal/approval"
)

// credential identifies by what a call was authenticated: by the id of a key, or as a person, of whom many use the same
// agent, or for a conversation: each of the keys that are bound to it is used for a short time.
func (r *Request) credential() string {
	switch {
	case r.Person != nil:
		return "person " + r.Person.ID()
	case r.Conversation != 0:
		return fmt.Sprintf("conversation %d", r.Conversation)
	}
	return r.Key
}

// behalf identifies for whom, or for which conversation alone, the agent acts; "" where it acts for all that it may see. What
// outlives a call is valid for the same.
func (r *Request) behalf() string {
	if r.Conversation != 0 {
		return fmt.Sprintf("conversation %d", r.Conversation)
	}
	return r.Person.ID()
}

// mayKnow reports whether an approval was asked for by the agent, for the same person, and by a key that is bound to the same
// conversation where the request's is bound to one.
func (r *Request) mayKnow(of approval.Request) bool {
	return of.Agent == r.Agent && of.PersonID == r.Person.ID() && (r.Conversation == 0 || of.Bound == r.Conversation)
}

// signedIn returns the person for whom the agent asks, as the provider named them; nil for none.
func (r *Request) signedIn() json.RawMessage {
	if r.Person == nil {
		return nil
	}
	person, err := json.Marshal(r.Person)
	if err != nil { // claims come from JSON
		return nil
	}
	return person
}
