package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/base/safetext"
)

// Notification is what a webhook gets, as JSON.
type Notification struct {
	Event        string    `json:"event"` // approval.waiting or approval.escalated
	Number       string    `json:"number"`
	Agent        string    `json:"agent"`
	Person       string    `json:"person,omitzero"` // for whom the agent asked
	Tool         string    `json:"tool"`
	Level        string    `json:"level"`
	Conversation int64     `json:"conversation,omitzero"`
	Created      time.Time `json:"created"`
	Expires      time.Time `json:"expires"`
	Approvers    []string  `json:"approvers"` // who may decide by now
	URL          string    `json:"url,omitzero"`
	Effect       string    `json:"effect,omitzero"` // only where texts are told
	Text         string    `json:"text,omitzero"`
}

// mostText is how many characters of a text are told.
const mostText = 2000

// body writes a notification in the form of the webhook.
func (n *Notifier) body(r approval.Request, escalated bool) ([]byte, error) {
	what := Notification{
		Event: "approval.waiting", Number: r.Number, Agent: r.Agent, Person: r.Person, Tool: r.Tool, Level: r.Level, Conversation: r.Conversation,
		Created: r.Created, Expires: r.Expires, Approvers: n.asked(r),
	}
	if escalated {
		what.Event = "approval.escalated"
	}
	if n.Console != "" {
		what.URL = strings.TrimRight(n.Console, "/") + "/requests/" + r.Number
	}
	if n.Text {
		what.Effect, what.Text = safetext.Brief(r.Effect, mostText), cut(safetext.Lines(r.Text))
	}
	if n.Form == Slack {
		return json.Marshal(map[string]string{"text": what.slack()})
	}
	return json.Marshal(what)
}

// asked lists the approvers who may decide about a request by now.
func (n *Notifier) asked(r approval.Request) []string {
	rules, names := n.Rules(), []string{}
	level, ok := dixaclient.ParseLevel(r.Level)
	agent, err := rules.Agent(r.Agent)
	if !ok || err != nil {
		return names
	}
	for _, a := range rules.Approvers() {
		after, asked := agent.Asking(r.Confirm).Asks(a.Name)
		if a.Decides(level) && asked && !n.Now().Before(r.Created.Add(after)) {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}

// slack returns the notification as a message of Slack. Nothing in it but our own link is markup.
func (w *Notification) slack() string {
	number := escaped(w.Number)
	if w.URL != "" {
		number = "<" + w.URL + "|" + number + ">"
	}
	said := fmt.Sprintf("%s waits for approval: %s wants to use %s", number, escaped(w.asker()), escaped(w.Tool))
	if w.Conversation != 0 {
		said += fmt.Sprintf(" in conversation %d", w.Conversation)
	}
	if w.Event == "approval.escalated" {
		said = "Nobody has decided yet. " + said
	}
	if len(w.Approvers) > 0 {
		said += ". Asked: " + escaped(strings.Join(w.Approvers, ", "))
	}
	said += ". Expires " + w.Expires.UTC().Format("2 January 15:04 UTC") + "."
	if w.Effect != "" {
		said += "\n" + escaped(w.Effect)
	}
	if w.Text != "" {
		said += "\n>" + strings.ReplaceAll(escaped(w.Text), "\n", "\n>")
	}
	return said
}

func (w *Notification) asker() string {
	if w.Person == "" {
		return w.Agent
	}
	return w.Agent + " for " + w.Person
}

// escaped makes a text that Slack shows as it is: no link, no mention, no format.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "\u2217", "~", "\u223c", "`", "\u02cb").Replace(s)
}

// cut shortens a text.
func cut(s string) string {
	n := 0
	for i := range s {
		if n++; n > mostText {
			return s[:i] + "…"
		}
	}
	return s
}
