package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

type checkCmd struct {
	File       string `arg:"" optional:"" help:"The file to check; by default the one in force."`
	Print      bool   `help:"Print the built-in file, to begin your own from."`
	Online     bool   `help:"Ask Dixa whether the ids that the file names exist."`
	fileFlag   `embed:""`
	reachFlags `embed:""`
}

// Run says what a capability file grants, and what about it is legal but foolish.
func (c *checkCmd) Run(ctx context.Context) error {
	if c.Print {
		_, err := os.Stdout.Write(dixamcp.DefaultCapabilities)
		return err
	}
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
	fmt.Printf("%s: %s\nDigest:   %s\n\n", state, where, rules.Digest())
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AGENT\tTOOLS\tREAD\tWRITE\tSEND\tERASE\tABOUT")
	for _, a := range rules.Agents() {
		n := levels(a)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", a.Name, len(a.Tools()), n[dixaclient.Read], n[dixaclient.Write], n[dixaclient.Send], n[dixaclient.Erase], a.About)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("\nOver stdio: %s\nOver HTTP:  %s\n", among(rules, func(a *capability.Agent) bool { _, err := rules.Stdio(a.Name); return err == nil }), overHTTP(rules, time.Now()))
	for i, n := range rules.Notes() {
		if i == 0 {
			fmt.Println("\nWorth a look:")
		}
		fmt.Println("  " + n.String())
	}
	if !c.Online {
		return nil
	}
	return c.online(ctx, rules)
}

// overHTTP are the agents that have a key which counts, or a token.
func overHTTP(rules *capability.Rules, now time.Time) string {
	return among(rules, func(a *capability.Agent) bool { return a.LetsIn(now) })
}

// among names the agents that are so.
func among(rules *capability.Rules, so func(*capability.Agent) bool) string {
	var names []string
	for _, a := range rules.Agents() {
		if so(a) {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// online compares the file's names with Dixa.
func (c *checkCmd) online(ctx context.Context, rules *capability.Rules) error {
	s := &system{}
	defer s.Close()
	client, err := c.client(s)
	if err != nil {
		return err
	}
	problems, err := compare(ctx, client, rules.Names())
	if err != nil {
		return err
	}
	fmt.Printf("\nCompared with Dixa: %d names", len(rules.Names()))
	if len(problems) == 0 {
		fmt.Println(", all there.")
		return nil
	}
	fmt.Println(":")
	for _, p := range problems {
		fmt.Println("  " + p)
	}
	return errors.New("some names do not fit Dixa")
}

func levels(a *capability.Agent) map[dixaclient.Level]int {
	n := map[dixaclient.Level]int{}
	for _, t := range a.Tools() {
		n[t.Level]++
	}
	return n
}
