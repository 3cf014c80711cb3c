package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/capability"
)

type checkCmd struct {
	File       string `arg:"" optional:"" help:"File to check; by default the one that is in force."`
	Print      bool   `help:"Print the built-in file, to start your own from."`
	Online     bool   `help:"Check in Dixa whether the ids in the file exist."`
	jsonFlag   `embed:""`
	fileFlag   `embed:""`
	reachFlags `embed:""`
}

// Run prints what a capability file grants, and what in it may be a mistake.
func (c *checkCmd) Run(ctx context.Context, out *output) error {
	if c.Print {
		_, err := out.Write(dixamcp.DefaultCapabilities)
		return err
	}
	inForce := c.path()
	if c.File != "" {
		c.Capabilities = c.File
	}
	rules, where, err := c.load()
	if err != nil {
		return err
	}
	state := "In force"
	if c.File != "" {
		state = "Valid"
	}
	found := checked{State: state, File: orWrite(where), Digest: rules.Digest(), Token: c.tokenFrom(), Agents: []checkedAgent{}, Approvers: rules.ApproverNames(), Auditors: rules.AuditorNames(), Records: "kept " + rules.RecordsKept().String(), Archive: "kept " + rules.ArchiveKept().String(), Notes: []string{}}
	for _, a := range rules.Agents() {
		n := levels(a)
		_, notStdio := rules.Stdio(a.Name)
		found.Agents = append(found.Agents, checkedAgent{a.Name, len(a.Tools()), n[dixaclient.Read], n[dixaclient.Write], n[dixaclient.Send], n[dixaclient.Erase], notStdio == nil, a.CanAuthenticate(time.Now()), a.About, exposures(a)})
	}
	for _, p := range rules.PeopleRules() {
		found.People = append(found.People, checkedPeople(p))
	}
	for _, n := range rules.Notes() {
		found.Notes = append(found.Notes, n.String())
	}
	unused := []string{c.File}
	if c.File == "" {
		unused = []string{"capabilities.yaml", "capabilities.yml"} // where people look for it
	}
	for _, name := range unused {
		if note := notInForce(name, inForce); note != "" && !slices.Contains(found.Notes, note) {
			found.Notes = append(found.Notes, note)
		}
	}
	if !c.JSON {
		found.print(out)
	}
	if c.Online {
		found.Online, err = c.online(ctx, rules)
		if err != nil {
			return err
		}
	}
	if c.JSON {
		err = out.json(found)
	} else if c.Online {
		found.Online.print(out)
	}
	if c.Online && len(found.Online.Problems) > 0 {
		return errors.New("some names in the capability file do not match Dixa")
	}
	return err
}

// checked is the result of check.
type checked struct {
	State  string         `json:"state"` // In force or Valid
	File   string         `json:"file"`
	Digest string         `json:"digest"`
	Token  string         `json:"token"` // where it comes from
	Agents []checkedAgent `json:"agents"`
	// Approvers and Auditors are the people of the console.
	Approvers []string        `json:"approvers,omitempty"`
	Auditors  []string        `json:"auditors,omitempty"`
	Records   string          `json:"records"` // how long they are kept
	Archive   string          `json:"archive"` // how long it keeps conversations, where there is one
	People    []checkedPeople `json:"people,omitempty"`
	Notes     []string        `json:"notes"`
	Online    *compared       `json:"online,omitempty"`
}

// tokenFrom returns where the token comes from, or why there is none.
func (f reachFlags) tokenFrom() string {
	t, err := f.tokens()
	switch {
	case errors.Is(err, errNoToken):
		return "none (dixa-mcp login stores one)"
	case err != nil:
		return err.Error()
	}
	return t.from
}

// notInForce returns a note if a file exists and is not the one in force, and "" otherwise.
func notInForce(name, inForce string) string {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || sameFile(name, inForce) {
		return ""
	}
	path, err := filepath.Abs(name)
	if err != nil {
		path = name
	}
	return fmt.Sprintf("%s is not in force: name it with --capabilities, or move it to %s", path, defaultPath())
}

// checkedPeople is a rule that gives agents to people.
type checkedPeople struct {
	Who    string   `json:"who"`
	Agents []string `json:"agents"`
	Line   int      `json:"line"`
}

type checkedAgent struct {
	Name  string `json:"name"`
	Tools int    `json:"tools"`
	Read  int    `json:"read"`
	Write int    `json:"write"`
	Send  int    `json:"send"`
	Erase int    `json:"erase"`
	Stdio bool   `json:"stdio"`
	HTTP  bool   `json:"http"`
	About string `json:"about"`
	// Hijacked is what an attacker can have it do.
	Hijacked []exposure `json:"hijacked"`
}

// exposure is something that an attacker can have an agent do.
type exposure struct {
	Can   string   `json:"can"`
	Tools []string `json:"tools"`
	Lines []int    `json:"lines"` // of the file
}

func exposures(a *capability.Agent) []exposure {
	all := []exposure{}
	for _, e := range a.Exposures() {
		all = append(all, exposure{e.Text, e.Tools, e.Lines})
	}
	return all
}

// compared is the result of comparing a file's names with Dixa.
type compared struct {
	Names    int      `json:"names"`
	Problems []string `json:"problems"`
}

func (f checked) print(out *output) {
	out.printf("%s: %s\nDigest:   %s\nToken:    %s\n\n", f.State, f.File, f.Digest, f.Token)
	rows := [][]string{{"AGENT", "TOOLS", "READ", "WRITE", "SEND", "ERASE", "ABOUT"}}
	for _, a := range f.Agents {
		rows = append(rows, []string{a.Name, strconv.Itoa(a.Tools), strconv.Itoa(a.Read), strconv.Itoa(a.Write), strconv.Itoa(a.Send), strconv.Itoa(a.Erase), a.About})
	}
	out.table(rows)
	out.printf("\nOver stdio: %s\nOver HTTP:  %s\n", f.who(func(a checkedAgent) bool { return a.Stdio }), f.who(func(a checkedAgent) bool { return a.HTTP }))
	if len(f.Approvers) > 0 {
		out.printf("Approvers:  %s\n", strings.Join(f.Approvers, ", "))
	}
	if len(f.Auditors) > 0 {
		out.printf("Auditors:   %s\n", strings.Join(f.Auditors, ", "))
	}
	out.printf("Records:    %s\n", f.Records)
	out.printf("Archive:    %s, if there is one\n", f.Archive)
	for i, p := range f.People {
		if i == 0 {
			out.printf("\nPeople who sign in, by what the provider says of them:\n")
		}
		out.printf("  %s: %s (line %d)\n", p.Who, strings.Join(p.Agents, ", "), p.Line)
	}
	f.printHijacked(out)
	for i, n := range f.Notes {
		if i == 0 {
			out.printf("\nPossible problems:\n")
		}
		out.printf("  %s\n", n)
	}
}

// printHijacked prints what an attacker can have the agents do, an agent and a wish a line.
func (f checked) printHijacked(out *output) {
	rows := [][]string{}
	for _, a := range f.Agents {
		for _, e := range a.Hijacked {
			lines := "line"
			for i, n := range e.Lines {
				if i > 0 {
					lines += ","
				}
				lines += " " + strconv.Itoa(n)
			}
			rows = append(rows, []string{"  " + a.Name, e.Can, strings.Join(e.Tools, ", ") + " (" + lines + ")"})
		}
	}
	if len(rows) == 0 {
		return
	}
	out.printf("\nAn agent whose model obeys what a customer wrote can, without a person's approval:\n")
	out.table(rows)
}

// who lists the agents for which a condition holds.
func (f checked) who(is func(checkedAgent) bool) string {
	var names []string
	for _, a := range f.Agents {
		if is(a) {
			names = append(names, a.Name)
		}
	}
	return cmp.Or(strings.Join(names, ", "), "no agent")
}

func (c *compared) print(out *output) {
	switch {
	case c.Names == 0:
		out.printf("\nCompared with Dixa: the file names no ids.\n")
		return
	case len(c.Problems) == 0:
		out.printf("\nCompared with Dixa: %s, and the id of each exists.\n", lines.Counted(c.Names, "name"))
		return
	}
	out.printf("\nCompared with Dixa: %s\n", lines.Counted(c.Names, "name"))
	for _, p := range c.Problems {
		out.printf("  %s\n", p)
	}
}

// overHTTP lists the agents with a valid key or a claim in tokens.
func overHTTP(rules *capability.Rules, now time.Time) string {
	var names []string
	for _, a := range rules.Agents() {
		if a.CanAuthenticate(now) {
			names = append(names, a.Name)
		}
	}
	return cmp.Or(strings.Join(names, ", "), "no agent")
}

// online compares the file's names with Dixa.
func (c *checkCmd) online(ctx context.Context, rules *capability.Rules) (*compared, error) {
	s := &system{}
	defer s.Close()
	client, err := c.client(s)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	problems, err := compare(ctx, client, rules.Names())
	if err != nil {
		return nil, err
	}
	return &compared{len(rules.Names()), append([]string{}, problems...)}, nil
}

// tally counts tools by level, such as "12 read, 3 write".
func tally(n map[dixaclient.Level]int) string {
	var parts []string
	for _, level := range []dixaclient.Level{dixaclient.Read, dixaclient.Write, dixaclient.Send, dixaclient.Erase} {
		if n[level] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[level], level))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing")
}

func levels(a *capability.Agent) map[dixaclient.Level]int {
	n := map[dixaclient.Level]int{}
	for _, t := range a.Tools() {
		n[t.Level]++
	}
	return n
}
