package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/tools"
)

// agentPages show what agents may do.
type agentPages struct{ config *Config }

// frozen is a freeze in force.
type frozen struct {
	Name   string // of the agent, or [freeze.Everyone]
	Label  string
	By     string
	Since  *moment
	Reason string
	Thaw   string // token of the form that ends it; "" where the person may not
}

// freezes returns the freezes in force by agent.
func (p agentPages) freezes(v *visit) (map[string]frozen, error) {
	all := map[string]frozen{}
	if p.config.Freezes == nil {
		return all, nil
	}
	found, err := p.config.Freezes.List(v.Context())
	for name, f := range found {
		one := frozen{Name: name, Label: freeze.Label(name), By: f.By, Since: v.at(f.At), Reason: f.Reason}
		if v.who.Role == operators {
			one.Thaw = v.token(freezePath("/thaws", name))
		}
		all[name] = one
	}
	return all, err
}

// freezePath returns the address of the form for an agent, or for all.
func freezePath(path, name string) string {
	if name == freeze.Everyone {
		return path
	}
	return path + "/" + name
}

// agentRow is an agent in the matrix.
type agentRow struct {
	Name, About string
	Frozen      bool
	Cells       []cell
}

// cell is what an agent may do with a group of tools.
type cell struct {
	Agent, Group  string
	Use           capability.Use
	Short         string // the use in a word
	Granted, Most int
}

var shortUse = map[capability.Use]string{capability.UseOff: "off", capability.UseRead: "read", capability.UseSome: "some", capability.UseFull: "full"}

// list shows the matrix of agents and groups of tools.
func (p agentPages) list(v *visit) {
	stopped, err := p.freezes(v)
	if err != nil {
		p.config.Log.Error("console: the freezes cannot be read", "error", err)
	}
	body := struct {
		File, Digest string
		Groups       []string
		Agents       []agentRow
		Everyone     *frozen
		Gone         []frozen // of agents that are not in the file
		Freeze       string   // token of the form that freezes all
		Unreadable   bool
	}{File: v.rules.Name(), Digest: v.rules.Digest(), Groups: tools.Groups(), Unreadable: err != nil}
	if all, ok := stopped[freeze.Everyone]; ok {
		body.Everyone = &all
	}
	for _, a := range v.rules.Agents() {
		one := agentRow{Name: a.Name, About: a.About}
		_, one.Frozen = stopped[a.Name]
		for _, g := range a.GroupUses() {
			one.Cells = append(one.Cells, cellOf(a, g))
		}
		body.Agents = append(body.Agents, one)
	}
	for name, f := range stopped {
		if _, err := v.rules.Agent(name); err != nil && name != freeze.Everyone {
			body.Gone = append(body.Gone, f)
		}
	}
	slices.SortFunc(body.Gone, func(a, b frozen) int { return strings.Compare(a.Name, b.Name) })
	if v.who.Role == operators && p.config.Freezes != nil {
		body.Freeze = v.token("/freezes")
	}
	v.show(http.StatusOK, "agents.html", "/agents", "Agents", false, body)
}

func cellOf(a *capability.Agent, g capability.GroupUse) cell {
	c := cell{Agent: a.Name, Group: g.Group, Use: g.Use, Short: shortUse[g.Use]}
	for level, n := range g.There {
		c.Most, c.Granted = c.Most+n, c.Granted+g.Granted[level]
	}
	return c
}

// keyRow is a key of an agent.
type keyRow struct {
	ID      string
	Expires *moment
	Soon    bool // it has expired, or expires soon
}

// show shows what the file says about an agent.
func (p agentPages) show(v *visit) {
	a, ok := p.agent(v)
	if !ok {
		return
	}
	stopped, err := p.freezes(v)
	if err != nil {
		p.config.Log.Error("console: the freezes cannot be read", "error", err)
	}
	body := struct {
		Name, About, ActsAs, Only, OnlyRule string
		Budget                              []string
		PerPerson                           bool
		Cells                               []cell
		Keys                                []keyRow
		Confirms                            []waits
		Exposures                           []capability.Exposure
		Frozen, Everyone                    *frozen
		Freeze                              string
		Unreadable                          bool
	}{Name: a.Name, About: a.About, Budget: a.Budget().Words(), PerPerson: a.Budget().PerPerson, Confirms: confirms(a), Exposures: a.Exposures(), Unreadable: err != nil}
	if _, name, ok := a.ActsAs(); ok {
		body.ActsAs = name
	}
	if b := a.Bound(); b != nil {
		rule, line := b.Rule()
		body.Only, body.OnlyRule = b.String(), ruleAt(rule, line)
	}
	for _, g := range a.GroupUses() {
		body.Cells = append(body.Cells, cellOf(a, g))
	}
	soon := v.rules.ExpiringKeys(p.config.Now())
	for _, key := range v.rules.Keys() {
		if key.Agent == a.Name {
			expired := !key.Expires.IsZero() && !p.config.Now().Before(key.Expires)
			body.Keys = append(body.Keys, keyRow{key.ID, v.at(key.Expires), expired || slices.Contains(soon, key)})
		}
	}
	if f, ok := stopped[a.Name]; ok {
		body.Frozen = &f
	} else if v.who.Role == operators && p.config.Freezes != nil {
		body.Freeze = v.token(freezePath("/freezes", a.Name))
	}
	if f, ok := stopped[freeze.Everyone]; ok {
		body.Everyone = &f
	}
	v.show(http.StatusOK, "agent.html", "/agents", a.Name, false, body)
}

// agent finds the agent of an address. If there is none, it answers.
func (p agentPages) agent(v *visit) (*capability.Agent, bool) {
	a, err := v.rules.Agent(v.PathValue("agent"))
	if err != nil {
		v.problem(http.StatusNotFound, sentence(err.Error()))
		return nil, false
	}
	return a, true
}

func ruleAt(rule string, line int) string { return fmt.Sprintf("%s, line %d", rule, line) }

// waits are the operations of an agent that wait for a person by one key of the file.
type waits struct {
	For, Rule string
	Tools     []string
}

var waitFor = map[capability.Confirm]string{capability.ConfirmClient: "the client's user", capability.ConfirmApprover: "an approver"}

// confirms lists the operations that wait for a person.
func confirms(a *capability.Agent) []waits {
	var all []waits
	for _, t := range tools.All() {
		if t.Task() || len(t.Operations) == 0 || t.Level == dixaclient.Read || !a.Operation(t.Name).Allowed {
			continue
		}
		whose, rule, line := a.Confirm(t.Operations[0])
		if whose == capability.ConfirmNobody {
			continue
		}
		at := ruleAt(rule, line)
		i := slices.IndexFunc(all, func(w waits) bool { return w.Rule == at })
		if i < 0 {
			i, all = len(all), append(all, waits{For: waitFor[whose], Rule: at})
		}
		all[i].Tools = append(all[i].Tools, t.Name)
	}
	return all
}

// toolRow is a tool of a cell of the matrix.
type toolRow struct {
	Name, Does, Level string
	Granted           bool
	Why               string // the sentence that refuses it
	Rule              string // the key that decides
	Waits             string // for whom
	Restrictions      []string
}

// cell shows what an agent may do with a group of tools: each tool, with the lines of the file about it.
func (p agentPages) cell(v *visit) {
	a, ok := p.agent(v)
	if !ok {
		return
	}
	group := v.PathValue("group")
	if !slices.Contains(tools.Groups(), group) {
		v.problem(http.StatusNotFound, "There is no such group of tools.")
		return
	}
	body := struct {
		Agent string
		cell
		Tools []toolRow
	}{Agent: a.Name}
	for _, g := range a.GroupUses() {
		if g.Group == group {
			body.cell = cellOf(a, g)
		}
	}
	for _, t := range tools.All() {
		if t.Group == group {
			body.Tools = append(body.Tools, toolOf(a, t))
		}
	}
	v.show(http.StatusOK, "cell.html", "/agents", a.Name+": "+group, false, body)
}

func toolOf(a *capability.Agent, t *tools.Tool) toolRow {
	d := a.Operation(t.Name)
	row := toolRow{Name: t.Name, Does: t.Title(), Level: t.Level.String(), Granted: d.Allowed, Rule: ruleAt(d.Rule, d.Line)}
	if !d.Allowed {
		row.Why = d.Why
		return row
	}
	for _, op := range t.Operations {
		if whose, rule, line := a.Confirm(op); whose != capability.ConfirmNobody {
			row.Waits = waitFor[whose] + " (" + ruleAt(rule, line) + ")"
		}
		for _, r := range a.Restrictions(op) {
			row.Restrictions = append(row.Restrictions, r.Says+" ("+ruleAt(r.Rule, r.Line)+")")
		}
	}
	slices.Sort(row.Restrictions)
	row.Restrictions = slices.Compact(row.Restrictions)
	return row
}
