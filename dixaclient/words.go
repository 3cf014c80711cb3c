package dixaclient

import (
	"slices"
	"strings"

	"dixa-mcp/internal/base/vocabulary"
)

// The types whose values people know by other words than Dixa's spelling. A test fails for one that is missing.

// Vocabulary returns the words for channels.
func (Channel) Vocabulary() *vocabulary.Set { return vocabulary.Channels }

// Vocabulary returns the words for channels.
func (SearchChannel) Vocabulary() *vocabulary.Set { return vocabulary.Channels }

// Vocabulary returns the words for channels.
func (FlowChannel) Vocabulary() *vocabulary.Set { return vocabulary.Channels }

// Vocabulary returns the words for channels.
func (NewChannel) Vocabulary() *vocabulary.Set { return vocabulary.Channels }

// Vocabulary returns the words for channels.
func (ImportChannel) Vocabulary() *vocabulary.Set { return vocabulary.Channels }

// Vocabulary returns the words for groups of channels.
func (WorkingChannel) Vocabulary() *vocabulary.Set { return vocabulary.WorkingChannels }

// Vocabulary returns the words for kinds of contact endpoints.
func (ContactEndpointType) Vocabulary() *vocabulary.Set { return vocabulary.Endpoints }

// Vocabulary returns the words for states.
func (SearchStatus) Vocabulary() *vocabulary.Set { return vocabulary.States }

// Vocabulary returns the words for directions.
func (SearchDirection) Vocabulary() *vocabulary.Set { return vocabulary.Directions }

// Vocabulary returns the words for directions.
func (Direction) Vocabulary() *vocabulary.Set { return vocabulary.Directions }

// Vocabulary returns the words for the events.
func (WebhookEvent) Vocabulary() *vocabulary.Set { return vocabulary.Events }

// Vocabulary returns the words for the events.
func (EventName) Vocabulary() *vocabulary.Set { return vocabulary.Events }

// The spellings in values whose field is named beside them.
var (
	metricChannels   = vocabulary.Enum{Set: vocabulary.Channels, Values: snake(strings.ToUpper), More: true}
	metricDirections = vocabulary.Enum{Set: vocabulary.Directions, Values: []string{"INBOUND", "OUTBOUND"}, More: true}
	webhookChannels  = vocabulary.Enum{Set: vocabulary.Channels, Values: snake(strings.ToLower), More: true}
	metricVocabulary = map[Name]vocabulary.Enum{"channel": metricChannels, "initial_channel": metricChannels, "initial_direction": metricDirections}
	searchVocabulary = map[SearchField]vocabulary.Enum{
		"Channel":   {Set: vocabulary.Channels, Values: SearchChannel("").Values()},
		"Status":    {Set: vocabulary.States, Values: SearchStatus("").Values()},
		"Direction": {Set: vocabulary.Directions, Values: SearchDirection("").Values()},
	}
)

// snake spells the channels as analytics and filters of webhooks do: WIDGET_CHAT, widget_chat.
func snake(letters func(string) string) []string {
	spelled := slices.Clone(Channel("").Values())
	for i, channel := range spelled {
		var b strings.Builder
		for at, r := range channel {
			if at > 0 && r >= 'A' && r <= 'Z' {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		}
		spelled[i] = letters(b.String())
	}
	return spelled
}
