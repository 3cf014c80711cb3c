package main

import (
	"context"
	"fmt"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
)

// compare looks up in Dixa everything that a capability file names. It returns the names whose ids do not exist, and those
// whose ids have a different name in Dixa.
func compare(ctx context.Context, client *dixaclient.Client, names []capability.Named) ([]string, error) {
	there := map[string]map[string]string{}
	for kind, read := range map[string]func(context.Context, *dixaclient.Client) (map[string]string, error){
		"queue": queueNames, "tag": tagNames, "dixa_agent": agentNames, "team": teamNames, "contact_endpoint": endpointNames,
	} {
		if !named(names, kind) {
			continue
		}
		found, err := read(ctx, client)
		if err != nil {
			return nil, err
		}
		there[kind] = found
	}
	var problems []string
	for _, n := range names {
		called, ok := there[n.Kind][strings.ToLower(n.ID)]
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("line %d: names.%s.%s: Dixa has no %s %s", n.Line, n.Kind, n.Name, n.Kind, n.ID))
		case called != "" && schemas.Nearest(simple(n.Name), []string{simple(called)}) == "" && !strings.Contains(simple(called), simple(n.Name)):
			problems = append(problems, fmt.Sprintf("line %d: names.%s.%s: Dixa calls it %q; check that it is the one you mean", n.Line, n.Kind, n.Name, called))
		}
	}
	return problems, nil
}

func named(names []capability.Named, kind string) bool {
	for _, n := range names {
		if n.Kind == kind {
			return true
		}
	}
	return false
}

// simple returns a name without case, spaces, hyphens and underscores.
func simple(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}

func queueNames(ctx context.Context, c *dixaclient.Client) (map[string]string, error) {
	a, err := dixaclient.ListQueues.Do(ctx, c, dixaclient.NoArguments{})
	m := map[string]string{}
	for _, q := range a.Value {
		m[strings.ToLower(string(q.ID))] = q.Name
	}
	return m, err
}

func tagNames(ctx context.Context, c *dixaclient.Client) (map[string]string, error) {
	a, err := dixaclient.ListTags.Do(ctx, c, dixaclient.ListTagsIn{IncludeDeactivated: true})
	m := map[string]string{}
	for _, t := range a.Value {
		m[strings.ToLower(string(t.ID))] = t.Name
	}
	return m, err
}

func teamNames(ctx context.Context, c *dixaclient.Client) (map[string]string, error) {
	a, err := dixaclient.ListTeams.Do(ctx, c, dixaclient.NoArguments{})
	m := map[string]string{}
	for _, t := range a.Value {
		m[strings.ToLower(string(t.ID))] = t.Name
	}
	return m, err
}

func endpointNames(ctx context.Context, c *dixaclient.Client) (map[string]string, error) {
	a, err := dixaclient.ListContactEndpoints.Do(ctx, c, dixaclient.ListContactEndpointsIn{})
	m := map[string]string{}
	for _, e := range a.Value {
		m[strings.ToLower(e.Address+e.Number)] = e.Name
	}
	return m, err
}

func agentNames(ctx context.Context, c *dixaclient.Client) (map[string]string, error) {
	m := map[string]string{}
	for a, err := range dixaclient.ListAgents.Pages(ctx, c, dixaclient.ListAgentsIn{}) {
		if err != nil {
			return nil, err
		}
		for _, p := range a.Value {
			m[strings.ToLower(string(p.ID))] = p.DisplayName
		}
	}
	return m, nil
}
