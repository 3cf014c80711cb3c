package tools

import d "dixa-mcp/dixaclient"

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
