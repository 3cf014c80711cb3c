package gate

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// inJSON reports whether the call is answered in JSON.
func (c *call) inJSON() bool {
	return c.request.forProgram || c.gate.json || c.agent.InJSON()
}

// options says how the answer of the call is shown.
func (c *call) options(ctx context.Context, args *tools.Arguments, out tools.Output) view.Options {
	o := c.tool.View
	o.Skip, o.NextKey, o.Total, o.More = args.Skip, out.Next, out.Total, out.More
	o.Offset, o.PageKey, o.Limit = args.Offset, args.PageKey, args.Limit
	if c.tool.Level == dixaclient.Read {
		o.Again = c.again
	}
	if !c.inJSON() {
		o.Form, o.Layout = view.AsText, c.tool.Layout()
		o.IDs = c.agent.Answers() == capability.AnswersIDs
		o.Names = c.names(ctx)
		o.Zone = func() *time.Location { return c.shownZone(ctx) }
	}
	return o
}

// shownZone returns the zone in which times are shown, which is the one in which they are read. It is UTC where that
// cannot be found out. For the answer to a write nothing is read.
func (c *call) shownZone(ctx context.Context) *time.Location {
	if c.tool.Level > dixaclient.Read && !c.zoneKnown() {
		return time.UTC
	}
	zone, err := c.zone(ctx)
	if err != nil {
		return time.UTC
	}
	return zone
}

// saying returns an answer of one statement of our own, in the words of an answer that is JSON or text.
func (c *call) saying(key, words string) string {
	if c.inJSON() {
		return c.adding("{}", key, words)
	}
	return c.adding("", key, words)
}

// adding adds a statement of our own to an answer.
func (c *call) adding(answer, key, words string) string {
	if !c.inJSON() {
		return answer + strings.ToUpper(key[:1]) + key[1:] + ": " + words + "\n"
	}
	text, _ := json.Marshal(map[string]string{key: words}) // strings always marshal
	return joined(answer, string(text))
}

// joined makes one JSON object of two, of which the second has members.
func joined(a, b string) string {
	if a == "{}" {
		return b
	}
	return strings.TrimSuffix(a, "}") + "," + strings.TrimPrefix(b, "{")
}
