package tools

import d "dixa-mcp/dixaclient"

// ConversationChange says what is to be different about a conversation. Each argument names the operation's argument that it
// becomes.
type ConversationChange struct {
	Reopen     bool                       `json:"reopen,omitzero" of:"reopen_conversation"`
	Tag        []d.UUID                   `json:"tag,omitzero" names:"tag" of:"tag_conversation.tagId" check:"max=20" jsonschema_description:"to add"`
	Untag      []d.UUID                   `json:"untag,omitzero" names:"tag" of:"untag_conversation.tagId" check:"max=20"`
	Attributes []d.CustomAttributeSetting `json:"attributes,omitzero" on:"Conversation" of:"set_conversation_attributes.attributes" check:"max=100"`
	Queue      d.UUID                     `json:"queue,omitzero" names:"queue" of:"transfer_conversation.queueId"`
	Assignee   d.UUID                     `json:"assignee,omitzero" names:"Dixa agent" of:"claim_conversation.agentId"`
	Force      bool                       `json:"force,omitzero" of:"claim_conversation.force" jsonschema_description:"take it from another Dixa agent"`
	FollowUp   d.Time                     `json:"followUp,omitzero" of:"set_followup.timestamp" time:"future" jsonschema_description:"set it aside until then"`
	Close      bool                       `json:"close,omitzero" of:"close_conversation"`
	Note       string                     `json:"note,omitzero" edit:"" of:"add_note.message" jsonschema_description:"internal"`
	AgentID    d.ActingAgent              `json:"agentId,omitzero" of:"*.agentId" jsonschema_description:"Dixa agent who acts; default: the API token's user"`
}

// nothing reports whether nothing is to be different.
func (in *ConversationChange) nothing() bool {
	return !in.Reopen && !in.Close && len(in.Tag)+len(in.Untag)+len(in.Attributes) == 0 && in.Queue == "" && in.Assignee == "" && in.FollowUp.IsZero() && in.Note == ""
}

func (in *ConversationChange) misfit() (field, problem string) {
	switch {
	case in.Close && in.Reopen:
		return "close", "cannot be given together with reopen"
	case in.Close && !in.FollowUp.IsZero():
		return "close", "cannot be given together with followUp: what is closed does not come back"
	case in.Close && (in.Queue != "" || in.Assignee != ""):
		return "close", "cannot be given together with queue or assignee, which open a conversation"
	case in.Force && in.Assignee == "":
		return "force", "needs assignee"
	}
	for _, tag := range in.Tag {
		if hasID(in.Untag, tag) {
			return "untag", "names a tag that tag adds"
		}
	}
	if len(in.Attributes) > 0 {
		if _, err := (d.CustomAttributeSettings{Attributes: in.Attributes}).Body(); err != nil {
			return "attributes", problemOf(err)
		}
	}
	return "", ""
}

// The change of update_conversation that is the same as one operation.

func sameClose(in d.CloseConversationIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Close: true, AgentID: in.AgentID}}
}

func sameReopen(in d.ReopenConversationIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Reopen: true, AgentID: in.AgentID}}
}

func sameTransfer(in d.TransferConversationIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Queue: in.QueueID, AgentID: in.AgentID}}
}

func sameClaim(in d.ClaimConversationIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Assignee: d.UUID(in.AgentID), Force: in.Force}}
}

func sameFollowUp(in d.SetFollowupIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{FollowUp: in.Timestamp, AgentID: in.AgentID}}
}

func sameLink(in d.LinkConversationIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, Parent: in.ParentID, LinkType: in.LinkType}
}

func sameTag(in d.ConversationTagIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Tag: []d.UUID{in.TagID}}}
}

func sameUntag(in d.ConversationTagIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Untag: []d.UUID{in.TagID}}}
}

func sameAttributes(in d.SetConversationAttributesIn) UpdateConversationIn {
	return UpdateConversationIn{ConversationRef: in.ConversationRef, ConversationChange: ConversationChange{Attributes: in.Attributes}}
}
