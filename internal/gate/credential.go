package gate

import (
	"fmt"

	"dixa-mcp/internal/approval"
)

// credential identifies by what the call was authenticated: by the id of a key, or as a person, of whom many use the same
// agent, or for a conversation: each of the keys that are bound to it is used for a short time.
func (c *call) credential() string {
	switch {
	case c.request.Person != nil:
		return "person " + c.request.Person.ID()
	case c.request.Conversation != 0:
		return fmt.Sprintf("conversation %d", c.request.Conversation)
	}
	return c.request.Key
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
// conversation where the call's is bound to one.
func (c *call) mayKnow(r approval.Request) bool {
	return r.Agent == c.agentName && r.PersonID == c.request.Person.ID() && (c.request.Conversation == 0 || r.Bound == c.request.Conversation)
}
