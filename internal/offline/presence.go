package offline

import (
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/wire"
)

// presence is what a Dixa agent is doing.
type presence struct {
	online   bool // during shifts
	working  bool
	seen     time.Time       // last, of one that has no shifts
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

func seedPresence(r *fiction.RNG, i int) *presence {
	p := &presence{online: i%11 != 7, working: i%8 != 6, channels: map[string]bool{"Email": true}}
	p.channels["InteractiveChat"] = r.Chance(60)
	p.channels["Messaging"] = r.Chance(40)
	p.channels["Speak"] = r.Chance(35)
	return p
}

// lately returns the calendar of Customer Care for the days up to a moment.
func (w *world) lately(now time.Time) hours.Calendar {
	return w.schedules.list[0].Calendar(now.AddDate(0, 0, -hours.DaysAhead), hours.DaysAhead+1)
}

// presenceOf returns the presence of a Dixa agent at a moment. Seeded Dixa agents come and go with their shifts.
func (w *world) presenceOf(id string, now time.Time, days hours.Calendar) presenceWire {
	p := w.presence[id]
	v := presenceWire{UserID: id, RequestTime: wire.LocalTime(now), LastSeen: wire.LocalTime(now), PresenceStatus: "Away",
		ConnectionStatus: "Online", ActiveChannels: []string{}}
	if p.working {
		v.PresenceStatus = "Working"
	}
	if seen, online := w.lastOnline(w.agents.byID[id], p, now, days); !online {
		v.ConnectionStatus, v.PresenceStatus, v.LastSeen = "Offline", "Away", wire.LocalTime(seen)
		return v
	}
	for _, group := range workingChannels {
		if p.channels[group.name] {
			v.ActiveChannels = append(v.ActiveChannels, group.channels...)
		}
	}
	return v
}

// lastOnline returns when a Dixa agent was last online, and whether that is now. One without shifts never was.
func (w *world) lastOnline(a *person, p *presence, now time.Time, days hours.Calendar) (seen time.Time, online bool) {
	if a.shift == 0 {
		return p.seen, false
	}
	for d := days.Day(now); d >= 0; d-- {
		s, ok := shiftOn(&days, a.shift-1, d)
		switch {
		case !ok || now.Before(s.From) || (!p.online && now.Before(s.To)): // who is not online has not come today
		case now.Before(s.To):
			return now, true
		default:
			return s.To, false
		}
	}
	return p.seen, false
}

// listPresence answers with a bare array, unlike every other list.
func listPresence(c *call) (any, error) {
	all, days := []presenceWire{}, c.lately(c.now)
	for _, a := range c.agents.list {
		all = append(all, c.presenceOf(a.ID, c.now, days))
	}
	return all, nil
}

func getPresence(c *call) (any, error) {
	a, err := c.agents.get(c.ID("agentId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: c.presenceOf(a.ID, c.now, c.lately(c.now))}, nil
}
