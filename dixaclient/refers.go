package dixaclient

import (
	"strings"
)

// Refers is implemented by parts of requests whose values name what a property beside them says. Refer completes a reference
// of theirs.
type Refers interface {
	Refer(r *Reference)
}

// PathSeparator is between the options of a path where it is written as one text.
const PathSeparator = " > "

// Option makes it a reference to an option of a custom attribute, by its path in one text.
func (r *Reference) Option(attribute UUID) {
	r.Thing, r.Of, r.Path = OptionThing, string(attribute), strings.Split(r.Value, PathSeparator)
}

// Refer completes a reference: what its values name follows from the field.
func (c SearchCondition) Refer(r *Reference) {
	if r.Thing != besideThing {
		return
	}
	switch c.Field {
	case "AgentId":
		r.Thing = AgentThing
	case "QueueId":
		r.Thing = QueueThing
	case "TagId":
		r.Thing = TagThing
	case "ContactId":
		r.Thing = EndUserThing
	case "ConversationId":
		r.Thing = ConversationThing
	case "CustomAttribute":
		r.Option(c.AttributeID)
	case "Channel", "Status", "Direction":
		r.Thing, r.Among = WordThing, searchVocabulary[c.Field]
	}
}

// Refer completes a reference: its value is an option of the attribute.
func (a CustomAttributeSetting) Refer(r *Reference) {
	if r.Thing == besideThing {
		r.Thing, r.Of = OptionThing, string(a.ID)
	}
}

// Refer completes a reference: its values are those of the attribute.
func (f AnalyticsFilter) Refer(r *Reference) {
	r.Ignored = true
	if r.Thing == besideThing {
		r.Thing, r.Of, r.Among = ValueThing, string(f.Attribute), metricVocabulary[f.Attribute]
	}
}

// Refer completes a reference: its values are those of the field.
func (f WebhookFilter) Refer(r *Reference) {
	switch {
	case r.Thing != besideThing:
	case f.Field == "QueueId":
		r.Thing, r.Ignored = QueueThing, true
	case f.Field == "InitialChannel":
		r.Thing, r.Among = WordThing, webhookChannels
	}
}

// Refer completes a reference: the entity is one of the type.
func (in AnonymizeEntityIn) Refer(r *Reference) {
	if r.Thing == besideThing {
		r.Thing = map[EntityType]Thing{"Conversation": ConversationThing, "Message": MessageThing, "User": EndUserThing}[in.Type]
	}
}
