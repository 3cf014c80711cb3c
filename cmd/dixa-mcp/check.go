package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

type checkCmd struct {
	File     string `arg:"" optional:"" help:"The file to check; by default the one in force."`
	Print    bool   `help:"Print the built-in file, to begin your own from."`
	fileFlag `embed:""`
}

// Run says what a capability file grants, and what about it is legal but foolish.
func (c *checkCmd) Run() error {
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
	for i, n := range rules.Notes() {
		if i == 0 {
			fmt.Println("\nWorth a look:")
		}
		fmt.Println("  " + n.String())
	}
	return nil
}

func levels(a *capability.Agent) map[dixaclient.Level]int {
	n := map[dixaclient.Level]int{}
	for _, t := range a.Tools() {
		n[t.Level]++
	}
	return n
}
