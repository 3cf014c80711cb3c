package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/shortid"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/schemas"
)

// MostItems is how many conversations one job may change. Dixa's search tells no total, so that counting ends there.
const MostItems = 200

// StopAfter is how many errors end a job, if its caller does not say.
const StopAfter = 5

// BulkUpdateIn says which conversations are to be changed and how, or which job to continue.
type BulkUpdateIn struct {
	Handle          JobHandle          `json:"handle,omitzero" jsonschema_description:"of a job: start or continue it"`
	Cancel          bool               `json:"cancel,omitzero" jsonschema_description:"end the job for good"`
	Find            ConversationSearch `json:"find,omitzero" of:"search_conversations" jsonschema_description:"these conversations"`
	ConversationIDs []int64            `json:"conversationIds,omitzero" names:"conversation" check:"max=200" jsonschema_description:"or these"`
	ConversationChange
	StopAfter int `json:"stopAfter,omitzero" check:"min=1,max=200" jsonschema_description:"errors that end the job; default 5"`
}

// JobHandle is the handle of a job, such as B-7K2Q.
type JobHandle string

// Check tells whether h has the form of a handle.
func (h JobHandle) Check() error {
	if !shortid.Is("B-", string(h)) {
		return errors.New("a handle such as B-7K2Q")
	}
	return nil
}

func (in *BulkUpdateIn) misfit() (field, problem string) {
	found := in.Find.given() != noFilter
	switch {
	case in.Handle != "" && (found || len(in.ConversationIDs) > 0 || !in.ConversationChange.nothing() || in.Force):
		return "handle", "cannot be given together with conversations or a change: the job has them. Leave the handle out to prepare another job"
	case in.Handle != "" && in.Cancel && in.StopAfter > 0:
		return "cancel", "cannot be given together with stopAfter"
	case in.Handle != "":
		return "", ""
	case in.Cancel:
		return "cancel", "needs handle"
	case found == (len(in.ConversationIDs) > 0):
		return "find", "or conversationIds must be given, one of them, with a filter: which conversations are to be changed"
	case slices.ContainsFunc(in.ConversationIDs, func(id int64) bool { return id < 1 }):
		return "conversationIds", "must be numbers above 0"
	}
	if field, problem = in.Find.misfit(); problem != "" {
		return "find." + field, problem
	}
	if field, problem = in.ConversationChange.misfit(); problem == "" && in.nothing() {
		return "find", "or conversationIds alone change nothing: give what to change"
	}
	return field, problem
}

var bulkUpdate = func() *Tool {
	t := planned[BulkUpdateIn]("bulk_update", "updated many conversations, job {handle}",
		"Change many conversations (at most 200). First give find or conversationIds and the change: nothing is changed, the answer "+
			"has the count, a sample and a handle. Then give the handle, again until the job is done.", d.Write,
		[]*d.Spec{d.GetConversation.Spec},
		[]*d.Spec{d.SearchConversations.Spec, d.ListConversationTags.Spec, d.ReopenConversation.Spec, d.TagConversation.Spec, d.UntagConversation.Spec, d.SetConversationAttributes.Spec,
			d.TransferConversation.Spec, d.ClaimConversation.Spec, d.SetFollowup.Spec, d.CloseConversation.Spec, d.AddNote.Spec},
		nil)
	t.Named, t.Bulk = true, true
	t.args = schemas.Of[BulkUpdateIn] // the same call again continues a job
	return t
}()

// Items returns the numbers of the conversations that a job is to change, each once, and by what they were found. There may be
// one more than [MostItems]: then there are more.
func (in *BulkUpdateIn) Items(ctx context.Context, c *d.Client) (ids []int64, by string, err error) {
	add := func(id int64) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(in.ConversationIDs) > 0 {
		for _, id := range in.ConversationIDs {
			add(id)
		}
		return ids, "conversationIds", nil
	}
	search := in.Find.search()
	search.PageLimit = 50
	for page, err := range d.SearchConversations.Pages(ctx, c, search) {
		if err != nil {
			return nil, "", err
		}
		for _, hit := range page.Value {
			add(hit.ID)
		}
		if len(ids) > MostItems {
			return ids[:MostItems+1], in.Find.given(), nil
		}
	}
	return ids, in.Find.given(), nil
}

// PlanItem says what the job is to do to one conversation, in order.
func (in *BulkUpdateIn) PlanItem(ctx context.Context, c *d.Client, env Env, id int64) ([]Step, error) {
	return planUpdate(ctx, &Reads{Env: env, Client: c}, UpdateConversationIn{ConversationRef: d.ConversationRef{ConversationID: id}, ConversationChange: in.ConversationChange})
}

// Change returns the arguments that say what is to be different, without those that have a fixed value.
func (in *BulkUpdateIn) Change(fixed ...string) (json.RawMessage, error) {
	members, err := in.change()
	for _, name := range fixed {
		delete(members, name)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// For returns the arguments that say what is to be different about one conversation.
func (in *BulkUpdateIn) For(id int64) (schemas.Checked, error) {
	members, err := in.change()
	if err != nil {
		return schemas.Checked{}, err
	}
	members["conversationId"] = fmt.Append(nil, id)
	return schemas.Read(members)
}

func (in *BulkUpdateIn) change() (members map[string]json.RawMessage, err error) {
	text, err := json.Marshal(in.ConversationChange)
	if err != nil {
		return nil, err
	}
	return members, json.Unmarshal(text, &members)
}

// Writes lists the operations that the change of a job may carry out on each conversation, one for each tag and so on.
func (in *BulkUpdateIn) Writes() (ops []*d.Spec, err error) {
	members, err := in.change()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		times := 1
		switch name {
		case "tag":
			times = len(unique(in.Tag))
		case "untag":
			times = len(unique(in.Untag))
		case "force": // of assignee
			continue
		}
		for _, c := range bulkUpdate.Carries(name) {
			if !c.Actor {
				ops = append(ops, slices.Repeat([]*d.Spec{c.Op}, times)...)
			}
		}
	}
	return ops, err
}

// Says lists what a job is to change, in the words of an answer.
func (in *BulkUpdateIn) Says(env Env) (said []string) {
	r := &Reads{Env: env}
	say := func(given bool, what, after string) {
		if given {
			said = append(said, what+": "+after)
		}
	}
	say(in.Reopen, "state", vocabulary.States.Word("Open"))
	for _, tag := range unique(in.Tag) {
		say(true, "tag "+r.shown(d.TagThing, string(tag)), "add")
	}
	for _, tag := range unique(in.Untag) {
		say(true, "tag "+r.shown(d.TagThing, string(tag)), "remove")
	}
	for _, a := range in.Attributes {
		text, err := settingText(a)
		say(err == nil, r.shown(d.AttributeThing, string(a.ID)), orNone(r.option(a.ID, text)))
	}
	say(in.Queue != "", "queue", r.shown(d.QueueThing, string(in.Queue)))
	say(in.Assignee != "", "assigned to", r.shown(d.AgentThing, string(in.Assignee)))
	if !in.FollowUp.IsZero() {
		say(true, "state", "Pending until "+in.FollowUp.In(r.Zone()).Format("Mon 2 Jan 2006 15:04 MST"))
	}
	say(in.Close, "state", vocabulary.States.Word("Closed"))
	say(in.Note != "", "note", "add")
	return said
}
