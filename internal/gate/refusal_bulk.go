package gate

import (
	"errors"
	"fmt"

	"dixa-mcp/internal/jobs"
	"dixa-mcp/tools"
)

// The refusals of changes of many conversations.

func noItems(tool, by string) *refusal {
	return &refusal{text: fmt.Sprintf("%s: no conversation was found by %s, so that there is nothing to change. Call again without one of these, or with other words. Nothing was changed.", tool, by), reason: "there is nothing to change"}
}

// tooManyItems refuses a job of more conversations than one may change. Dixa tells no total.
func tooManyItems(tool, by string) *refusal {
	text := fmt.Sprintf("%s: %d+ conversations were found by %s, and one job may change %d. Call again with a narrower search, for example with from and to, and make several jobs of it. Nothing was changed.", tool, tools.MostItems, by, tools.MostItems)
	return &refusal{text: text, reason: "it is about too many conversations"}
}

// unknownJob refuses a call about a job that does not exist, or is another agent's or credential's.
func unknownJob(tool, handle string) *refusal {
	text := fmt.Sprintf("%s: there is no job %s: a job can be carried out for 24 hours, with the credential that prepared it. Call it with find or conversationIds and the change to prepare another.", tool, handle)
	return &refusal{text: text + nothingSent, reason: "there is no such job"}
}

func jobRunning(tool, handle string, e *jobs.RunningError) *refusal {
	return &refusal{text: fmt.Sprintf("%s: job %s: %v. Wait for its answer, or call again after that.", tool, handle, e) + nothingSent, reason: "another call carries the job out"}
}

// jobNotAllowed refuses a job whose change does not fit the rules in force any more.
func jobNotAllowed(tool, handle string, err error) *refusal {
	text := fmt.Sprintf("%s: job %s cannot be continued: %s Call it with find or conversationIds and an allowed change to prepare another.", tool, handle, sentenceOf(err.Error()))
	return &refusal{text: text + nothingSent, reason: "the job no longer fits the capability file"}
}

// jobStopped says why a job did not go on.
func jobStopped(tool, handle string, err error) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return fmt.Errorf("%s: job %s did not go on: %w", tool, handle, err)
}

// jobsBroken refuses a call when jobs cannot be kept. The fault is for the operator.
func jobsBroken(tool string, fault error) *refusal {
	text := tool + ": jobs cannot be read or kept. The operator of dixa-mcp must fix this."
	return &refusal{text: text + nothingSent, reason: "jobs cannot be read or kept", fault: fault}
}
