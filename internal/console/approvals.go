package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/safetext"
)

// unfolded is how many messages of a conversation are shown at once; those before them can be opened.
const unfolded = 3

// approvalPages show calls that wait for an approval, and decide about them.
type approvalPages struct{ config *Config }

// row is a call in a list.
type row struct {
	approver.Item
	Asked, Until, DecidedAt *moment
	Widens                  *moment // when more approvers are asked
	Yours                   bool    // the person may decide about it
	Begins                  string  // the text, of which only approvers see the beginning
}

func (a approvalPages) row(v *visit, r approval.Request) row {
	one := row{Item: approver.ItemOf(r), Asked: v.at(r.Created), Until: v.at(r.Expires), DecidedAt: v.at(r.Decided), Widens: v.at(r.Escalates)}
	one.Yours = v.who.Role == approvers && r.State == approval.Pending && a.desk(v).MayDecide(r) == nil
	return one
}

// list lists what waits, oldest first, and what was decided lately, newest first.
func (a approvalPages) list(v *visit) {
	if a.config.Approvals == nil {
		http.Redirect(v.ResponseWriter, v.Request, "/agents", http.StatusSeeOther)
		return
	}
	list, err := a.config.Approvals.List(v.Context())
	if err != nil && len(list) == 0 {
		v.broken("the calls that wait cannot be read", err)
		return
	}
	if err != nil {
		a.config.Log.Error("console: some approvals cannot be read", "error", err)
	}
	body := struct {
		Waiting, Drafts, Decided []row
		Unreadable               bool
		Reads                    bool // the person may open the text
	}{Unreadable: err != nil, Reads: v.who.Role == approvers}
	for _, r := range list {
		one := a.row(v, r)
		if r.State == approval.Pending {
			if body.Reads {
				one.Begins = safetext.Brief(cmp.Or(r.Text, r.Effect), 160)
			}
			if r.Draft != "" {
				body.Drafts = append(body.Drafts, one)
			} else {
				body.Waiting = append(body.Waiting, one)
			}
		} else {
			body.Decided = append(body.Decided, one)
		}
	}
	slices.Reverse(body.Decided)
	body.Decided = body.Decided[:min(len(body.Decided), 50)]
	v.show(http.StatusOK, "approvals.html", "/", "Approvals", true, body)
}

// call is the page of one call.
type call struct {
	row
	What     approver.Details // with what Dixa says about the conversation
	Reads    bool             // the person may see the text
	Deleted  bool             // the text
	Text     string           // that would be sent, as it is
	Folded   []message        // those before the last ones
	Messages []message
	Steps    []approval.Step
	Values   []value // the arguments; the text is not among them
	Approve  string  // tokens of the forms; "" where the person may not decide
	Deny     string
	Editor   string // the text to edit; "" where it cannot be edited
	Editing  bool   // the editor is open
	Cleaned  bool   // characters that are not seen are not in the editor
	MaySend  bool   // the person can have it carried out at once
	Approved bool   // and it was approved before
	NewRules bool   // the capability file changed since the agent asked
	Outcome  string // what became of it, a sentence
	Read     *moment
}

// message is a message of the conversation.
type message struct {
	approval.Message
	At *moment
}

// show shows one call. Only approvers see its text, which is correspondence.
func (a approvalPages) show(v *visit) {
	if r, ok := a.request(v); ok {
		a.showCall(v, http.StatusOK, r, "")
	}
}

// showCall shows a call. A text that was edited and cannot be used stays in the editor.
func (a approvalPages) showCall(v *visit, status int, r approval.Request, edited string) {
	one := call{row: a.row(v, r), Reads: v.who.Role == approvers, Outcome: outcome(r)}
	if one.Reads {
		one.What = a.desk(v).Look(v.Context(), r)
		one.Deleted = r.Effect == "" && r.Arguments == nil
		one.NewRules = r.Rules != one.What.RulesNow
		one.Text, one.Values = cmp.Or(r.NewText, r.Text), values(r)
		if steps := one.What.Steps; len(steps) > 1 || r.Text == "" { // otherwise the text says it
			one.Steps = steps
		}
		if seen := one.What.Review; seen != nil {
			one.Read = v.at(seen.Read)
			for _, m := range seen.Messages {
				one.Messages = append(one.Messages, message{m, v.at(m.At)})
			}
			if before := len(one.Messages) - unfolded; before > 1 {
				one.Folded, one.Messages = one.Messages[:before], one.Messages[before:]
			}
		}
		one.Approved = r.State == approval.Approved && one.What.MayDecide && one.What.MaySend
		if one.Yours || one.Approved {
			one.MaySend = one.What.MaySend
			one.Approve, one.Deny = v.token("/requests/"+r.Number+"/approve"), v.token("/requests/"+r.Number+"/deny")
		}
		if one.Editor = one.What.EditText; one.Yours && one.Editor != "" {
			one.Editor, one.Cleaned = seenOnly(one.Editor)
			if edited != "" {
				one.Editor, one.Editing, one.Cleaned = edited, true, false
			}
		}
	}
	v.show(status, "request.html", "/", r.Number, false, one)
}

// seenOnly returns a text without the characters that are not seen, and whether it had some: they cannot be edited.
func seenOnly(text string) (string, bool) {
	var b strings.Builder
	had := false
	for _, p := range shown(text) {
		if had = had || p.Unseen; !p.Unseen {
			b.WriteString(p.Text)
		}
	}
	if !had {
		return text, false
	}
	return b.String(), true
}

// request finds the call of an address. If there is none, it answers.
func (a approvalPages) request(v *visit) (approval.Request, bool) {
	r, err := a.desk(v).Get(v.Context(), v.PathValue("number"))
	switch {
	case errors.As(err, new(*approver.NotFoundError)):
		v.problem(http.StatusNotFound, sentence(err.Error()))
	case err != nil:
		v.broken("the call cannot be read", err)
	default:
		return r, true
	}
	return r, false
}

// outcome says what became of a call.
func outcome(r approval.Request) string {
	switch r.State {
	case approval.Approved:
		if r.Edited {
			return "Approved with another text. Nothing was sent yet: the agent's next identical call is carried out with it, once."
		}
		return "Approved. Nothing was sent yet: the agent's next identical call is carried out, once."
	case approval.Denied:
		return "Denied. The text was deleted."
	case approval.Expired:
		if r.Outcome == approval.OutcomeOvertaken {
			return "A newer message came into the conversation. The text was deleted; the agent must ask again."
		}
		return "Expired. The text was deleted; the agent must ask again."
	case approval.Done:
		with := ""
		if r.Edited {
			with = " with another text"
		}
		if !r.Sent.IsZero() {
			with += ", for " + r.SentBy
		}
		switch r.Outcome {
		case "":
			return "Approved, and the call began."
		case approval.OutcomeUnknown:
			return "Approved. The call began, and it is not known what came of it."
		}
		return "Approved" + with + ", and carried out: " + r.Outcome + "."
	}
	return ""
}

// desk returns what an approver decides with.
func (a approvalPages) desk(v *visit) *approver.Session {
	return &approver.Session{Rules: v.rules, Who: v.who.approver, KeyID: v.who.KeyID, Store: a.config.Approvals, Reviewer: a.config.Reviewer, Sender: a.config.Sender}
}
