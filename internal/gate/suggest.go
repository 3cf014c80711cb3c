package gate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/fold"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/base/uuid"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/directory"
	"dixa-mcp/schemas"
)

// mostListed is how many valid values a message lists, where there are no more.
const mostListed = 8

func quoted(s string) string { return strconv.Quote(safetext.Brief(s, 80)) }

// shown returns a value as a message names it, with its id.
func shown(e directory.Entry) string {
	if e.Name() == "" {
		return quoted(e.ID)
	}
	return quoted(e.Name()) + " (" + safetext.Brief(e.ID, 80) + ")"
}

// among returns a value as a message names it: a name that no other one of all has is as good as a UUID, and shorter.
func among(e directory.Entry, all []directory.Entry) string {
	if e.Name() == "" || !uuid.Is(e.ID) || !onlyHas(e.ID, e.Name(), all) {
		return shown(e)
	}
	return quoted(e.Name())
}

// onlyHas reports whether no other one than that with the id has a name.
func onlyHas(id, name string, all []directory.Entry) bool {
	return !slices.ContainsFunc(all, func(other directory.Entry) bool {
		return other.ID != id && slices.ContainsFunc(other.Names, func(n string) bool { return fold.Same(n, name) })
	})
}

// list names the first of some entries.
func list(entries []directory.Entry) string {
	var names []string
	for _, e := range entries[:min(len(entries), mostListed)] {
		names = append(names, among(e, entries))
	}
	return strings.Join(names, ", ")
}

// suggest says that a value does not exist, and which one may be meant. The operation lists all.
func suggest(a *capability.Agent, r dixaclient.Reference, operation string, all []directory.Entry) string {
	value := strings.TrimSpace(r.Value)
	var same []string
	words := map[string]directory.Entry{}
	var candidates []string
	for _, e := range all {
		for _, name := range append(slices.Clone(e.Names), e.ID) {
			if name == "" {
				continue
			}
			if _, twice := words[name]; !twice {
				words[name] = e
				candidates = append(candidates, name)
			}
			if strings.EqualFold(name, value) && len(same) < mostListed {
				same = append(same, shown(e))
				break
			}
		}
	}
	unknown := fmt.Sprintf("there is no such %s", r.Thing)
	if uuid.Is(value) {
		unknown = fmt.Sprintf("no %s has this id", r.Thing)
	}
	switch near := schemas.Nearest(value, candidates); {
	case len(same) == 1: // other things are found by their names
		return "write the value itself, " + same[0]
	case len(same) > 1:
		return fmt.Sprintf("%d have this name: write the value itself of one of %s", len(same), strings.Join(same, ", "))
	case near != "":
		return unknown + "; did you mean " + among(words[near], all) + "?"
	case len(all) == 0:
		return unknown + "; there are none"
	case len(all) <= mostListed:
		return unknown + "; there are " + list(all)
	}
	if with := clause(a, "; %s lists them", operation); with != "" {
		return unknown + with
	}
	return fmt.Sprintf("%s; %d of %d are %s", unknown, mostListed, len(all), list(all))
}

// option finds out about the value of a custom attribute.
func (v *values) option(ctx context.Context, r dixaclient.Reference) verdict {
	attributes, _ := directory.Of(dixaclient.AttributeThing)
	found, _, said := v.find(ctx, attributes, dixaclient.Reference{Thing: dixaclient.AttributeThing, Value: r.Of})
	switch {
	case said != "":
		return verdict{unchecked: true, said: said}
	case found == nil: // which is said of its id
		return right
	}
	input := found.Attribute.InputDefinition
	setting := r.Entity != ""
	switch {
	case input.Type == "Text" && setting && r.Path != nil:
		return wrong("the custom attribute %s is a Text: give value, not values", shown(*found))
	case input.Type == "Select" && setting && r.Path == nil:
		return wrong("the custom attribute %s is a Select: give values, not value", shown(*found))
	case input.Type != "Select" || len(r.Path) == 0:
		return right
	}
	path, said := onPath(input.Options, r.Path, false, v.mustBeActive())
	switch {
	case said != "":
		return wrong("%s", said)
	case !slices.Equal(path, r.Path):
		return wrong("write the values themselves: %s", quotedList(path))
	}
	return right
}
