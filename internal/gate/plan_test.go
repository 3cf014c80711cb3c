package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

// change is what update_conversation can do: an argument, the operation that it becomes, and how its request is known.
type change struct {
	argument, operation string
	value               func(*rand.Rand) any
}

var tagIDs = []string{"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f", "53a428b3-9772-4115-97fe-73c317e31621", "1bf9ffc5-8631-4569-9844-e79b083fc7a6"}

const orderNumber = "bfe086c7-9d17-4d22-96cc-813182281bd2"

// changes are in the order in which a plan carries them out.
var changes = []change{
	{"reopen", "reopen_conversation", func(*rand.Rand) any { return true }},
	{"tag", "tag_conversation", func(r *rand.Rand) any { return []string{tagIDs[r.IntN(2)]} }},
	{"untag", "untag_conversation", func(*rand.Rand) any { return []string{tagIDs[2]} }},
	{"attributes", "set_conversation_attributes", func(r *rand.Rand) any {
		return []any{map[string]any{"id": orderNumber, "value": fmt.Sprint(r.IntN(3))}}
	}},
	{"parent", "link_conversation", func(*rand.Rand) any { return 2887 }},
	{"queue", "transfer_conversation", func(r *rand.Rand) any { return []string{billing, returns}[r.IntN(2)] }},
	{"assignee", "claim_conversation", func(r *rand.Rand) any { return []string{bot, "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}[r.IntN(2)] }},
	{"followUp", "set_followup", func(*rand.Rand) any { return "2099-01-02T10:00:00Z" }},
	{"close", "close_conversation", func(*rand.Rand) any { return true }},
	{"note", "add_note", func(*rand.Rand) any { return "a note" }},
}

func routeNamed(name string) string {
	t, _ := tools.ByName(name)
	return t.Operations[0].Method + " " + t.Operations[0].Path
}

// writes are the requests since a number of them that are no reads, as routes.
func (b *bed) writes(from int) (all []offline.Request) {
	return slices.DeleteFunc(b.dixa.Requests()[from:], func(r offline.Request) bool { return r.Method == http.MethodGet })
}

// Random plans of agents with random grants, argument rules and bounds: no step is sent that the file does not allow, each has its
// intent, all are in the order that works, and a plan of which a step is refused before it begins sends nothing.
func TestRandomPlans(t *testing.T) {
	sent, refused, done := 0, 0, 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		granted := map[string]bool{}
		allow := []string{"get_conversation"}
		for _, c := range changes {
			if r.IntN(4) > 0 {
				granted[c.operation] = true
				allow = append(allow, c.operation)
			}
		}
		if r.IntN(2) == 0 {
			allow = append(allow, "list_conversation_tags")
		}
		rule := func(operation, argument string) string {
			if granted[operation] && r.IntN(3) == 0 {
				return argument
			}
			return ""
		}
		onlyQueue, onlyTag, force := rule("transfer_conversation", billing), rule("tag_conversation", tagIDs[0]), rule("claim_conversation", "*")
		rules := []string{}
		for name, value := range map[string]string{"transfer_conversation.queueId": onlyQueue, "tag_conversation.tagId": onlyTag, "claim_conversation.force": force} {
			if value != "" {
				rules = append(rules, fmt.Sprintf("%s: [%q]", name, value))
			}
		}
		acts, bounded := r.IntN(2) == 0, r.IntN(3) == 0
		file := "version: 1\nnames: {dixa_agent: {bot: " + bot + "}, queue: {billing: " + billing + "}}\nagents:\n  a:\n    allow: [" + strings.Join(allow, ", ") + "]\n    arguments: {" + strings.Join(rules, ", ") + "}\n"
		if acts {
			file += "    acts_as: bot\n"
		}
		if bounded {
			file += "    only: {queue: [billing]}\n"
		}
		b := newBed(t, file)
		for range 3 {
			conversation := []int64{1234, 2885, 2951, 2962}[r.IntN(4)]
			arguments := map[string]any{"conversationId": conversation}
			for _, c := range changes {
				if r.IntN(3) == 0 {
					arguments[c.argument] = c.value(r)
				}
			}
			if arguments["assignee"] != nil && r.IntN(2) == 0 {
				arguments["force"] = true
			}
			text, err := json.Marshal(arguments)
			require.NoError(t, err)
			was := do(b, dixaclient.GetConversation, dixaclient.GetConversationIn{ConversationRef: ref(conversation)})
			before, records := len(b.dixa.Requests()), len(b.records.events())
			a := b.call("a", "update_conversation", string(text))
			about := file + string(text) + "\n" + a.Text
			writes := b.writes(before)
			steps := 0
			for _, record := range b.records.list[records:] {
				if record.Event == audit.EventIntent {
					operation := strings.Fields(record.Step)[1]
					if steps < len(writes) { // the last can be stopped before it leaves
						require.Equal(t, routeNamed(operation), writes[steps].Operation, about)
					}
					require.Contains(t, record.Rule, "agents.a.allow", about)
					steps++
				}
			}
			require.LessOrEqual(t, len(writes), steps, "a write without its intent: "+about)
			require.True(t, len(writes) == steps || a.Failed && len(writes) == steps-1, about)
			place := -1
			for _, w := range writes {
				at := slices.IndexFunc(changes, func(c change) bool { return routeNamed(c.operation) == w.Operation })
				require.GreaterOrEqual(t, at, place, "out of order: "+about)
				place = at
				c := changes[at]
				require.True(t, granted[c.operation], "%s: %s", c.operation, about)
				require.NotNil(t, arguments[c.argument], about)
				if c.operation == "tag_conversation" && onlyTag != "" {
					require.Contains(t, w.Path, onlyTag, about)
				}
				if bounded {
					require.True(t, was.Queue != nil && was.Queue.ID == billing, about)
				}
			}
			is := do(b, dixaclient.GetConversation, dixaclient.GetConversationIn{ConversationRef: ref(conversation)})
			if onlyQueue != "" && is.Queue != nil && is.Queue.ID != billing {
				require.Equal(t, was.Queue.ID, is.Queue.ID, about)
			}
			if acts && is.Assignment != nil && (was.Assignment == nil || was.Assignment.AgentID != is.Assignment.AgentID) {
				require.EqualValues(t, bot, is.Assignment.AgentID, about)
			}
			if was.Assignment != nil && is.Assignment != nil && was.Assignment.AgentID != is.Assignment.AgentID && force == "" {
				require.True(t, arguments["queue"] != nil || arguments["reopen"] != nil, "taken without force: "+about)
			}
			sent += len(writes)
			if a.Failed {
				refused++
				if b.records.last().Outcome == audit.OutcomeRefused {
					require.Empty(t, writes, about)
				}
				continue
			}
			done++
			if arguments["note"] != nil {
				require.Equal(t, routeNamed("add_note"), writes[len(writes)-1].Operation, "the note is last: "+about)
			}
			if arguments["close"] != nil {
				require.Equal(t, "Closed", is.State, about)
			}
			again := len(b.dixa.Requests())
			delete(arguments, "note")
			if len(arguments) == 1 || arguments["followUp"] != nil || arguments["reopen"] != nil && (arguments["queue"] != nil || arguments["assignee"] != nil) || arguments["queue"] != nil && arguments["assignee"] != nil {
				continue
			}
			text, _ = json.Marshal(arguments)
			a = b.call("a", "update_conversation", string(text))
			if slices.Contains(allow, "list_conversation_tags") && arguments["parent"] == nil && !a.Failed {
				require.Empty(t, b.writes(again), "what is so already is not sent: "+about+a.Text)
			}
		}
		require.NotContains(t, b.call("a", "undo", `{}`).Text, "internal error", file)
	})
	if all {
		require.Greater(t, sent, seeds.Least)
		require.Greater(t, refused, seeds.Least/2)
		require.Greater(t, done, seeds.Least/2)
	}
}

const handOver = `{"conversationId":1234,"tag":["53a428b3-9772-4115-97fe-73c317e31621"],"queue":"` + returns + `","note":"Refund agreed."}`

// A plan with a step that may not be done sends nothing, whichever step it is and whatever refuses it.
func TestPlanIsDecidedWhole(t *testing.T) {
	for name, c := range map[string]struct{ agent, says string }{
		"an argument rule": {`allow: [get_conversation, tag_conversation, transfer_conversation, add_note], arguments: {add_note.message: [x, y]}`, "note"},
		"the budget":       {`allow: [get_conversation, tag_conversation, transfer_conversation, add_note], budget: {writes_per_hour: 2}`, "this call needs 3"},
		"the bound":        {`allow: [get_conversation, tag_conversation, transfer_conversation, add_note], only: {queue: [returns]}`, "could not be found"},
		"no grant":         {`allow: [get_conversation, tag_conversation, transfer_conversation]`, `note: got an unknown argument`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, "version: 1\nnames: {queue: {returns: "+returns+"}}\nagents: {a: {"+c.agent+"}}\n")
			a := b.call("a", "update_conversation", handOver)
			require.True(t, a.Failed)
			require.Contains(t, a.Text, c.says)
			require.Empty(t, b.dixa.Effects())
			require.Equal(t, []audit.Event{audit.EventRefused}, b.records.events())
		})
	}
}

// A step is refused when somebody else changed what the plan was made from; what was done before it is said.
func TestStepsNoLongerHold(t *testing.T) {
	for name, move := range map[string]func(*bed){
		"moved": func(b *bed) {
			do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: "34638054-2da2-44c7-9d6b-33fae60727a1"})
		},
		"closed": func(b *bed) {
			do(b, dixaclient.CloseConversation, dixaclient.CloseConversationIn{ConversationRef: ref(1234)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, `version: 1
agents: {a: {access: {"*": write}}}
`)
				unguarded, moved := b.client, false
				slow := dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Rate: 1e6, Burst: 1e6, Transport: direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					b.dixa.ServeHTTP(w, r)
					if strings.Contains(r.URL.Path, "/tags/") && !moved {
						moved = true
						time.Sleep(time.Second)
						move(&bed{t: t, client: unguarded})
					}
				})}}
				var err error
				b.client, err = dixaclient.New(slow)
				require.NoError(t, err)
				b.govern("version: 1\nagents: {a: {access: {\"*\": write}}}\n")
				a := b.call("a", "update_conversation", handOver)
				require.True(t, a.Failed)
				require.Regexp(t, `(?s)^Done: tag [^ ]+: added\.\nNot done: queue: .*someone else changed it.*\nNot begun: note: added\.\nFor the rest: update_conversation \{`, a.Text)
				require.Equal(t, audit.OutcomeFailed, b.records.last().Outcome)
				notes := do(b, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)})
				require.False(t, slices.ContainsFunc(notes, func(n dixaclient.Note) bool { return n.Message == "Refund agreed." }))
			})
		})
	}
}

// A failure in the middle says what was done, what was not and the call for the rest, and that call does nothing twice.
func TestPlanFailsInTheMiddle(t *testing.T) {
	for _, fault := range []struct {
		kind    offline.FaultKind
		outcome string
	}{{offline.Forbidden, audit.OutcomeFailed}, {offline.Unauthorized, audit.OutcomeFailed}, {offline.ServerErrorAfter, audit.OutcomeUnknown}} {
		for n, operation := range []string{"tag_conversation", "transfer_conversation", "add_note"} {
			t.Run(fmt.Sprint(operation, fault.kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBed(t, "version: 1\nagents: {a: {access: {\"*\": write}}}\n")
					b.dixa.Inject(offline.Fault{Match: routeNamed(operation), Kind: fault.kind, Times: 3})
					a := b.call("a", "update_conversation", handOver)
					require.True(t, a.Failed)
					require.Equal(t, fault.outcome, b.records.last().Outcome, a.Text)
					require.Equal(t, n > 0, strings.HasPrefix(a.Text, "Done: "), a.Text)
					unknownNote := fault.outcome == audit.OutcomeUnknown && operation == "add_note"
					next := regexp.MustCompile(`update_conversation (\{.*\});`).FindStringSubmatch(a.Text)
					switch {
					case unknownNote:
						require.Contains(t, a.Text, "Check whether it was done before you call again without it.")
						require.Nil(t, next)
						return
					case next == nil:
						require.Zero(t, n, a.Text)
						next = []string{"", handOver}
					}
					if a = b.call("a", "update_conversation", next[1]); fault.kind == offline.Forbidden || fault.kind == offline.Unauthorized {
						for a.Failed { // the fault hits three times
							a = b.call("a", "update_conversation", next[1])
						}
					}
					require.False(t, a.Failed, a.Text)
					did := map[string]int{}
					for _, e := range b.dixa.Effects() {
						did[e.Operation]++
					}
					for _, operation := range []string{"tag_conversation", "transfer_conversation", "add_note"} {
						require.Equal(t, 1, did[routeNamed(operation)], operation)
					}
				})
			})
		}
	}
}

// An approval is for this list of changes, in this order, and for what was there before.
func TestApprovalOfAPlan(t *testing.T) {
	b, s := newParked(t)
	park := func(arguments string) string {
		t.Helper()
		a := b.call("parks", "update_conversation", arguments)
		require.False(t, a.Failed, a.Text)
		return b.records.last().Approval
	}
	number := park(handOver)
	parked, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.Regexp(t, `^update conversation 1234 \(tag urgent: added · queue: billing → Returns .* · note: added\)$`, parked.Effect)
	s.approve(number)
	for name, other := range map[string]string{
		"a step more":     strings.Replace(handOver, "{", `{"close":false,"untag":["`+tagIDs[0]+`"],`, 1),
		"a step less":     strings.Replace(handOver, `,"note":"Refund agreed."`, "", 1),
		"another text":    strings.Replace(handOver, "agreed", "refused", 1),
		"another queue":   strings.Replace(handOver, returns, "34638054-2da2-44c7-9d6b-33fae60727a1", 1),
		"another about":   strings.Replace(handOver, "1234", "2951", 1),
		"another's agent": strings.Replace(handOver, "{", `{"assignee":"`+bot+`",`, 1),
	} {
		require.NotEqual(t, number, park(other), name)
	}
	do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: "34638054-2da2-44c7-9d6b-33fae60727a1"})
	require.NotEqual(t, number, park(handOver), "it was moved since: another plan")
	require.Equal(t, 1, len(b.dixa.Effects()), "only the move")

	do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: billing})
	do(b, dixaclient.ClaimConversation, dixaclient.ClaimConversationIn{ConversationRef: ref(1234), AgentID: "ec137b7c-5060-4d6b-94e1-3a56e3370581"})
	moved := park(handOver)
	require.NotEqual(t, number, moved)
	s.approve(moved)
	effects := len(b.dixa.Effects())
	a := b.call("parks", "update_conversation", handOver)
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), effects+3)
	taken, err := s.Get(context.Background(), moved)
	require.NoError(t, err)
	require.Equal(t, approval.Done, taken.State)
}

// A client's person approves the plan that they were shown.
func TestConfirmationOfAPlan(t *testing.T) {
	b := newBed(t, confirming)
	q := b.ask("asks", "update_conversation", handOver)
	require.Contains(t, q.Text, "queue: billing → Returns")
	do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: "34638054-2da2-44c7-9d6b-33fae60727a1"})
	a := b.answer("asks", "update_conversation", handOver, q.State, true)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "is for another call")
	require.Len(t, b.dixa.Effects(), 1)
	require.False(t, b.answer("asks", "update_conversation", handOver, b.ask("asks", "update_conversation", handOver).State, true).Failed)
}

// A frozen agent is stopped between two steps.
func TestFrozenBetweenSteps(t *testing.T) {
	b := newBed(t, confirming)
	frozen := func(string) (string, bool) { return "stop", len(b.dixa.Effects()) > 0 }
	b.stand("version: 1\nagents: {a: {access: {\"*\": write}}}\n", gate.Config{Frozen: frozen})
	a := b.call("a", "update_conversation", handOver)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "Done: tag urgent: added.\nNot done: queue")
	require.NotContains(t, a.Text, "Nothing was sent")
	require.Len(t, b.dixa.Effects(), 1)
}
