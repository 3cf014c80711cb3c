package capability

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/tools"
)

func TestClauses(t *testing.T) {
	without := func(words ...string) func(string) bool {
		return func(w string) bool { return !strings.Contains(" "+strings.Join(words, " ")+" ", " "+w+" ") }
	}
	for _, c := range []struct{ text, gone, want string }{
		{"Close a conversation.", "force", "Close a conversation."},
		{"Assign it. force takes it from another one.", "force", "Assign it."},
		{"Erase it; force also closes an open one. Follow it with get_anonymization.", "force", "Erase it. Follow it with get_anonymization."},
		{"Erase it; force also closes an open one. Follow it with get_anonymization.", "force get_anonymization", "Erase it."},
		{"Find by words (deprecated: use search_conversations).", "search_conversations", "Find by words."},
		{"Find by words (deprecated: use search_conversations).", "other", "Find by words (deprecated: use search_conversations)."},
		{"Colleagues; filter by one of email, phone.", "phone", "Colleagues."},
		{"The force is in the first clause.", "force", "The force is in the first clause."},
	} {
		require.Equal(t, c.want, clauses(c.text, without(strings.Fields(c.gone)...), true), c.text)
	}
	require.Empty(t, clauses("Outbound: author", without("Outbound"), false))
	require.Equal(t, "a; c", clauses("a; b; c", without("b"), false))
}

// words that are names of arguments and also plain English: a description may have them where it does not mean the
// argument. Add one only when a sentence needs it.
var words = strings.Fields("text subject language message messages channel events days filters comment tags name email phone attachments start end again")

// No description names an argument, a value or a tool that the agent does not have, whichever optional argument a file
// takes away.
func TestDescriptionsNameOnlyWhatIsThere(t *testing.T) {
	plain := map[string]bool{}
	for _, w := range words {
		plain[w] = true
	}
	for _, tool := range slices.DeleteFunc(tools.All(), (*tools.Tool).Task) {
		all := tool.Schema().Properties()
		for _, gone := range all {
			if gone.Required {
				continue
			}
			rules := real(t, "version: 1\nstdio: [a]\nagents:\n  a:\n    allow: ["+tool.Name+"]\n    arguments: {"+everything(tool, gone.Name)+tool.Name+"."+gone.Name+": []}\n")
			shape := rules.Agents()[0].Shape(tool)
			if shape == nil { // it cannot do without
				continue
			}
			texts := shape.Description()
			for _, p := range shape.Schema().Properties() {
				require.NotEqual(t, gone.Name, p.Name)
				texts += "\n" + p.Description
			}
			for _, other := range tools.All() {
				if other != tool {
					require.NotRegexp(t, `\b`+other.Name+`\b`, texts, "%s names a tool that the agent does not have", tool.Name)
				}
			}
			if !plain[gone.Name] {
				require.NotRegexp(t, `\b`+regexp.QuoteMeta(gone.Name)+`\b`, texts, "%s without %s", tool.Name, gone.Name)
			}
		}
	}
}

// real parses a file about the tools that exist.
func real(t *testing.T, text string) *Rules {
	t.Helper()
	r, err := Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	return r
}

// everything names the arguments of a tool that reach further than its level, so that the shape has them.
func everything(t *tools.Tool, without string) string {
	var b strings.Builder
	for _, op := range t.Operations {
		for _, n := range op.Named() {
			if n.Argument == without {
				continue
			}
			b.WriteString(t.Name + "." + n.Argument + `: ["*"], `)
		}
	}
	return b.String()
}

func TestDescriptionsOfArgumentsThatReachFurther(t *testing.T) {
	claim, _ := tools.ByName("claim_conversation")
	create, _ := tools.ByName("create_conversation")
	agents := real(t, `
version: 1
stdio: [plain, forceful]
agents:
  plain: {allow: [claim_conversation, create_conversation], arguments: {create_conversation.agentId: ["*"]}}
  forceful: {allow: [claim_conversation, create_conversation, send_message], arguments: {claim_conversation.force: ["*"], create_conversation.direction: ["*"], create_conversation.agentId: ["*"], send_message.agentId: ["*"]}}
`).Agents()
	require.Equal(t, "Assign a conversation to a Dixa agent.", agents[0].Shape(claim).Description())
	require.Equal(t, claim.Description, agents[1].Shape(claim).Description())
	require.Equal(t, "Start a conversation. Outbound: the customer gets the message or call.", agents[0].Shape(create).Description())
	require.Equal(t, create.Description, agents[1].Shape(create).Description())
}
