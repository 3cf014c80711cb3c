package offline

import "time"

// presence is what a Dixa agent is doing.
type presence struct {
	online   bool
	working  bool
	seen     time.Time       // last, when offline
	channels map[string]bool // by the groups in which they are switched
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

func seedPresence(r *rng, i int) *presence {
	p := &presence{online: i%3 != 2, working: i%4 != 3, channels: map[string]bool{"Email": true}}
	p.channels["InteractiveChat"] = r.chance(60)
	p.channels["Messaging"] = r.chance(40)
	p.channels["Speak"] = r.chance(35)
	return p
}

func (w *world) presenceOf(id string, now time.Time) presenceWire {
	p := w.presence[id]
	v := presenceWire{UserID: id, RequestTime: localTime(now), LastSeen: localTime(now), PresenceStatus: "Away",
		ConnectionStatus: "Online", ActiveChannels: []string{}}
	if p.working {
		v.PresenceStatus = "Working"
	}
	if !p.online {
		v.ConnectionStatus, v.PresenceStatus = "Offline", "Away"
		v.LastSeen = localTime(latest(p.seen, w.anchor.Add(-3*time.Hour)))
		return v
	}
	for _, group := range workingChannels {
		if p.channels[group.name] {
			v.ActiveChannels = append(v.ActiveChannels, group.channels...)
		}
	}
	return v
}

// listPresence answers with a bare array, unlike every other list.
func listPresence(c *call) (any, error) {
	all := []presenceWire{}
	for _, a := range c.agents.list {
		all = append(all, c.presenceOf(a.ID, c.now))
	}
	return all, nil
}

func getPresence(c *call) (any, error) {
	a, err := c.agents.get(c.id("agentId"))
	if err != nil {
		return nil, err
	}
	return data{Data: c.presenceOf(a.ID, c.now)}, nil
}
