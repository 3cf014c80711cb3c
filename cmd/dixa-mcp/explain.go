package main

import (
	"context"
	"encoding/json"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/tools"
)

type explainCmd struct {
	Tool         string   `arg:"" help:"Name of the tool, such as close_conversation."`
	Arguments    string   `arg:"" optional:"" help:"Arguments as a JSON object; - reads them from standard input."`
	Agent        string   `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent of the capability file; by default the first of its stdio list."`
	Person       string   `placeholder:"EMAIL" help:"Verified e-mail address of the person who would make the call."`
	Claim        []string `sep:"none" placeholder:"NAME=VALUE" help:"Claim of that person, such as groups=support-leads. Can be repeated."`
	Conversation int64    `placeholder:"N" help:"Conversation to which the key of the call would be bound."`
	jsonFlag     `embed:""`
	dixaFlags    `embed:""`
}

// Run prints how a call would be decided. It sends nothing but the reads that a bound needs,
// and those from which a plan is made.
func (c *explainCmd) Run(ctx context.Context, out *output) error {
	_, ok := tools.Any(c.Tool)
	if !ok {
		return noSuchTool(c.Tool)
	}
	arguments, err := readArguments(ctx, c.Arguments)
	if err != nil {
		return err
	}
	s, needed, err := c.explainer(ctx, false)
	if err != nil {
		return err
	}
	defer s.Close()
	person, err := c.person(s.rules)
	if err != nil {
		return err
	}
	name, by := c.Agent, ""
	if person != nil {
		if name, by, err = agentForPerson(s.rules, person, c.Agent); err != nil {
			return err
		}
	}
	agent, err := agentOf(s.rules, name)
	if err != nil {
		return err
	}
	e := s.gate.Explain(ctx, gate.Request{Agent: agent.Name, Person: person, Conversation: c.Conversation, Tool: c.Tool, Arguments: arguments})
	if err := needed(); err != nil {
		return err
	}
	if c.JSON {
		err = out.json(explanation{c.Tool, agent.Name, person.String(), by, e.Granted, e.Why, e.Confirm, filledOf(e.Filled), e.Lookups, e.Plan, e.Requests, partsOf(e.Parts)})
	} else {
		if person != nil {
			out.printf("%s uses agent %s, by %s\n", person, agent.Name, by)
		}
		printExplanation(out, e)
	}
	if e.Invalid {
		return usagef("these arguments of %s are invalid, so the call would be refused; nothing was sent", c.Tool)
	}
	if !e.Granted {
		return refusedf("%s is refused to agent %s", c.Tool, agent.Name)
	}
	return err
}

// explanation is the output as JSON.
type explanation struct {
	Tool       string   `json:"tool"`
	Agent      string   `json:"agent"`
	Person     string   `json:"person,omitempty"`
	By         string   `json:"by,omitempty"` // the rule that gives the agent to the person
	Granted    bool     `json:"granted"`
	Why        string   `json:"why"`
	Confirm    string   `json:"confirm,omitempty"`
	Filled     []filled `json:"filled,omitempty"`
	Lookups    []string `json:"lookups,omitempty"`
	Plan       []string `json:"plan,omitempty"`
	Requests   []string `json:"requests,omitempty"`
	Operations []part   `json:"operations,omitempty"`
}

// part is an operation that a tool of several operations can carry out.
type part struct {
	Operation    string    `json:"operation"`
	Need         gate.Need `json:"need"`
	Granted      bool      `json:"granted"`
	Why          string    `json:"why"`
	Rule         string    `json:"rule"`
	Restrictions []string  `json:"restrictions,omitempty"`
}

func partsOf(all []gate.Part) (p []part) {
	for _, one := range all {
		p = append(p, part(one))
	}
	return p
}

// filled is an argument that the capability file fills in.
type filled struct {
	Argument string          `json:"argument"`
	Value    json.RawMessage `json:"value"`
	Rule     string          `json:"rule"`
	Line     int             `json:"line"`
}

func filledOf(all []capability.Filled) (f []filled) {
	for _, one := range all {
		f = append(f, filled(one))
	}
	return f
}

func printExplanation(out *output, e gate.Explanation) {
	verdict := "refused"
	if e.Granted {
		verdict = "granted"
	}
	out.printf("%s: %s\n", verdict, e.Why)
	if e.Confirm != "" {
		out.printf("would wait for approval: %s\n", e.Confirm)
	}
	for _, f := range e.Filled {
		out.printf("filled in: %s = %s (%s, line %d)\n", f.Argument, f.Value, f.Rule, f.Line)
	}
	for _, l := range e.Lookups {
		out.printf("looked up: %s\n", l)
	}
	for _, step := range e.Plan {
		out.printf("would change: %s\n", step)
	}
	send := "would send"
	if len(e.Parts) > 0 && len(e.Plan) == 0 {
		send = "would send first"
	}
	for _, r := range e.Requests {
		out.printf("%s: %s\n", send, r)
	}
	printParts(out, e.Parts)
}

// printParts prints what a tool of several operations can carry out, each with the rules that hold for it.
func printParts(out *output, parts []gate.Part) {
	if len(parts) == 0 {
		return
	}
	out.printf("operations (optional: its part is left out if refused; lookup: of names and the time zone):\n")
	var rows [][]string
	for _, p := range parts {
		verdict, rule := "granted", p.Rule
		if !p.Granted {
			verdict, rule = "refused", p.Rule+": "+p.Why
		}
		rows = append(rows, []string{"  " + string(p.Need), p.Operation, verdict, rule})
		for _, r := range p.Restrictions {
			rows = append(rows, []string{"", "", "", r})
		}
	}
	out.table(rows)
}
