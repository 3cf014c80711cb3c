package gate

import (
	"context"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/events"
)

// Heed takes account of an event at once, in place of when what is remembered is too old: bounds are judged on what Dixa says of the
// conversation then, names that are new are looked up, and calls that wait for approval, or are approved, end when their conversation
// gets a message that the approver was not shown. Such a call would be refused when it is made; this way approvers do not read it for nothing.
func (g *Gate) Heed(ctx context.Context, e events.Event) {
	g.directory.Mentioned(dixaclient.QueueThing, e.Queue)
	g.directory.Mentioned(dixaclient.TagThing, e.Fields.Tag)
	g.directory.Mentioned(dixaclient.AgentThing, e.Fields.Assignee)
	if e.Conversation == 0 {
		return
	}
	g.facts.forget(e.Conversation)
	if e.Type != "ConversationMessageAdded" || g.approvals == nil {
		return
	}
	waiting, err := g.approvals.List(ctx, approval.Pending, approval.Approved)
	for _, r := range waiting {
		if r.Conversation != e.Conversation || r.LastMessage == "" || r.LastMessage == e.Fields.Message || !e.Time.After(r.Created) {
			continue
		}
		if err := g.approvals.Overtake(ctx, r.Number); err != nil {
			g.log.Error("an approval that a newer message overtook could not be ended; the call is refused when it is made", "approval", r.Number, "error", err)
			continue
		}
		g.log.Info("a newer message ended what waited for approval", "approval", r.Number, "conversation", e.Conversation)
	}
	if err != nil && ctx.Err() == nil {
		g.log.Error("approvals could not be read after a new message", "conversation", e.Conversation, "error", err)
	}
}
