package gate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A placeholder is found however JSON spells its characters: arguments are read only where one of their characters may belong to one.
func TestPlaceholdersInEscapedJSON(t *testing.T) {
	for _, text := range []string{`[redacted]`, `\u005bredacted]`, `\uff3bredacted]`, `［redacted］`, `\u0026#91;redacted]`, `&#91;redacted&#93;`, `\\[redacted\\]`} {
		require.Error(t, noPlaceholders("add_note", []byte(`{"message":"Dear `+text+`"}`), nil), text)
	}
	require.NoError(t, noPlaceholders("add_note", []byte(`{"message":"Dear redacted","names":["x"]}`), nil))
}

// A refusal of a placeholder names only tools of the agent.
func TestPlaceholdersNameToolsOfTheAgent(t *testing.T) {
	b := setUp(t, settings{file: limitedAgents + "  writes: {allow: [add_note]}\n  tasksonly: {surface: tasks, also: [add_note], access: {conversations: write, messages: write}}\n"})
	refused := map[string]string{}
	for _, a := range b.Rules().Agents() {
		if !a.Sees("add_note") && !a.Discovers() {
			continue
		}
		for _, text := range []string{"[quotes #4]", "[signature]", "[earlier message quoted: 90 characters]", "[redacted]", "[cut: 1,234 characters]", "[image, 46 kB]"} {
			answer := b.call(a.Name, "add_note", fmt.Sprintf(`{"conversationId":1234,"message":%q}`, text))
			require.True(t, answer.Failed)
			requireReadable(t, a, "add_note", answer.Text)
			refused[a.Name+text] = answer.Text
		}
	}
	require.Contains(t, refused["operations[signature]"], "read the message whole, with list_messages.")
	require.Contains(t, refused["tasksonly[signature]"], "read the message whole, with read_conversation.")
	require.Contains(t, refused["writes[signature]"], "read the message whole.")
}
