package settings

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var flowRoutes = []call.Route{
	{Pattern: "GET /v1/conversations/flows", Status: 200, Query: "channel", Handle: listFlows},
}

type flow struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Channel           string `json:"channel"`
	ContactEndpointID string `json:"contactEndpointId"`
}

// flowChannels are the channels that flows can be asked for; two that conversations have are not among them.
const flowChannels = "WhatsApp|Voicemail|WidgetChat|FacebookMessenger|Email|ContactForm|Callback|PstnPhone|Messenger"

// listFlows lists the flows of a channel, of phone calls where none is named.
func listFlows(c *call.Call) (any, error) {
	channel := c.Query.Get("channel")
	if channel == "" {
		channel = "PstnPhone"
	}
	if err := c.Bodies.Check(channel, []string{flowChannels}); err != nil {
		return nil, wire.ErrParam.Because("query parameter channel%v", err)
	}
	flows := []flow{}
	for i, e := range c.Endpoints {
		for _, ch := range channelsOf(e) {
			if ch == channel {
				flows = append(flows, flow{c.UUID("flow "+ch, int64(i)), e.Name + " " + strings.ToLower(ch) + " flow", ch, e.Address + e.Number})
			}
		}
	}
	if channel == "WidgetChat" || channel == "Messenger" {
		flows = append(flows, flow{c.UUID("flow "+channel, -1), "Web shop chat", channel, c.UUID("widget", 0)})
	}
	return wire.Data{Data: flows}, nil
}

// channelsOf returns what arrives at an endpoint.
func channelsOf(e desk.Endpoint) []string {
	switch {
	case e.Address != "":
		return []string{"Email", "ContactForm"}
	case !slices.Contains(e.Functionality, "VoiceInbound"):
		return nil
	default:
		return []string{"PstnPhone", "Callback", "Voicemail"}
	}
}
