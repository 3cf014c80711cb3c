package main

import (
	"encoding/json"
	"fmt"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

type toolsCmd struct {
	Agent    string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent whose tools are listed, with the line that grants each; by default all tools."`
	Denied   bool   `help:"With --agent: list the tools that it is not granted, and why."`
	Matrix   bool   `help:"With --agent: print a table of its access by group: off, read, some writes or full use."`
	JSON     bool   `name:"json" help:"Print JSON, with the schemas that the agent sees."`
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
func (c *toolsCmd) Run(out *output) error {
	if c.Matrix && (c.Denied || c.JSON) {
		return usagef("--matrix cannot be combined with --denied or --json; tools --agent NAME --json lists each tool with its group and level")
	}
	if c.Matrix {
		return c.matrix(out)
	}
	rows, err := c.rows()
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(append([]row{}, rows...))
	}
	lines := [][]string{{"TOOL", "ACCESS", "LEVEL", "GROUP", "WHY"}}
	for _, r := range rows {
		lines = append(lines, []string{r.Name, r.Access, r.Level, r.Group, r.Why})
	}
	out.table(lines)
	return nil
}

func (c *toolsCmd) rows() ([]row, error) {
	if c.Agent == "" {
		if c.Denied {
			return nil, usagef("--denied requires --agent")
		}
		return all(), nil
	}
	agent, err := c.agent()
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
			r.Description, r.InputSchema = agent.Shape(t).Description(), agent.Shape(t).Schema().JSON()
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *toolsCmd) agent() (*capability.Agent, error) {
	rules, _, err := c.load()
	if err != nil {
		return nil, err
	}
	return agentOf(rules, c.Agent)
}

// matrix prints an agent's access to each group: off, read, some writes or full use.
func (c *toolsCmd) matrix(out *output) error {
	if c.Agent == "" {
		return usagef("--matrix requires --agent")
	}
	agent, err := c.agent()
	if err != nil {
		return err
	}
	lines := [][]string{{"GROUP", "USE", "READ", "WRITE", "SEND", "ERASE"}}
	for _, g := range agent.GroupUses() {
		line := []string{g.Group, string(g.Use)}
		for _, level := range []dixaclient.Level{dixaclient.Read, dixaclient.Write, dixaclient.Send, dixaclient.Erase} {
			cell := "-"
			if there := g.There[level]; there > 0 {
				cell = fmt.Sprintf("%d of %d", g.Granted[level], there)
			}
			line = append(line, cell)
		}
		lines = append(lines, line)
	}
	out.table(lines)
	return nil
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
