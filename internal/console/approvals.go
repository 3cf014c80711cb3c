package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/safetext"
)

// unfolded is how many messages of a conversation are shown at once; those before them can be opened.
const unfolded = 3

// maxReason bounds a reason, in bytes: agents are told it.
const maxReason = 1000

// row is a call in a list.
type row struct {
	approver.Item
	Asked, Until, DecidedAt *moment
	Yours                   bool   // the person may decide about it
	Begins                  string // the text, of which only approvers see the beginning
}

func (k *Console) row(v *visit, r approval.Request) row {
	now := k.Now()
	one := row{Item: approver.ItemOf(r), Asked: v.at(r.Created, now), Until: v.at(r.Expires, now), DecidedAt: v.at(r.Decided, now)}
	one.Yours = v.who.Role == approvers && r.State == approval.Pending && k.desk(v).MayDecide(r) == nil
	return one
}

// listApprovals lists what waits, oldest first, and what was decided lately, newest first.
func (k *Console) listApprovals(v *visit) {
	if k.Approvals == nil {
		http.Redirect(v.ResponseWriter, v.Request, "/agents", http.StatusSeeOther)
		return
	}
	list, err := k.Approvals.List(v.Context())
	if err != nil && len(list) == 0 {
		k.broken(v, "the calls that wait cannot be read", err)
		return
	}
	if err != nil {
		k.Log.Error("console: some approvals cannot be read", "error", err)
	}
	body := struct {
		Waiting, Decided []row
		Unreadable       bool
		Reads            bool // the person may open the text
	}{Unreadable: err != nil, Reads: v.who.Role == approvers}
	for _, r := range list {
		one := k.row(v, r)
		if r.State == approval.Pending {
			if body.Reads {
				one.Begins = safetext.Brief(cmp.Or(r.Text, r.Effect), 160)
			}
			body.Waiting = append(body.Waiting, one)
		} else {
			body.Decided = append(body.Decided, one)
		}
	}
	slices.Reverse(body.Decided)
	body.Decided = body.Decided[:min(len(body.Decided), 50)]
	k.show(v, http.StatusOK, "approvals.html", "/", "Approvals", true, body)
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
	NewRules bool   // the capability file changed since the agent asked
	Outcome  string // what became of it, a sentence
	Read     *moment
}

// message is a message of the conversation.
type message struct {
	approval.Message
	At *moment
}

// value is an argument of a call, as people read it.
type value struct {
	Name string
	Text string
	Long bool // a text of its own
}

// showApproval shows one call. Only approvers see its text, which is correspondence.
func (k *Console) showApproval(v *visit) {
	r, ok := k.request(v)
	if !ok {
		return
	}
	one := call{row: k.row(v, r), Reads: v.who.Role == approvers, Outcome: outcome(r)}
	if one.Reads {
		one.What = k.desk(v).Look(v.Context(), r)
		one.Deleted = r.Effect == "" && r.Arguments == nil
		one.NewRules = r.Rules != one.What.RulesNow
		one.Text, one.Values = r.Text, values(r)
		if steps := one.What.Steps; len(steps) > 1 || r.Text == "" { // otherwise the text says it
			one.Steps = steps
		}
		if seen := one.What.Review; seen != nil {
			one.Read = v.at(seen.Read, k.Now())
			for _, m := range seen.Messages {
				one.Messages = append(one.Messages, message{m, v.at(m.At, k.Now())})
			}
			if before := len(one.Messages) - unfolded; before > 1 {
				one.Folded, one.Messages = one.Messages[:before], one.Messages[before:]
			}
		}
		if one.Yours {
			one.Approve, one.Deny = v.token("/requests/"+r.Number+"/approve"), v.token("/requests/"+r.Number+"/deny")
		}
	}
	k.show(v, http.StatusOK, "request.html", "/", r.Number, false, one)
}

// request finds the call of an address. If there is none, it answers.
func (k *Console) request(v *visit) (approval.Request, bool) {
	if k.Approvals == nil {
		k.problem(v, http.StatusNotFound, "There is no such page.")
		return approval.Request{}, false
	}
	r, err := k.desk(v).Get(v.Context(), v.PathValue("number"))
	switch {
	case errors.As(err, new(*approver.NotFoundError)):
		k.problem(v, http.StatusNotFound, sentence(err.Error()))
	case err != nil:
		k.broken(v, "the call cannot be read", err)
	default:
		return r, true
	}
	return r, false
}

// decide returns the handler that approves or denies a call.
func (k *Console) decide(approve bool) func(*visit) {
	return func(v *visit) {
		reason := strings.TrimSpace(v.PostFormValue("reason"))
		r, ok := k.request(v)
		if !ok {
			return
		}
		if len(reason) > maxReason {
			v.warn("Nothing was decided: the reason is longer than 1,000 bytes.")
			http.Redirect(v.ResponseWriter, v.Request, "/requests/"+r.Number, http.StatusSeeOther)
			return
		}
		ctx := context.WithoutCancel(v.Context()) // what is recorded must be decided
		decided, err := k.desk(v).Decide(ctx, k.Audit, r, approver.Verdict{Approve: approve, Reason: reason})
		switch {
		case err == nil && approve:
			v.tell(r.Number + " is approved. " + decided.Request.Agent + "'s next identical call is carried out, once.")
		case err == nil:
			v.tell(r.Number + " is denied, and its text was deleted.")
		case errors.As(err, new(*approver.NotAllowedError)), errors.As(err, new(*approver.OwnError)), errors.As(err, new(*approver.NotAskedError)):
			k.problem(v, http.StatusForbidden, sentence(err.Error()))
			return
		case errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired):
			v.warn("Nothing was changed: " + strings.TrimSuffix(err.Error(), ".") + ".")
			http.Redirect(v.ResponseWriter, v.Request, "/requests/"+r.Number, http.StatusSeeOther)
			return
		default:
			k.broken(v, "nothing was decided: the approvals or the records do not work", err)
			return
		}
		http.Redirect(v.ResponseWriter, v.Request, "/", http.StatusSeeOther)
	}
}

// outcome says what became of a call.
func outcome(r approval.Request) string {
	switch r.State {
	case approval.Approved:
		return "Approved. Nothing was sent yet: the agent's next identical call is carried out, once."
	case approval.Denied:
		return "Denied. The text was deleted."
	case approval.Expired:
		return "Expired. The text was deleted; the agent must ask again."
	case approval.Done:
		switch r.Outcome {
		case "":
			return "Approved, and the call began."
		case approval.OutcomeUnknown:
			return "Approved. The call began, and it is not known what came of it."
		}
		return "Approved and carried out: " + r.Outcome + "."
	}
	return ""
}

// values lists the arguments of a call, as people read them: those that hold most text last. The text that would be sent has a
// place of its own.
func values(r approval.Request) []value {
	readable := r.Shown
	if readable == nil { // it was parked by an earlier release
		readable = r.Arguments
	}
	d := json.NewDecoder(bytes.NewReader(readable))
	d.UseNumber()
	var all any
	if d.Decode(&all) != nil {
		return []value{{Name: "arguments", Text: string(readable), Long: true}}
	}
	var list []value
	flatten(&list, "", all)
	list = slices.DeleteFunc(list, func(v value) bool { return r.Text != "" && v.Text == r.Text })
	slices.SortStableFunc(list, func(a, b value) int { return cmpBool(a.Long, b.Long) })
	return list
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// flatten adds the values inside a value, each by its path.
func flatten(list *[]value, name string, v any) {
	inside := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			flatten(list, inside(key), v[key])
		}
	case []any:
		for i, item := range v {
			flatten(list, inside(strconv.Itoa(i+1)), item)
		}
	case string:
		*list = append(*list, value{name, v, strings.Contains(v, "\n") || len(v) > 80})
	case nil:
		*list = append(*list, value{Name: name, Text: "null"})
	case bool:
		*list = append(*list, value{Name: name, Text: strconv.FormatBool(v)})
	case json.Number:
		*list = append(*list, value{Name: name, Text: v.String()})
	}
}
