package serve

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A client lists the prompts of its agent, and gets their texts.
func TestPrompts(t *testing.T) {
	type listed struct {
		Prompts []struct {
			Name, Title, Description string
			Arguments                []struct {
				Name, Description string
				Required          bool
			}
		}
	}
	names := func(t *testing.T, p *peer) (names []string) {
		for _, l := range into[listed](t, p.ask("1", "prompts/list", "")).Prompts {
			require.NotEmpty(t, l.Title)
			require.NotEmpty(t, l.Description)
			for _, a := range l.Arguments {
				require.NotEmpty(t, a.Description)
			}
			names = append(names, l.Name)
		}
		return names
	}
	bubble(t, "an agent that answers", func(t *testing.T) {
		p := connect(t, settings{agent: "support"})
		require.Equal(t, []string{"hand_over", "reply", "triage"}, names(t, p))
		got := into[struct {
			Messages []struct {
				Role    string
				Content struct{ Type, Text string }
			}
		}](t, p.ask("2", "prompts/get", `{"name":"reply","arguments":{"conversation":"1234"}}`)).Messages
		require.Len(t, got, 1)
		require.Equal(t, "user", got[0].Role)
		require.Contains(t, got[0].Content.Text, "Read conversation 1234 with ")
		require.Contains(t, got[0].Content.Text, "with draft_reply")

		for params, says := range map[string]string{
			`{"name":"reply","arguments":{"conversation":"x"}}`: `reply: conversation must be a number such as 1234, not "x"`,
			`{"name":"reply"}`: "reply needs conversation",
			`{"name":"erasure","arguments":{"customer":"a@b.example"}}`: "prompt 'erasure' not found",
			`{"name":"no_such"}`: "prompt 'no_such' not found",
		} {
			failed := p.ask("3", "prompts/get", params).Error
			require.NotNil(t, failed, params)
			require.Equal(t, -32602, failed.Code)
			require.Contains(t, failed.Message, says)
		}
		require.Empty(t, p.book.outcomes(), "a prompt calls nothing")
		p.end()
	})
	bubble(t, "an agent that reads", func(t *testing.T) {
		p := connect(t, settings{agent: "reader"})
		require.Equal(t, []string{"weekly_report"}, names(t, p))
		p.end()
	})
}
