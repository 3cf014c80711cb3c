package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"dixa-mcp/internal/base/safetext"
)

// Question is what a person at the client is asked.
type Question struct {
	Text  string
	State string // comes back with the answer
}

// askClient lets the call go on when the person at the client approved exactly it, and asks otherwise.
func (c *confirmation) askClient(ctx context.Context) (*Answer, error) {
	digest, tool := c.digest(c.plan...), c.call.tool.Name
	switch r := c.call.request; {
	case r.State != "":
		about, err := c.call.gate.questions.redeem(ctx, tool, r.State, digest, time.Now())
		if err != nil {
			return nil, err
		}
		if !r.Accepted {
			drafting{c.call}.observeDenied(c.steps, r.State)
			return nil, declined(tool)
		}
		if err := c.look(ctx); err != nil {
			return nil, err
		}
		if about != c.digest(c.message) {
			return nil, approvalOvertaken(tool)
		}
		c.call.record.Approver = "the person at the client"
		return nil, nil
	case r.AskApprover:
		return nil, noApprover(tool)
	case !r.CanAsk:
		return nil, cannotAsk(tool)
	}
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	state := c.call.gate.questions.seal(digest, c.digest(c.message), time.Now())
	return c.waits(ctx, "waiting for the person at the client", Answer{Ask: &Question{Text: c.question(), State: state}})
}

// question shows a person what the call would do, with every argument and the whole text.
func (c *confirmation) question() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The agent %s wants to %s.\n", c.call.agentName, c.does)
	var arguments map[string]json.RawMessage
	_ = json.Unmarshal(c.arguments(), &arguments) // it was made from the arguments just before
	names := make([]string, 0, len(arguments))
	for name := range arguments {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value := string(arguments[name])
		var text string
		if json.Unmarshal(arguments[name], &text) == nil {
			value = text
		}
		fmt.Fprintf(&b, "\n%s: %s", name, visible(value))
	}
	return b.String()
}

// visible shows what a text hides, and marks its further lines as its own, so that it cannot pass for words of ours.
func visible(s string) string {
	return strings.ReplaceAll(safetext.Lines(s), "\n", "\n  | ")
}
