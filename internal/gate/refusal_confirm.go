package gate

import (
	"errors"
	"fmt"
	"strings"

	"dixa-mcp/internal/approval"
)

// The refusals of calls that need a person's approval, and do not have it.

func approvalsNotStored(tool string) *refusal {
	return &refusal{text: tool + " needs an approver's approval, but this server does not store approvals. Tell the user: the operator of dixa-mcp must set a state directory." + nothingSent, reason: "no approvals are stored"}
}

// approvalsBroken refuses a call when approvals do not work. The fault is for the operator.
func approvalsBroken(tool string, fault error) *refusal {
	text := tool + " needs an approver's approval, but approvals cannot be read or stored. The operator of dixa-mcp must fix this."
	return &refusal{text: text + nothingSent, reason: "approvals cannot be read or stored", fault: fault}
}

// approvalUnknown refuses to tell of an approval that does not exist, or that another agent asked for.
func approvalUnknown(tool string) *refusal {
	text := tool + ": approval: this agent did not ask for an approval with this number, or it was too long ago. Give the number that the answer of the waiting call has, such as A-7K2Q."
	return &refusal{text: text, reason: "it did not ask for such an approval", invalid: true}
}

// approvalsUnreadable refuses to tell of an approval when they do not work. The fault is for the operator.
func approvalsUnreadable(tool string, fault error) *refusal {
	return &refusal{text: tool + ": approvals cannot be read at the moment. Tell the user: the operator of dixa-mcp must fix this.", reason: "approvals cannot be read", fault: fault}
}

// rulesChanged ends a call that waited, since it was decided about under other rules.
func rulesChanged(tool string) *refusal {
	return &refusal{text: tool + ": the capability file was changed while this call waited. Call again to wait on.", reason: "the capability file was changed while it waited"}
}

func tooManyWaiting(tool string) *refusal {
	text := fmt.Sprintf("%s needs an approver's approval, but %v. Wait for a decision on those.", tool, approval.ErrTooMany)
	return &refusal{text: text + nothingSent, reason: "too many of its calls are waiting"}
}

func approvalDenied(tool string, r *approval.Request) *refusal {
	text := fmt.Sprintf("%s was denied (%s)", tool, r.Number)
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	text = sentenceOf(text) + " The same call stays denied: tell the user, and ask only for what the answer allows."
	return &refusal{text: text + nothingSent, reason: "it was denied by " + r.Approver}
}

func approverReplaced(tool string, r *approval.Request) *refusal {
	text := fmt.Sprintf("%s was approved by %s, who may no longer decide about it. Call again after %s to ask another approver.", tool, r.Approver, until(r))
	return &refusal{text: text + nothingSent, reason: "its approver may no longer decide"}
}

func approvalUsed(tool string) *refusal {
	text := tool + ": its approval was used by the same call just now, or has expired. Call again to ask for another."
	return &refusal{text: text + nothingSent, reason: "its approval was used already or has expired"}
}

// approvalOvertaken refuses a call that a person approved before the newest message arrived.
func approvalOvertaken(tool string) *refusal {
	text := tool + ": a message arrived in the conversation after this was approved, so the approval is no longer valid. Read the conversation, and call again to ask for another."
	return &refusal{text: text + nothingSent, reason: "a message arrived after it was approved"}
}

// confirmationUnverified refuses a confirmation when it is not known whether it was used. The fault is for the operator.
func confirmationUnverified(tool string, fault error) *refusal {
	text := tool + ": whether this confirmation was used already cannot be told at the moment, so it was not accepted. Call again without it, to ask the person again."
	return &refusal{text: text + nothingSent, reason: "whether its confirmation was used cannot be told", fault: fault}
}

func confirmationInvalid(tool string, err error) *refusal {
	return &refusal{text: fmt.Sprintf("%s: the confirmation %v. Call again without it.", tool, err) + nothingSent, reason: "its confirmation is not valid"}
}

func declined(tool string) *refusal {
	return &refusal{text: tool + ": the person at the client said no. Do not call it again as it is; ask what should be done instead." + nothingSent, reason: "the person at the client said no"}
}

// noApprover refuses a call whose client cannot be asked across several servers, and about which no approver may decide.
func noApprover(tool string) *refusal {
	text := tool + " needs a person's confirmation. A client of this protocol version cannot be asked here, where several servers share the work, and the capability file has no approver who may decide about it. Tell the user: the operator can name one under approvers."
	return &refusal{text: text + nothingSent, reason: "the client cannot be asked, and there is no approver"}
}

// cannotAsk refuses a call whose client cannot ask its person.
func cannotAsk(tool string) *refusal {
	text := tool + " needs a person's confirmation, and this client cannot ask for one (it does not support elicitation). Tell the user: use a client that does, or let the operator set confirm: approver."
	return &refusal{text: text + nothingSent, reason: "the client cannot ask its person"}
}

// changedSinceAsked refuses to carry out for an approver what is not what the agent asked for any more.
func changedSinceAsked(tool string, r *approval.Request, newest string) *refusal {
	why := "what it would change is not what it was when the agent asked"
	if newest != r.LastMessage {
		why = "a message arrived in the conversation after the agent asked"
	}
	return &refusal{text: fmt.Sprintf("%s (%s): %s. The agent has to call again to ask for another approval.", tool, r.Number, why) + nothingSent, reason: why}
}

// noLongerWaits refuses to carry out for an approver what the agent can do by itself.
func noLongerWaits(tool string) *refusal {
	return &refusal{text: tool + " does not need an approval any more under the capability file in force: the agent can call it by itself." + nothingSent, reason: "it does not need an approval any more"}
}

// notSentOnApproval refuses to carry out for an approver what the file leaves to the agent.
func notSentOnApproval(agent string) *refusal {
	text := fmt.Sprintf("an approver cannot have it carried out: agents.%s does not say on_approval: send. Approve it, and the agent's next identical call is carried out.", agent)
	return &refusal{text: text + nothingSent, reason: "the capability file does not say on_approval: send", denied: true}
}

// sentOrNot refuses a call that an approver had carried out, of which it is not known that it was done.
func sentOrNot(tool string, r *approval.Request, insist string) *refusal {
	text := fmt.Sprintf("%s: %s began to send it at %s, and it is not known whether all of it was done. Check before you go on%s", tool, r.SentBy, r.Sent.UTC().Format("15:04 UTC on 2 January"), insist)
	return &refusal{text: text + " Nothing was sent now.", reason: "whether it was sent by " + r.SentBy + " is not known"}
}

// editRefused refuses a call with the text of an approver.
func editRefused(tool, approver string, why error) *refusal {
	said := strings.TrimSuffix(why.Error(), nothingSent)
	if r, ok := errors.AsType[*refusal](why); ok {
		said = strings.TrimSuffix(r.text, nothingSent)
	}
	text := fmt.Sprintf("%s: the text as %s changed it was not accepted: %s The approval is used up; call again to ask for another.", tool, approver, sentenceOf(said))
	return &refusal{text: text + nothingSent, reason: "the approver's text was not accepted"}
}
