package teams

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var presenceRoutes = []call.Route{
	{Pattern: "GET /v1/agents/presence", Status: 200, Handle: listPresence},
	{Pattern: "GET /v1/agents/{agentId}/presence", Status: 200, Handle: getPresence},
	{Pattern: "PUT /v1/agents/{agentId}/presence/working-channel", Status: 204, Handle: setWorkingChannel},
}

type presenceWire struct {
	UserID           string   `json:"userId"`
	RequestTime      string   `json:"requestTime"`
	LastSeen         string   `json:"lastSeen,omitzero"`
	PresenceStatus   string   `json:"presenceStatus,omitzero"`
	ConnectionStatus string   `json:"connectionStatus"`
	ActiveChannels   []string `json:"activeChannels"`
}

// workingChannels are the groups in which channels are switched on and off, and what is in them.
var workingChannels = []struct {
	name     string
	channels []string
}{
	{"Email", []string{"Email", "ContactForm"}},
	{"InteractiveChat", []string{"WidgetChat", "Messenger"}},
	{"Messaging", []string{"FacebookMessenger", "WhatsApp", "Sms"}},
	{"Speak", []string{"PstnPhone", "Callback"}},
}

// presenceOf returns the presence of a Dixa agent at a moment. Seeded Dixa agents come and go with their shifts.
func presenceOf(w *desk.World, id string, now time.Time, days hours.Calendar) presenceWire {
	p := w.Presence[id]
	v := presenceWire{UserID: id, RequestTime: wire.LocalTime(now), LastSeen: wire.LocalTime(now), PresenceStatus: "Away",
		ConnectionStatus: "Online", ActiveChannels: []string{}}
	if p.Working {
		v.PresenceStatus = "Working"
	}
	if seen, online := w.LastOnline(w.Agents.ByID[id], p, now, days); !online {
		v.ConnectionStatus, v.PresenceStatus, v.LastSeen = "Offline", "Away", wire.LocalTime(seen)
		return v
	}
	for _, group := range workingChannels {
		if p.Channels[group.name] {
			v.ActiveChannels = append(v.ActiveChannels, group.channels...)
		}
	}
	return v
}

// listPresence answers with a bare array, unlike every other list.
func listPresence(c *call.Call) (any, error) {
	all, days := []presenceWire{}, c.Lately(c.Now)
	for _, a := range c.Agents.List {
		all = append(all, presenceOf(c.World, a.ID, c.Now, days))
	}
	return all, nil
}

func getPresence(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: presenceOf(c.World, a.ID, c.Now, c.Lately(c.Now))}, nil
}

func setWorkingChannel(c *call.Call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		Channel string `wire:"channel,required,Email|InteractiveChat|Messaging|Speak"`
		Working bool   `wire:"working,required"`
	}](c)
	if err != nil {
		return nil, err
	}
	p := c.Presence[a.ID]
	if p.Channels[in.Channel] == in.Working {
		return nil, nil
	}
	p.Channels[in.Channel] = in.Working
	state := "off"
	if in.Working {
		state = "on"
	}
	c.Did(a.ID, in.Channel+" switched "+state)
	return nil, nil
}
