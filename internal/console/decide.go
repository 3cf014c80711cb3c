package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/safetext"
)

// maxReason bounds a reason, in bytes: agents are told it.
const maxReason = 1000

// decide returns the handler that approves or denies a call. An approval can have another text, and can have the call carried
// out.
func (a approvalPages) decide(approve bool) func(*visit) {
	return func(v *visit) {
		verdict := approver.Verdict{Approve: approve, Reason: strings.TrimSpace(v.PostFormValue("reason")), Send: approve && v.PostFormValue("send") != ""}
		r, ok := a.request(v)
		if !ok {
			return
		}
		if approve {
			verdict.Text = editedText(r, v.PostFormValue("text"))
		}
		if len(verdict.Reason) > maxReason {
			v.warn("Nothing was decided: the reason is longer than 1,000 bytes.")
			a.showCall(v, http.StatusUnprocessableEntity, r, verdict.Text)
			return
		}
		ctx := context.WithoutCancel(v.Context()) // what is recorded must be decided
		result, err := a.desk(v).Decide(ctx, a.config.Audit, r, verdict)
		if err != nil {
			a.undecided(v, r, verdict, err)
			return
		}
		a.decided(v, verdict, result)
	}
}

// editedText returns the text that takes the place of a call's own, "" where it stays. Browsers send line breaks as CR LF.
func editedText(r approval.Request, sent string) string {
	sent = strings.ReplaceAll(sent, "\r\n", "\n")
	if sent == strings.ReplaceAll(r.Text, "\r\n", "\n") {
		return ""
	}
	return sent
}

// decided tells what came of a decision.
func (a approvalPages) decided(v *visit, verdict approver.Verdict, result approver.Result) {
	number, to := result.Request.Number, "/"
	with := ""
	if verdict.Text != "" {
		with = " with your text"
	}
	switch {
	case !verdict.Approve:
		v.tell(number + " is denied, and its text was deleted.")
	case result.Sent:
		v.tell(number + " was carried out" + with + ": " + safetext.Brief(result.Answer, 300))
	case result.NotSent != "":
		v.warn(number + " is approved" + with + ", but was not carried out: " + safetext.Brief(result.NotSent, 300))
		to = "/requests/" + number
	default:
		v.tell(number + " is approved" + with + ". " + result.Request.Agent + "'s next identical call is carried out, once.")
	}
	http.Redirect(v.ResponseWriter, v.Request, to, http.StatusSeeOther)
}

// undecided answers that nothing was decided, and why.
func (a approvalPages) undecided(v *visit, r approval.Request, verdict approver.Verdict, err error) {
	switch {
	case errors.As(err, new(*approver.NotAllowedError)), errors.As(err, new(*approver.OwnError)), errors.As(err, new(*approver.NotAskedError)):
		v.problem(http.StatusForbidden, sentence(err.Error()))
	case errors.As(err, new(*approver.EditError)), errors.As(err, new(*approver.SendError)):
		v.warn(sentence(err.Error()))
		a.showCall(v, http.StatusUnprocessableEntity, r, verdict.Text)
	case errors.As(err, new(*approval.DecidedError)), errors.Is(err, approval.ErrExpired):
		v.warn("Nothing was changed: " + strings.TrimSuffix(err.Error(), ".") + ".")
		http.Redirect(v.ResponseWriter, v.Request, "/requests/"+r.Number, http.StatusSeeOther)
	default:
		v.broken("nothing was decided: the approvals or the records do not work", err)
	}
}
