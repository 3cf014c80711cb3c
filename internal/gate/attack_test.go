package gate_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// attack is one entry of a file in testdata/attacks. Words in {{braces}} are replaced by what scene says.
type attack struct {
	Name    string   `json:"name"`
	Rules   []string `json:"rules"`   // lines of a capability file; testdata/attacks/capabilities.yaml where there are none
	Agent   string   `json:"agent"`   // the caller
	Calls   []step   `json:"calls"`   // one after the other
	Reached []string `json:"reached"` // operations that may have reached Dixa; nothing else may
	Effects []string `json:"effects"` // what Dixa did, as METHOD and pattern; nothing else may be done
	Hides   []string `json:"hides"`   // what is in no answer, beside all that is known of {{outside}}
}

// step is one call and what it must answer.
type step struct {
	Agent       string `json:"agent"` // where it is another one
	Tool        string `json:"tool"`
	Arguments   string `json:"arguments"`    // as they come over the wire
	Passes      bool   `json:"passes"`       // the call succeeds; otherwise it must fail
	Says        string `json:"says"`         // is in the answer
	LikeMissing bool   `json:"like_missing"` // the answer is that for ids which do not exist
}

func TestAttacks(t *testing.T) {
	files, err := filepath.Glob("../../testdata/attacks/*.json")
	require.NoError(t, err)
	shared, err := os.ReadFile("../../testdata/attacks/capabilities.yaml")
	require.NoError(t, err)
	count := 0
	stage := newBed(t, string(shared)) // until something is changed on it
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var attacks []attack
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&attacks), file)
		count += len(attacks)
		for _, a := range attacks {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+a.Name, func(t *testing.T) {
				rules := string(shared)
				if len(a.Rules) > 0 {
					rules = strings.Join(a.Rules, "\n")
				}
				if len(stage.dixa.Effects()) > 0 {
					stage = newBed(t, rules)
				}
				s := newScene(t, stage, a, rules)
				answers := s.play(s.words)
				s.judge(answers)
				effects := len(s.dixa.Effects())
				like := s.missing()
				require.Len(t, s.dixa.Effects(), effects)
				for i, c := range a.Calls {
					if c.LikeMissing {
						require.Equal(t, like[i], answers[i], "call %d is not answered like one about what does not exist", i)
					}
				}
			})
		}
	}
	require.GreaterOrEqual(t, count, 60)
}

// scene is an attack on its stage.
type scene struct {
	*bed
	attack attack
	rules  string
	words  map[string]string
	hides  []string
}

// newScene finds the conversations and end users that the attacks are about: billing is inside, outside belongs to an
// end user who has nothing inside any bound of the file.
func newScene(t *testing.T, stage *bed, a attack, rules string) *scene {
	s := &scene{bed: stage, attack: a, rules: rules}
	s.t = t
	h := seeded(t)
	inside, _ := h.split(func(c *dixaclient.Conversation) bool {
		return inQueue(c, billing) || inQueue(c, returns) || slices.Contains(h.tags[c.ID], refund) || c.Assignment != nil && c.Assignment.AgentID == bot
	})
	s.words = map[string]string{
		"inside": "1234", "insider": string(h.conversation(1234).RequesterID), "missing": itoa(noSuch), "nobody": nobody,
		"billing": billing, "returns": returns, "refund": refund, "bot": bot, "colleague": string(h.conversation(1234).Assignment.AgentID),
		"deep": strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "long": strings.Repeat("x", 1<<20), "nobody_email": "nobody@example.com",
	}
	strangers := h.strangers(inside)
	for _, id := range strangers {
		user := h.users[id]
		c := h.conversation(h.of[id][0])
		if user.Email == "" || c.Type != "EmailConversation" || c.Subject == "" {
			continue
		}
		s.words["outside"], s.words["outsider"], s.words["outsider_email"] = itoa(c.ID), string(id), user.Email
		message := do(s.bed, dixaclient.ListMessages, dixaclient.ListMessagesIn{ConversationRef: ref(c.ID)})[0]
		s.words["message"] = string(message.ID)
		s.hides = append(s.hides, c.Subject, user.Email, string(message.ID), user.DisplayName)
		break
	}
	require.NotEmpty(t, s.words["outside"])
	for i := range h.conversations {
		c := &h.conversations[i]
		if c.Link == nil {
			continue
		}
		switch parent := h.conversation(c.Link.ParentID); {
		case inQueue(c, billing) && !inQueue(parent, billing):
			s.words["child"], s.words["parent_outside"] = itoa(c.ID), itoa(parent.ID)
		case inQueue(parent, billing) && !inQueue(c, billing):
			s.words["parent"], s.words["child_outside"] = itoa(parent.ID), itoa(c.ID)
		}
	}
	s.dixa.ResetCounts()
	return s
}

const refund = "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"

func fillIn(text string, words map[string]string) string {
	for word, value := range words {
		text = strings.ReplaceAll(text, "{{"+word+"}}", value)
	}
	return text
}

// play makes the calls. A page key of one answer is a word of the next call.
func (s *scene) play(words map[string]string) []string {
	s.govern(fillIn(s.rules, words))
	var answers []string
	for i, c := range s.attack.Calls {
		agent := c.Agent
		if agent == "" {
			agent = s.attack.Agent
		}
		arguments := fillIn(c.Arguments, words)
		require.NotContains(s.t, arguments, "{{", "a word that the scene does not know")
		a := s.call(agent, c.Tool, arguments)
		if !c.LikeMissing {
			require.Equal(s.t, c.Passes, !a.Failed, "call %d: %.500s", i, a.Text)
			require.Contains(s.t, a.Text, fillIn(c.Says, words), "call %d", i)
		}
		var p page
		if json.Unmarshal([]byte(a.Text), &p) == nil && p.NextPageKey != "" {
			words["page_key"] = p.NextPageKey
		}
		answers = append(answers, a.Text)
	}
	return answers
}

// judge looks at what reached Dixa, at what it did, and for what must not be told.
func (s *scene) judge(answers []string) {
	for _, r := range s.requests() {
		require.Contains(s.t, s.attack.Reached, r, "this reached Dixa")
	}
	var did []string
	for _, e := range s.dixa.Effects() {
		did = append(did, e.Operation)
	}
	require.ElementsMatch(s.t, s.attack.Effects, did)
	helped := slices.ContainsFunc(s.attack.Calls, func(c step) bool { return c.Agent != "" })
	for _, r := range s.dixa.Requests() {
		if r.Method != "GET" && !helped {
			require.NotContains(s.t, r.Path, s.words["outside"])
			require.NotContains(s.t, r.Path, s.words["outsider"])
		}
	}
	for _, hidden := range append(s.hides, s.attack.Hides...) {
		for i, answer := range answers {
			if hidden = fillIn(hidden, s.words); !strings.Contains(s.attack.Calls[i].Arguments, hidden) {
				require.NotContains(s.t, answer, hidden, "call %d", i)
			}
		}
	}
}

// missing makes the same calls about ids that do not exist, on another stage.
func (s *scene) missing() []string {
	if !slices.ContainsFunc(s.attack.Calls, func(c step) bool { return c.LikeMissing }) {
		return nil
	}
	other := *s
	if len(s.dixa.Effects()) > 0 {
		other.bed = newBed(s.t, s.rules)
	}
	words := map[string]string{}
	for word, value := range s.words {
		words[word] = value
	}
	for _, word := range []string{"outside", "parent_outside", "child_outside"} {
		words[word] = itoa(noSuch)
	}
	words["outsider"], words["outsider_email"], words["message"] = nobody, "nobody@example.com", nobody
	return other.play(words)
}

// Nothing goes to Dixa that does not belong to a call of an agent.
func TestNothingGoesAroundTheGate(t *testing.T) {
	b := newBed(t, "version: 1\nagents: {a: {access: {\"*\": read}}}")
	require.True(t, b.gate.Call(context.Background(), request("", "get_organization", "{}")).Failed)
	require.True(t, b.gate.Call(context.Background(), request("A", "get_organization", "{}")).Failed)
	require.Empty(t, b.requests())
}
