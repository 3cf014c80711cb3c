package gate_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// How an id is held to the bound that a request names beside the conversation or end user that it is about.
const (
	anotherConversation = "OtherConversations" // judged as the conversation itself is
	anotherEndUser      = "OtherEndUsers"      // judged as an end user is
	partOfIt            = "Parts"              // looked up in the conversation
	sharedByAll         = "shared"             // a queue, a tag, a Dixa agent, an attribute: no bound is about these
	ownText             = "text"               // names nothing in Dixa: it is written there
)

// secondIDs are all arguments that look like an id beside the first.
var secondIDs = map[string]string{
	"*.agentId":                                 sharedByAll,
	"*.externalId":                              ownText,
	"link_conversation.parentId":                anotherConversation,
	"offer_rating.userId":                       anotherEndUser,
	"anonymize_message.messageId":               partOfIt,
	"submit_rating.ratingId":                    partOfIt,
	"transfer_conversation.queueId":             sharedByAll,
	"tag_conversation.tagId":                    sharedByAll,
	"untag_conversation.tagId":                  sharedByAll,
	"set_conversation_attributes.attributes.id": sharedByAll,
	"set_end_user_attributes.attributes.id":     sharedByAll,
}

// Every id that an operation takes beside the first is judged, or belongs to nobody.
func TestEverySecondIDIsClassified(t *testing.T) {
	used := map[string]bool{}
	for _, op := range dixaclient.Operations() {
		first := map[dixaclient.Scope]string{dixaclient.OneConversation: "conversationId", dixaclient.OneEndUser: "userId"}[op.Scope]
		if first == "" {
			continue
		}
		for _, argument := range idsOf("", op.In()) {
			if argument == first {
				continue
			}
			key := op.Name + "." + argument
			if secondIDs[key] == "" {
				key = "*." + argument
			}
			how := secondIDs[key]
			used[key] = true
			if how == "" {
				t.Errorf("%s takes %s: say in secondIDs in internal/gate/bounds_ids_test.go how it is held to the bound", op.Name, argument)
				continue
			}
			if how == anotherConversation || how == anotherEndUser || how == partOfIt {
				require.Equal(t, []string{how}, judgedAs(t, op, argument), "%s.%s: its request type must have the method %s", op.Name, argument, how)
			}
		}
	}
	for key := range secondIDs {
		require.True(t, used[key], "%s is in secondIDs in internal/gate/bounds_ids_test.go, and no operation has it", key)
	}
}

// idsOf are the arguments of a request that look like an id, dotted where they are inside others.
func idsOf(prefix string, in reflect.Type) []string {
	var ids []string
	for name, f := range dixaclient.Arguments(in) {
		of := f.Type
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		lower := strings.ToLower(name)
		looks := strings.HasSuffix(lower, "id") || strings.HasSuffix(lower, "ids") || slices.Contains([]string{"csid", "csids", "parent", "child"}, lower)
		switch {
		case looks, of == reflect.TypeFor[dixaclient.UUID](), of == reflect.TypeFor[dixaclient.ActingAgent]():
			ids = append(ids, prefix+name)
		case of.Kind() == reflect.Struct:
			ids = append(ids, idsOf(prefix+name+".", of)...)
		}
	}
	return ids
}

// judgedAs sets one argument of a request and tells by which methods the request names it.
func judgedAs(t *testing.T, op *dixaclient.Spec, argument string) []string {
	in := reflect.New(op.In())
	const number, text = 4711, "00000000-0000-4000-8000-000000004711"
	for _, f := range reflect.VisibleFields(op.In()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == argument && !f.Anonymous {
			switch v := in.Elem().FieldByIndex(f.Index); v.Kind() {
			case reflect.String:
				v.SetString(text)
			case reflect.Int64:
				v.SetInt(number)
			default:
				require.Fail(t, "idsOf in bounds_ids_test.go does not know this type", "%s.%s: %s", op.Name, argument, v.Type())
			}
		}
	}
	var how []string
	if slices.Contains(dixaclient.OtherConversations(in.Interface()), number) {
		how = append(how, anotherConversation)
	}
	if slices.Contains(dixaclient.OtherEndUsers(in.Interface()), text) {
		how = append(how, anotherEndUser)
	}
	if slices.ContainsFunc(dixaclient.PartsOf(in.Interface()), func(p dixaclient.Part) bool { return p.ID == text && p.Kind != 0 }) {
		how = append(how, partOfIt)
	}
	return how
}

// foreignRating is the rating of a conversation outside.
func foreignRating(b *bed, outside []*dixaclient.Conversation) string {
	for _, c := range outside {
		if ratings := do(b, dixaclient.ListRatings, ref(c.ID)); len(ratings) > 0 {
			return string(ratings[0].ID)
		}
	}
	require.Fail(b.t, "no conversation outside has a rating")
	return ""
}

// What belongs to the conversation is let through.
func TestPartsOfAConversationInside(t *testing.T) {
	h := seeded(t)
	inside, _ := h.split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	b := newBed(t, everythingBut(bounds[0]))
	message := do(b, dixaclient.ListMessages, dixaclient.ListMessagesIn{ConversationRef: ref(inside[0].ID)})[0].ID
	a := b.call("bounded", "anonymize_message", fmt.Sprintf(`{"conversationId":%d,"messageId":%q}`, inside[0].ID, strings.ToUpper(string(message))))
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), 1)
	offered := b.call("bounded", "offer_rating", fmt.Sprintf(`{"conversationId":%d,"ratingType":"Csat","agentId":%q,"userId":%q}`, inside[1].ID, bot, inside[1].RequesterID))
	require.False(t, offered.Failed, offered.Text)
	ratings := do(b, dixaclient.ListRatings, ref(inside[1].ID))
	require.NotEmpty(t, ratings)
	a = b.call("bounded", "submit_rating", fmt.Sprintf(`{"conversationId":%d,"ratingId":%q,"ratingType":"Csat","value":5}`, inside[1].ID, ratings[len(ratings)-1].ID))
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), 3)
}
