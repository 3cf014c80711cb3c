package dixaclient

import "reflect"

// withoutRecords are reads of the whole organization whose answers have no conversation and no customer: figures, and what is configured.
var withoutRecords = map[*Spec]bool{
	GetAnonymization.Spec: true,
	GetWebhook.Spec:       true,
	GetWebhookStatus.Spec: true,
	ListWebhooks.Spec:     true,
	QueryMetric.Spec:      true,
}

// ShowsRecords reports whether the operation reads conversations, customers, or what happened with them.
func (s *Spec) ShowsRecords() bool {
	return s.Level == Read && s.Scope != Shared && !withoutRecords[s]
}

// ListsRecords reports whether each item of the operation's answer is a conversation, a customer, or something that happened. Other answers are
// about the conversation or the customer that the request names.
func (s *Spec) ListsRecords() bool {
	return s.ShowsRecords() && s.out.Kind() == reflect.Slice && (s.Scope != OneConversation || s.out == reflect.TypeFor[[]Conversation]())
}
