package seed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/attachment"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

// seededAgents come from several countries, as they do in a helpdesk: their teams by place in teamNames, and the languages they speak
// beside English. The last is a bot.
var seededAgents = []struct{ name, teams, languages string }{
	{"Karen Holm", "0 5", "da"}, {"Thomas Berg", "0", "de"}, {"Priya Nair", "1", ""}, {"Marco Rossi", "2", "es"},
	{"Sofia Lund", "5", "da sv"}, {"Ben Carter", "3", ""}, {"Nadia Haddad", "0", "fr"}, {"Jens Krogh", "5", "da"},
	{"Anna Kowalska", "2", "de"}, {"Luis Ortega", "1", "es"}, {"Mette Dahl", "1 5", "da"}, {"Sam Okafor", "3", ""},
	{"Julie Roy", "1", "fr"}, {"Peter Vogel", "3", "de"}, {"Linda Strand", "2 5", "sv"}, {"Omar Farouk", "0", "fr"},
	{"Eva Novak", "4", "de"}, {"Kim Larsen", "3 5", "da"}, {"Tina Brandt", "1", "de"}, {"Alex Reid", "0", ""},
	{"Maria Costa", "0", "es"}, {"Henrik Juhl", "4", "da"}, {"Yuki Tanaka", "3", ""}, {"Paul Meier", "2", "de"},
	{"Signe Toft", "1 5", "da sv"}, {"Diego Ramos", "2", "es"}, {"Ellen Friis", "0 5", "da"}, {"Nick Doyle", "4", ""},
	{"Sara Amiri", "0", "sv"}, {"Ole Bak", "2", "da"}, {"Clara Weiss", "0", "de fr"}, {"Ivan Petrov", "3", ""},
	{"Hanna Ek", "4 5", "sv"}, {"David Cohen", "0", "fr"}, {"Rosa Silva", "4", "es"}, {"Erik Falk", "2", "sv"},
	{"Fatima Zahra", "0", "es fr"}, {"Tom Baker", "0", ""}, {"Lise Vinther", "0 5", "da sv"}, {"Billing Bot", "1", ""},
}

var teamNames = []string{"Customer Care", "Billing & Payments", "Logistics", "Technical Support", "Sales", "Nordics"}

func (w *maker) seedAgents() {
	w.Presence, w.seats = map[string]*desk.Presence{}, map[string]int{}
	for i, s := range seededAgents {
		r := w.Rand("agent", int64(i))
		first, last, _ := strings.Cut(s.name, " ")
		age := r.Between(420*24*time.Hour, 1100*24*time.Hour)
		if i < 3 { // who wrote the templates and articles was there before them
			age += 1100 * 24 * time.Hour
		}
		a := &desk.Person{
			ID: w.UUID("agent", int64(i)), CreatedAt: wire.PlainTime(w.Anchor.Add(-age)), DisplayName: s.name, FirstName: first, LastName: last,
			Roles: rolesOf(i), Email: strings.ToLower(first+"."+last) + "@example.com",
			AdditionalEmails: []string{}, AdditionalPhoneNumbers: []string{}, MiddleNames: []string{}, Shift: i + 1,
		}
		if i == seedAgents-1 {
			a.ID, a.Email = billingBotID, "billing-bot@example.com"
		} else if i%3 == 0 {
			a.PhoneNumber = fmt.Sprintf("+442079460%03d", 200+i)
		}
		if i%4 == 1 {
			a.AvatarURL = attachment.URL + "/public/avatar/" + a.ID
		}
		w.Agents.Add(a.ID, a)
		w.seats[a.ID] = i
		w.Presence[a.ID] = seedPresence(r, i)
	}
}

func rolesOf(i int) []string {
	switch {
	case i == desk.TokenOwner:
		return []string{"SystemAdmin", "Admin", "Agent"}
	case i < 3:
		return []string{"Admin", "Agent"}
	case i < 9:
		return []string{"TeamLead", "Agent"}
	default:
		return []string{"Agent"}
	}
}

// inTeam reports whether a seeded Dixa agent is in a team, speaks whether in a language.
func inTeam(agent, team int) bool {
	return strings.Contains(seededAgents[agent].teams, fmt.Sprint(team))
}

func speaks(agent int, language string) bool {
	return language == "en" || strings.Contains(seededAgents[agent].languages, language)
}

// seedMembers returns the Dixa agents who serve a queue: its teams, and for each language that these do not speak the
// people of Customer Care and Nordics who do. The queue VIP belongs to the team leads.
func (w *maker) seedMembers(teams []int, leads bool) []int {
	serves := func(i int) bool {
		return slices.ContainsFunc(teams, func(t int) bool { return inTeam(i, t) }) || (leads && i >= 3 && i < 9)
	}
	var members []int
	for i := range seededAgents {
		if serves(i) || slices.ContainsFunc(fiction.Cultures, func(c fiction.Culture) bool {
			return c.Language != "en" && speaks(i, c.Language) && (inTeam(i, 0) || inTeam(i, 5)) && !spoken(serves, c.Language)
		}) {
			members = append(members, i)
		}
	}
	return members
}

// spoken reports whether one of the Dixa agents, other than the bot, speaks a language.
func spoken(among func(int) bool, language string) bool {
	for i := range seededAgents[:seedAgents-1] {
		if among(i) && speaks(i, language) {
			return true
		}
	}
	return false
}

// chooseAgent returns a Dixa agent who serves a queue and speaks a language, or -1. If a moment is given, the agent is
// at work then and for a while after.
func (w *maker) chooseAgent(r *fiction.RNG, queue, language string, now time.Time) int {
	var able [seedAgents]int
	n := 0
	for _, i := range w.serving[queue] {
		if i == seedAgents-1 || !speaks(i, language) {
			continue
		}
		if !now.IsZero() {
			if s, on := w.onShift(i, now); !on || s.To.Sub(now) < 35*time.Minute {
				continue
			}
		}
		able[n] = i
		n++
	}
	if n == 0 {
		return -1
	}
	return able[r.N(n)]
}
