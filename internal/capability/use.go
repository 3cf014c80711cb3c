package capability

import (
	"maps"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Use says in a word what an agent may do with a group of tools.
type Use string

// The values of [Use].
const (
	UseOff  Use = "off"
	UseRead Use = "read"
	UseSome Use = "some writes" // not all that changes something is granted
	UseFull Use = "full use"
)

// GroupUse is what an agent may do with a group: of the tools that there are on each level, how many are granted.
type GroupUse struct {
	Group          string
	Use            Use
	Granted, There map[dixaclient.Level]int
}

// GroupUses says what the agent may do with each group of tools.
func (a *Agent) GroupUses() []GroupUse {
	var all []GroupUse
	for _, group := range tools.Groups() {
		g := GroupUse{group, UseOff, map[dixaclient.Level]int{}, map[dixaclient.Level]int{}}
		for _, t := range tools.All() {
			if t.Group != group {
				continue
			}
			g.There[t.Level]++
			if a.Operation(t.Name).Allowed {
				g.Granted[t.Level]++
			}
		}
		switch {
		case g.Granted[dixaclient.Write]+g.Granted[dixaclient.Send]+g.Granted[dixaclient.Erase] > 0:
			if g.Use = UseFull; !maps.Equal(g.Granted, g.There) {
				g.Use = UseSome
			}
		case g.Granted[dixaclient.Read] > 0:
			g.Use = UseRead
		}
		all = append(all, g)
	}
	return all
}
