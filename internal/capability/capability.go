// Package capability reads the capability file and decides what each AI agent may do in Dixa.
//
// [Load] and [Parse] read a file, refuse it with every problem it has, or make [Rules] of it: one immutable value that
// answers for each agent and each tool whether it is granted, by which line of the file, and why. What is not granted
// is refused. The file's keys are the structs of file.go.
package capability

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Rules are a capability file that was read and checked. They never change and are safe for concurrent use.
type Rules struct {
	name      string
	digest    string
	release   string
	zone      zone
	keep      days // records
	archive   days
	catalog   *catalog
	agents    []func() *Agent // each decides at its first use: a server over stdio uses one
	byName    map[string]func() *Agent
	stdio     []word
	names     []Named
	approvers []keyholder
	auditors  []auditing
	keys      map[[sha256.Size]byte]Key
	oidc      OIDC
	oidcAt    at
	claims    map[string]string // agents by the values of their claims
	people    []peopleRule
	other     *Rules // which must give a person the agent, too; nil: none. See [Both]
}

// Name returns the file's name, as it was given to [Load] or [Parse].
func (r *Rules) Name() string { return r.name }

// Digest identifies the file's bytes: "sha256:" and the first 12 hex digits of their SHA-256.
func (r *Rules) Digest() string { return r.digest }

// Release returns the release to which the file holds the levels of its agents, "" where it holds them to none.
func (r *Rules) Release() string { return r.release }

// Timezone returns the zone in which dates and times without a zone are read, nil when the file does not say.
func (r *Rules) Timezone() *time.Location { return r.zone.Location }

// Agents lists the agents in the file's order.
func (r *Rules) Agents() []*Agent {
	all := make([]*Agent, len(r.agents))
	for i, agent := range r.agents {
		all[i] = agent()
	}
	return all
}

// Agent finds an agent by its name. The error says which agents there are.
func (r *Rules) Agent(name string) (*Agent, error) {
	if a := r.named(name); a != nil {
		return a, nil
	}
	names := make([]string, len(r.agents))
	for i, a := range r.Agents() {
		names[i] = a.Name
	}
	return nil, fmt.Errorf("%s has no agent %.80q%s; its agents are %s", r.name, name, didYouMean(name, names), strings.Join(names, ", "))
}

// named returns the agent with a name, nil for none.
func (r *Rules) named(name string) *Agent {
	if agent := r.byName[name]; agent != nil {
		return agent()
	}
	return nil
}

// add adds an agent.
func (r *Rules) add(name string, agent func() *Agent) {
	r.agents = append(r.agents, agent)
	r.byName[name] = agent
}

// Stdio returns the agent that a process serving over stdin and stdout serves: the named one, which must be under stdio in the
// file, or with "" the first one there. The error says which may be chosen.
func (r *Rules) Stdio(name string) (*Agent, error) {
	if len(r.stdio) == 0 {
		return nil, fmt.Errorf("%s has no agent for stdin and stdout; list agents under stdio, such as stdio: [%s]", r.name, r.agents[0]().Name)
	}
	names := texts(r.stdio)
	if name == "" {
		name = names[0]
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("agent %.80q is not under stdio in %s%s; under stdio are %s", name, r.name, didYouMean(name, names), strings.Join(names, ", "))
	}
	return r.Agent(name)
}

// Agent is what the file says about one AI agent.
type Agent struct {
	Name  string // its key under agents
	About string // for people: what it is for

	settings
	allowed map[string]Decision // those that grant; refusals are made when they are asked for, since most are never
	shapes  map[string]*Shape   // of the tools that are granted
	granted []*tools.Tool
	// coveredBy are the operations that the agent does not see, each with the tools in its place.
	coveredBy map[string][]string
	one       func() *Agent // the agent within one conversation, made at the first use
	people    bool          // people can use it
	held      bool          // a changed file has not taken effect yet: allowed holds only what both versions allow, see [Both]
}

// settings are what the file says about an agent. [Agent] adds what follows from them for each tool.
type settings struct {
	*grants
	terms
	catalog *catalog
}

// ActsAs returns the Dixa agent in whose name the agent acts: its id, and its name as the file writes it, which is the id
// again where the file gives it no name. It is not ok when the file leaves that to the model.
func (s *settings) ActsAs() (id dixaclient.ActingAgent, name string, ok bool) {
	if s.NeedsPerson() {
		return s.acting, callerName, true
	}
	return s.acting, s.source.ActsAs.text, s.acting != ""
}

// Operation decides whether the operation or tool of that name is granted to the agent. It may not call it by that name unless
// [Agent.Tool] allows that: tools that are made of several operations carry out those that it does not see.
func (a *Agent) Operation(name string) Decision {
	if d, ok := a.allowed[name]; ok {
		return d
	}
	t, ok := a.catalog.named(name)
	if !ok {
		return a.refused(fmt.Sprintf("%.80q is not granted to agent %s: there is no such operation", name, a.Name))
	}
	d, _ := a.judge(t)
	if d.Allowed && a.held {
		return a.refused(t.Name + " is not granted to agent " + a.Name + " while a changed capability file waits to be put in force, unless both versions of the file grant it in the same way")
	}
	return d
}

// Decision is the answer to whether an agent may do something.
type Decision struct {
	Allowed bool
	Rule    string // the key that decided, such as agents.triage.allow; agents.triage when nothing grants it
	Line    int    // where that key, or the operation under it, is in the file
	Why     string // one sentence for people and models

	// Argument is the one that may not have its value, "" where it is about none, and Wants what it must be, such as "must be
	// billing or returns". Gone tells that it cannot be given at all.
	Argument, Wants string
	Gone            bool
}

// didYouMean returns the end of a message about a word that is not among those it should be.
func didYouMean(word string, of []string) string {
	if near := schemas.Nearest(word, of); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
