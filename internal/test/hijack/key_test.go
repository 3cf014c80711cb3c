package hijack

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/race"
)

// With a key that is bound to the conversation of the attacker's text, no agent reads or changes another one, whatever it is granted.
func TestHijackedAgentWithABoundKey(t *testing.T) {
	race.Skip(t)
	b := load(t)
	everything := subject{file: "anything.yaml", rules: parse(t, anything())}
	everything.agent = everything.rules.Agents()[0]
	played := 0
	for _, s := range append(subjects(t), everything) {
		s.key = 1234
		for _, g := range b.Goals {
			if g.Outside == 0 && g.Shows == "" && g.Goal != "mix-customers" {
				continue
			}
			d := newWorld(t, s, b.Ways[0], instruction(g))
			effects := d.obeys(t, g)
			require.False(t, slices.ContainsFunc(effects, func(e effect) bool { return e.reached }), "%s, obeying %s: %v", s, g.Goal, effects)
			for _, r := range d.all {
				require.False(t, strings.HasPrefix(r.path, "/v1/conversations/") && !strings.HasPrefix(r.path, "/v1/conversations/1234"), "%s, obeying %s: %s %s", s, g.Goal, r.method, r.path)
			}
			played++
		}
	}
	require.Greater(t, played, 20)
}
