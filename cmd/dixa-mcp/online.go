package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/schemas"
)

// compare looks up in Dixa everything that a capability file names. It returns the names whose ids do not exist, and those
// whose ids have a different name in Dixa.
func compare(ctx context.Context, client *dixaclient.Client, names []capability.Named) ([]string, error) {
	dixa, there := directory.New(time.Now), map[string]directory.Entries{}
	for _, thing := range []dixaclient.Thing{dixaclient.QueueThing, dixaclient.TagThing, dixaclient.AgentThing, dixaclient.TeamThing, dixaclient.EndpointThing} {
		kind := capability.KindOf(thing)
		if !slices.ContainsFunc(names, func(n capability.Named) bool { return n.Kind == kind }) {
			continue
		}
		list, _ := directory.Of(thing)
		entries, err := dixa.Read(ctx, client, list, func() bool { return true })
		if err != nil {
			return nil, err
		}
		there[kind] = entries
	}
	var problems []string
	for _, n := range names {
		found := there[n.Kind].ByID(n.ID)
		if found == nil {
			problems = append(problems, fmt.Sprintf("line %d: names.%s.%s: Dixa has no %s %s", n.Line, n.Kind, n.Name, n.Kind, n.ID))
			continue
		}
		called := found.Name()
		if called != "" && schemas.Nearest(simple(n.Name), []string{simple(called)}) == "" && !strings.Contains(simple(called), simple(n.Name)) {
			problems = append(problems, fmt.Sprintf("line %d: names.%s.%s: Dixa calls it %q; check that it is the one you mean", n.Line, n.Kind, n.Name, called))
		}
	}
	return problems, nil
}

// simple returns a name without case, spaces, hyphens and underscores.
func simple(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}
