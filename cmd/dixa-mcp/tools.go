package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"dixa-mcp/internal/gate"
	"dixa-mcp/tools"
)

type toolsCmd struct {
	Agent    string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Only what this agent is granted, and by which line; by default all tools there are."`
	Denied   bool   `help:"With --agent: what it is not granted, and why."`
	JSON     bool   `name:"json" help:"As JSON, with the schemas that the agent sees."`
	fileFlag `embed:""`
}

// row is a tool in the list.
type row struct {
	Name        string          `json:"name"`
	Access      string          `json:"access"`
	Level       string          `json:"level"`
	Group       string          `json:"group"`
	Why         string          `json:"why,omitempty"`
	Description string          `json:"description"`
	InputSchema json.RawMessage `json:"inputSchema,omitempty"`
}

// Run lists the tools.
func (c *toolsCmd) Run() error {
	rows, err := c.rows()
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TOOL\tACCESS\tLEVEL\tGROUP\tWHY")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Access, r.Level, r.Group, r.Why)
	}
	return w.Flush()
}

func (c *toolsCmd) rows() ([]row, error) {
	if c.Agent == "" {
		if c.Denied {
			return nil, fmt.Errorf("--denied needs --agent")
		}
		return all(), nil
	}
	rules, _, err := c.load()
	if err != nil {
		return nil, err
	}
	agent, err := rules.Agent(c.Agent)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, t := range tools.All() {
		d := agent.Tool(t)
		if d.Allowed == c.Denied {
			continue
		}
		r := newRow(t)
		if r.Why = d.Why; d.Allowed {
			r.Why = fmt.Sprintf("%s (line %d)", d.Rule, d.Line)
			r.InputSchema = gate.Schema(agent, t).JSON()
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func all() []row {
	var rows []row
	for _, t := range tools.All() {
		r := newRow(t)
		if r.InputSchema = t.Schema().JSON(); t.Named {
			r.Why = "granted only by name"
		}
		rows = append(rows, r)
	}
	return rows
}

func newRow(t *tools.Tool) row {
	return row{Name: t.Name, Access: t.Access(), Level: t.Level.String(), Group: t.Group, Description: t.Description}
}
