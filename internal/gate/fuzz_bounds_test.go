package gate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// FuzzBoundedCall calls any tool with any arguments as an agent that is bounded to a queue. It must not panic, tell
// nothing of what is outside, and change nothing there.
func FuzzBoundedCall(f *testing.F) {
	file := strings.Replace(everythingBut(bounds[0]), "    only:", "    deny: [transfer_conversation, anonymize_conversation]\n    only:", 1)
	b := newBed(f, file)
	h := seeded(f)
	inside, outside := h.split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	in := map[string]bool{}
	for _, c := range inside {
		in[itoa(c.ID)] = true
	}
	secrets := map[string]bool{}
	for _, id := range h.strangers(inside) {
		secrets[string(id)] = true
	}
	stranger := string(h.strangers(inside)[0])
	all := tools.All()
	for _, arguments := range []string{
		`{"conversationId":1234}`, fmt.Sprintf(`{"conversationId":%d}`, outside[0].ID), `{"conversationId":1234,"conversationId":1235}`,
		`{"conversationId":"1235","ConversationId":1234}`, `{"userId":"` + stranger + `"}`, `{"email":"a@example.com"}`,
		`{"conditions":[{"field":"QueueId","operator":"IsNotOneOf","values":["` + billing + `"]}],"strategy":"Any"}`,
		`{"conversationId":1234,"parentId":1236,"linkType":"Related"}`, `{"pageKey":"AAAA","pageLimit":1}`, `null`, `[`, "{\"\xff\":1}",
	} {
		for i := range all {
			if i%9 == 0 || all[i].Operations[0].Scope == dixaclient.OneConversation {
				f.Add(uint8(i), arguments)
			}
		}
	}
	f.Fuzz(func(t *testing.T, tool uint8, arguments string) {
		b.dixa.ResetCounts()
		a := b.gate.Call(context.Background(), request("bounded", all[int(tool)%len(all)].Name, arguments))
		for _, r := range b.dixa.Requests() {
			if m := conversationPath.FindStringSubmatch(r.Path); m != nil && r.Method != "GET" && !in[m[1]+m[2]] {
				t.Fatalf("%s %s reached Dixa", r.Method, r.Path)
			}
			if m := userPath.FindStringSubmatch(r.Path); m != nil && secrets[m[1]] {
				t.Fatalf("%s %s reached Dixa", r.Method, r.Path)
			}
		}
		for _, m := range userID.FindAllString(a.Text, -1) {
			if secrets[m] && !strings.Contains(strings.ToLower(arguments), m) {
				t.Fatalf("an end user outside was told: %.500s", a.Text)
			}
		}
		if i := slices.IndexFunc(idsIn(a.Text), func(id string) bool { return !in[id] }); i >= 0 {
			t.Fatalf("conversation %s is outside: %.500s", idsIn(a.Text)[i], a.Text)
		}
	})
}
