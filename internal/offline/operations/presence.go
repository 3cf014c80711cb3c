package operations

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/wire"
)

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
func listPresence(c *call) (any, error) {
	all, days := []presenceWire{}, c.Lately(c.now)
	for _, a := range c.Agents.List {
		all = append(all, presenceOf(c.World, a.ID, c.now, days))
	}
	return all, nil
}

func getPresence(c *call) (any, error) {
	a, err := c.Agents.Get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: presenceOf(c.World, a.ID, c.now, c.Lately(c.now))}, nil
}
