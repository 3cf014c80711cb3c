package vocabulary

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var sets = []*Set{Channels, WorkingChannels, Endpoints, States, Directions}

func TestWords(t *testing.T) {
	for spelling, word := range map[string]string{
		"WidgetChat": "Chat", "widgetchat": "Chat", "WIDGET_CHAT": "Chat", "widget_chat": "Chat", "chat": "Chat", "live chat": "Chat",
		"PstnPhone": "Phone", "PSTN_PHONE": "Phone", "pstnphone": "Phone", "phone": "Phone", "e-mail": "Email", "contact form": "Contact Form",
		"dixamessenger": "Messenger", "WHATS_APP": "WhatsApp", "trustpilotreviews": "Trustpilot", "carrier pigeon": "carrier pigeon", "": "",
	} {
		require.Equal(t, word, Channels.Word(spelling), spelling)
	}
	require.Equal(t, "Awaiting Pending", States.Word("awaitingpending"))
	require.Equal(t, "Chat", WorkingChannels.Word("InteractiveChat"))
}

// Each word is its own word, and what can mean several things is none of them.
func TestAmbiguousTextsAreNoWords(t *testing.T) {
	for _, s := range sets {
		words := s.Words()
		for _, word := range words {
			require.Equal(t, word, s.Word(word))
		}
		for text, meant := range s.open {
			require.Equal(t, Fold(text), text, "write it without case and spaces")
			require.False(t, s.Knows(text), "%s of %s is ambiguous and a spelling", text, s.Of)
			require.Greater(t, len(meant), 1, text)
			require.Subset(t, words, meant, text)
			e := Enum{Set: s, Values: words}
			_, ok := e.Find(text)
			require.False(t, ok, text)
			require.Equal(t, meant, e.Ambiguous(text))
		}
	}
}

// Where a place takes only one of the things that a text can mean, it is still not guessed.
func TestAmbiguousTextsAreNotGuessed(t *testing.T) {
	e := Enum{Set: Channels, Values: []string{"Callback", "Email"}}
	_, ok := e.Find("call")
	require.False(t, ok)
	require.Equal(t, []string{"Callback"}, e.Ambiguous("call"))
}

// A value that is spelled as the text comes before one whose word it is.
func TestFindTakesDixasOwnSpellingFirst(t *testing.T) {
	e := Enum{Set: Channels, Values: []string{"chat", "email"}}
	for text, want := range map[string]string{"chat": "chat", "WIDGET_CHAT": "chat", "Mail": "email"} {
		got, ok := e.Find(text)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := e.Find("voicemail")
	require.False(t, ok, "it is no value here")
	_, ok = Enum{Values: []string{"a"}}.Find("b")
	require.False(t, ok)
}

// A name of Dixa's is shown as words, by which it is found again; what is no such name stays as it is.
func TestNamesAreSplitIntoWords(t *testing.T) {
	for name, words := range map[string]string{
		"TagAdded": "Tag added", "ConversationCreatedByCustomer": "Conversation created by customer", "SLAEvaluationBreached": "SLA evaluation breached",
		"OneAtATimeRandom": "One at a time random", "Csat": "CSAT", "SMS": "SMS", "AgentBannedIp": "Agent banned IP", "SlaTimeLimit": "SLA time limit",
		"follow_up": "follow_up", "Two words": "Two words", "Über": "Über", "a": "a", "A": "A", "": "",
	} {
		require.Equal(t, words, Apart(name), name)
		require.Equal(t, Fold(name), Fold(words))
	}
	require.Equal(t, "Assigned", Events.Word("ConversationAssigned"))
	for _, whole := range []string{"Conversation", "Conversationalist"} {
		require.Equal(t, whole, Events.Word(whole))
	}
	e := Enum{Set: Events, Values: []string{"ConversationMessageAdded", "TagAdded"}}
	require.Equal(t, e.Values, e.Words(), "schemas say how Dixa spells it")
	for _, text := range []string{"ConversationMessageAdded", "Message added", "MESSAGE_ADDED", "conversation message added"} {
		found, ok := e.Find(text)
		require.True(t, ok, text)
		require.Equal(t, "ConversationMessageAdded", found)
	}
	_, ok := e.Find("Message")
	require.False(t, ok)
}
