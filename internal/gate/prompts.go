package gate

import (
	"fmt"
	"slices"
	"strings"

	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/capability"
)

// Prompt is a task that a person chooses in a client, written for the client's model.
type Prompt struct {
	Name, Title, About string
	Arguments          []PromptArgument
	steps              []promptStep
}

// Tools returns the names of all tools that the prompt may name.
func (p *Prompt) Tools() []string {
	var names []string
	for _, s := range p.steps {
		for _, name := range s.tools {
			name, _, _ = strings.Cut(name, ".")
			names = append(names, name)
		}
	}
	return names
}

// PromptArgument is what a person says about the task.
type PromptArgument struct {
	Name, About string
	Required    bool
	number      bool // of a conversation
}

// promptStep is a sentence of a prompt. One that names a tool is there only for agents that see the tool.
type promptStep struct {
	tools    []string // the first of them that the agent sees, with the argument behind the dot, is {tool}; none: the sentence names no tool
	without  string   // the sentence is not there for agents that see this tool
	argument string   // the sentence is there only if this argument is given
	text     string   // arguments and the tool are in braces
	needed   bool     // without the tool there is no such prompt
}

// longestArgument is how many characters of an argument are in a prompt.
const longestArgument = 300

var theConversation = PromptArgument{Name: "conversation", About: "The number of the conversation.", Required: true, number: true}

// readFirst is the first step of all prompts about one conversation.
var readFirst = promptStep{tools: []string{"read_conversation", "list_messages"}, text: "Read conversation {conversation} with {tool}.", needed: true}

var prompts = []Prompt{
	{
		Name: "triage", Title: "Sort a conversation", About: "Tag a conversation, move it to the right queue and leave a note for colleagues.",
		Arguments: []PromptArgument{theConversation},
		steps: []promptStep{
			readFirst,
			{tools: []string{"update_conversation.tag", "tag_conversation", "tag_conversation_by_name"}, text: "Add the tags that fit with {tool}, and no others.", needed: true},
			{tools: []string{"update_conversation.queue", "transfer_conversation"}, text: "If it belongs in another queue, move it with {tool}."},
			{tools: []string{"update_conversation.note", "add_note"}, text: "Leave one note of at most three sentences with {tool}: what the customer wants, what was promised, what is missing."},
			{text: "Send nothing to the customer. Tell me in three lines what you did and why."},
		},
	},
	{
		Name: "reply", Title: "Answer a customer", About: "Write an answer to the customer of a conversation, and send it once you have agreed.",
		Arguments: []PromptArgument{theConversation, {Name: "wish", About: "What the answer should say or do."}},
		steps: []promptStep{
			readFirst,
			{tools: []string{"find_article"}, text: "Look for an article that answers the question with {tool}, and keep to what it says."},
			{text: "Write an answer in the customer's language: short, friendly, with nothing promised that is not in the conversation or an article."},
			{argument: "wish", text: "I wish: {wish}"},
			{tools: []string{"reply.draft"}, text: "Leave it as a draft with draft_reply, and keep the draft's number."},
			{text: "Show me the answer and wait until I agree to it."},
			{tools: []string{"reply", "send_message"}, text: "Then send exactly this text with {tool}, once; if there is a draft of it, by the draft's number.", needed: true},
		},
	},
	{
		Name: "hand_over", Title: "Hand a conversation over", About: "Write a note with which a colleague can go on at once, and move the conversation.",
		Arguments: []PromptArgument{theConversation, {Name: "to", About: "The queue or colleague who takes it over."}},
		steps: []promptStep{
			readFirst,
			{tools: []string{"update_conversation.note", "add_note"}, text: "Write one note with {tool}: what the customer wants, what was done and promised, what is open, and the next step.", needed: true},
			{argument: "to", tools: []string{"update_conversation.queue", "transfer_conversation"}, text: "Then move the conversation to {to} with {tool}."},
			{argument: "to", tools: []string{"update_conversation.assignee", "claim_conversation"}, text: "If {to} is a person, assign it with {tool}."},
			{text: "Send nothing to the customer. Show me the note."},
		},
	},
	{
		Name: "weekly_report", Title: "Report on last week", About: "Compare last week's numbers with the week before.",
		Arguments: []PromptArgument{{Name: "about", About: "Only this, such as a queue or channel."}},
		steps: []promptStep{
			{tools: []string{"report", "query_metric"}, text: "With {tool}, read last week and the week before: conversations created and closed, response times, satisfaction.", needed: true},
			{tools: []string{"list_metrics"}, text: "The metrics are listed by {tool}."},
			{tools: []string{"overview", "list_queues"}, text: "See with {tool} how the queues are now."},
			{tools: []string{"report"}, text: "Read what customers wrote with their ratings with {tool} (csat, with comments), and say what the bad ones have in common."},
			{argument: "about", text: "Report only on: {about}"},
			{text: "Write at most 15 lines: the numbers as a table with the change, then what stands out, then what you could not find out. Give no number that no tool gave you."},
		},
	},
	{
		Name: "erasure", Title: "Erase a customer's data", About: "Find a customer, show what would be erased, and erase it once you have agreed.",
		Arguments: []PromptArgument{{Name: "customer", About: "The customer's e-mail address or phone number.", Required: true}},
		steps: []promptStep{
			{tools: []string{"find_customer", "list_end_users"}, text: "Find the customer {customer} with {tool}. Go on only if it is exactly one.", needed: true},
			{tools: []string{"list_end_user_conversations"}, text: "List the customer's conversations with {tool}."},
			{text: "Show me who it is and what would be erased, and wait until I agree. It cannot be undone."},
			{tools: []string{"update_conversation.close", "close_conversation"}, without: "erase_customer", text: "Close the open conversations with {tool}: only closed ones are erased."},
			{tools: []string{"erase_customer", "anonymize_end_user"}, text: "Then erase the customer with {tool}, once.", needed: true},
			{tools: []string{"erase_customer"}, text: "If {tool} names open conversations, ask me whether to close them; if so, call it again with close."},
			{tools: []string{"get_anonymization"}, text: "See with {tool} how far it is, and tell me."},
		},
	},
}

// AllPrompts lists all prompts.
func AllPrompts() []Prompt { return slices.Clone(prompts) }

// Prompts lists the prompts whose tools an agent sees. conversation is the only one that exists for its credential; 0 for one that is
// not bound.
func (g *Gate) Prompts(agent string, conversation int64) []Prompt {
	return promptsOf(g.Rules(), agent, conversation)
}

func promptsOf(rules *capability.Rules, agent string, conversation int64) []Prompt {
	sees := seen(rules, agent, conversation)
	return slices.DeleteFunc(slices.Clone(prompts), func(p Prompt) bool {
		return slices.ContainsFunc(p.steps, func(s promptStep) bool { return s.needed && s.tool(sees) == "" })
	})
}

// promptsDiffer reports whether an agent has other prompts under other rules. Their texts are made when they are asked for.
func promptsDiffer(before, now *capability.Rules) bool {
	same := func(a, b Prompt) bool { return a.Name == b.Name }
	for _, a := range slices.Concat(before.Agents(), now.Agents()) {
		if !slices.EqualFunc(promptsOf(before, a.Name, 0), promptsOf(now, a.Name, 0), same) {
			return true
		}
	}
	return false
}

// seen returns the names of the tools that an agent sees, and of those that make plans also with each argument, after a dot.
func seen(rules *capability.Rules, agent string, conversation int64) map[string]bool {
	sees := map[string]bool{}
	if a, err := rules.Agent(agent); err == nil {
		a = a.Within(conversation)
		for _, t := range a.Tools() {
			sees[t.Name] = true
			if !t.Plans() {
				continue
			}
			for _, p := range a.Shape(t).Schema().Properties() { // which of the writes it may do
				sees[t.Name+"."+p.Name] = true
			}
		}
	}
	return sees
}

// tool returns the tool that the step names to an agent.
func (s promptStep) tool(sees map[string]bool) string {
	for _, name := range s.tools {
		if sees[name] {
			name, _, _ = strings.Cut(name, ".")
			return name
		}
	}
	return ""
}

// Prompt returns the text of a prompt for an agent and a credential, as [Gate.Prompts] has it. The error says which arguments do not
// fit.
func (g *Gate) Prompt(agent string, conversation int64, name string, arguments map[string]string) (string, error) {
	listed := g.Prompts(agent, conversation)
	i := slices.IndexFunc(listed, func(p Prompt) bool { return p.Name == name })
	if i < 0 {
		return "", fmt.Errorf("agent %s has no prompt %.80q", agent, name)
	}
	given, err := listed[i].given(arguments)
	if err != nil {
		return "", err
	}
	sees, text := seen(g.Rules(), agent, conversation), ""
	if a, err := g.Rules().Agent(agent); err == nil && a.Discovers() {
		text = "Call the tools that are named here with call_tool; find_tools gives their arguments.\n"
	}
	for _, s := range listed[i].lines(sees, given) {
		text += s.text + "\n"
	}
	return text, nil
}

// lines returns the steps that are there for an agent that sees these tools, and for these arguments, which are filled in.
func (p *Prompt) lines(sees map[string]bool, given map[string]string) []promptStep {
	var all []promptStep
	for _, s := range p.steps {
		tool := s.tool(sees)
		if len(s.tools) > 0 && tool == "" || s.argument != "" && given[s.argument] == "" || sees[s.without] {
			continue
		}
		values := []string{"{tool}", tool}
		for argument, value := range given {
			values = append(values, "{"+argument+"}", value)
		}
		s.text = strings.NewReplacer(values...).Replace(s.text)
		all = append(all, s)
	}
	return all
}

// given checks arguments, and returns each in one line.
func (p *Prompt) given(arguments map[string]string) (map[string]string, error) {
	given := map[string]string{}
	for _, a := range p.Arguments {
		value := safetext.Brief(arguments[a.Name], longestArgument)
		if a.number {
			value = strings.TrimPrefix(value, "#")
		}
		switch {
		case value == "" && a.Required:
			return nil, fmt.Errorf("%s needs %s: %s", p.Name, a.Name, a.About)
		case a.number && strings.Trim(value, "0123456789") != "" || a.number && len(value) > 18:
			return nil, fmt.Errorf("%s: %s must be a number such as 1234, not %.80q", p.Name, a.Name, value)
		}
		given[a.Name] = value
	}
	for name := range arguments {
		if !slices.ContainsFunc(p.Arguments, func(a PromptArgument) bool { return a.Name == name }) {
			return nil, fmt.Errorf("%s has no argument %.80q", p.Name, name)
		}
	}
	return given, nil
}
