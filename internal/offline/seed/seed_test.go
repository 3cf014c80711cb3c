package seed

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

var anchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// What must be true of the whole data, for any seed, ending on each day of the week, at Christmas and where clocks change.
func TestWorlds(t *testing.T) {
	race.Skip(t)
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		t.Parallel()
		w := makeWorld(r.Uint64N(1<<32)+1, anchor.AddDate(0, 0, r.IntN(1000)))
		nobodyRepeats(t, w)
		noHoles(t, w)
		inTime(t, w)
		referring(t, w)
		asInAHelpDesk(t, w)
	})
}

// must is require.True for what is looked at millions of times.
func must(t *testing.T, holds bool, format string, args ...any) {
	if !holds {
		t.Helper()
		t.Fatalf(format, args...)
	}
}

// chosen takes a fifth of the conversations, another one for each seed, where looking at all of them takes long.
func chosen(w *maker, c *desk.Conversation) bool { return uint64(c.ID)%5 == w.Seed%5 }

// words are the texts of customers or of Dixa agents in a conversation.
func words(w *maker, c *desk.Conversation, out bool) (texts []string) {
	said := w.Said(c)
	for i, b := range c.Beats {
		if b.Out == out && said[i] != "" {
			texts = append(texts, said[i])
		}
	}
	return texts
}

// nobodyRepeats holds that no customer says word for word what another one says, and nobody repeats himself in a conversation.
func nobodyRepeats(t *testing.T, w *maker) {
	by := map[string]int64{}
	for _, c := range w.Conversations {
		for _, text := range words(w, c, false) {
			must(t, by[text] == 0, "conversation %d says what %d says: %s", c.ID, by[text], text)
			by[text] = c.ID
		}
		inThread := map[string]bool{}
		for _, text := range words(w, c, true) {
			must(t, !inThread[text], "conversation %d repeats: %s", c.ID, text)
			inThread[text] = true
		}
	}
}

// hole finds what a text leaves open: a name in braces, an alternative, blanks or dots where a word should be.
var hole = regexp.MustCompile(`[{}|\[\]]|\.\.\.|…|  | [.,!?]$|""|%!`)

// noHoles holds that subjects, messages, notes and comments are whole sentences.
func noHoles(t *testing.T, w *maker) {
	for _, c := range w.Conversations {
		if !chosen(w, c) {
			continue
		}
		texts := append(words(w, c, true), words(w, c, false)...)
		for _, n := range w.NotesOf(c) {
			texts = append(texts, n.Message)
		}
		for _, r := range w.RatingsOf(c) {
			texts = append(texts, r.Comment)
		}
		for _, text := range append(texts, c.Subject) {
			if c.Language == "fr" { // has a blank before some signs
				text = strings.NewReplacer(" ?", "?", " !", "!", " :", ":").Replace(text)
			}
			if hole.MatchString(text) {
				require.Fail(t, "a hole", "conversation %d: %s", c.ID, text)
			}
		}
	}
}

// inTime holds that people work while it is open, in their shifts, and on calls while the phone line is open, and that the events of a
// conversation come in the order in which they can.
func inTime(t *testing.T, w *maker) {
	for _, c := range w.Conversations {
		checkTimes(t, w, c)
	}
}

func checkTimes(t *testing.T, w *maker, c *desk.Conversation) {
	working := func(who string, at time.Time, what string) {
		a := w.Agents.ByID[who]
		_, on := w.onShift(a.Shift-1, at)
		must(t, on, "conversation %d: %s %s at %s", c.ID, a.DisplayName, what, at)
	}
	for i, b := range c.Beats {
		must(t, !(i > 0 && !b.At.After(c.Beats[i-1].At)), "conversation %d: message %d is not after the one before", c.ID, i)
		switch {
		case c.Channel.Spoken() && c.Channel.Name != "Voicemail":
			must(t, !(w.line.Until(b.At).IsZero()), "conversation %d: a call at %s", c.ID, b.At)
		case b.Out:
			working(c.Agent, b.At, "writes")
		}
	}
	must(t, c.Created == c.Beats[0].At, "%d", c.ID)
	for _, n := range w.NotesOf(c) {
		working(n.AuthorID, n.At, "notes")
		must(t, !(n.At.Before(c.Assigned)), "%d", c.ID)
		must(t, !(!c.Closed.IsZero() && n.At.After(c.Closed)), "%d", c.ID)
	}
	if first := w.FirstAnswer(c).At; c.Agent != "" {
		working(c.Agent, c.Assigned, "takes it")
		must(t, !(c.Assigned.Before(c.Created) || (!first.IsZero() && c.Direction == "Inbound" && c.Assigned.After(first) && !c.Channel.Spoken())), "%d", c.ID)
	} else {
		must(t, first.IsZero(), "conversation %d was answered by nobody", c.ID)
	}
	if c.State == desk.StateClosed {
		working(c.ClosedBy, c.Closed, "closes it")
		must(t, !(c.Closed.Before(c.LastMessage)), "%d", c.ID)
	}
	if c.Mover != "" {
		working(c.Mover, c.Queued, "moves it")
	}
	must(t, c.State == desk.StatePending == !c.Followup.IsZero(), "%d", c.ID)
	must(t, !(!c.Followup.IsZero() && c.Followup.Before(w.Anchor.Add(24*time.Hour))), "conversation %d comes back in the past", c.ID)
	for _, r := range w.RatingsOf(c) {
		must(t, !(r.Offered.Before(c.Closed) || (!r.Rated.IsZero() && r.Rated.Before(r.Offered))), "%d", c.ID)
	}
	log := w.Activity(c)
	must(t, slices.IsSortedFunc(log, func(a, b *desk.Entry) int { return a.At.Compare(b.At) }), "%d", c.ID)
	must(t, strings.HasPrefix(log[0].Kind, "ConversationCreated"), "%d", c.ID)
}

// referring holds that what refers to something refers to what is there, and fits to it.
func referring(t *testing.T, w *maker) {
	addresses := map[string]string{}
	for _, u := range w.Users.List {
		for _, address := range append([]string{u.Email, u.PhoneNumber, u.ExternalID}, u.AdditionalEmails...) {
			must(t, address == "" || addresses[address] == "", "%s belongs to two", address)
			addresses[address] = u.ID
		}
		require.NotEmpty(t, u.Email+u.PhoneNumber)
		if u.Email != "" {
			name, _, _ := strings.Cut(fiction.Mailbox(u.FirstName, u.LastName, 0), "@")
			must(t, strings.HasPrefix(u.Email, name), "%s is %s", u.DisplayName, u.Email)
		}
		checkValues(t, w, u.Attributes, "Contact")
	}
	orders := map[string]*desk.Conversation{}
	for _, c := range w.Conversations {
		checkReferences(t, w, c)
		if about := orders[w.facts(c).orderNumber()]; about != nil {
			must(t, about == c.About, "%d", c.ID)
		}
		orders[w.facts(c).orderNumber()] = c
	}
}

func checkReferences(t *testing.T, w *maker, c *desk.Conversation) {
	u := w.Users.ByID[c.Requester]
	require.NotNil(t, u)
	must(t, u.Language == c.Language, "%d", c.ID)
	checkValues(t, w, c.Attributes, "Conversation")
	q := w.Queues.ByID[c.Queue]
	require.NotNil(t, q)
	if c.Agent != "" {
		must(t, slices.Contains(q.Members, c.Agent), "conversation %d: %s is not in %s", c.ID, c.Agent, q.Name)
		must(t, speaks(w.Agents.ByID[c.Agent].Shift-1, c.Language), "%d", c.ID)
	}
	for _, id := range c.Tags {
		must(t, !(w.Tags.ByID[id].Inactive), "%d", c.ID)
	}
	switch {
	case c.Channel.Mail():
		must(t, u.Email != "", "%d", c.ID)
	case c.Channel.Spoken() || c.Channel.Name == "Sms":
		must(t, u.PhoneNumber != "", "%d", c.ID)
		must(t, c.Language == "en", "%d", c.ID)
	}
	if c.Endpoint != "" {
		_, ok := w.EndpointNamed(c.Endpoint)
		must(t, ok, "%d", c.ID)
	}
	if c.Link != nil {
		parent, err := w.Conversation(c.Link.ParentID)
		require.NoError(t, err)
		must(t, c.Requester == parent.Requester, "%d", c.ID)
		must(t, parent.Link == nil && parent.Created.Before(c.Created), "%d", c.ID)
	}
	if !chosen(w, c) {
		return
	}
	for _, m := range w.Thread(c) {
		must(t, w.PersonByID(m.Author) != nil, "%d", c.ID)
		must(t, m.Out == w.Agents.Has(m.Author), "%d", c.ID)
	}
}

// checkValues holds values to their attributes, as a write would be.
func checkValues(t *testing.T, w *maker, held map[string]any, entity string) {
	for id, v := range held {
		a := w.Attributes.ByID[id]
		require.Equal(t, entity, a.Entity)
		if path, ok := v.([]string); ok {
			raw := []any{}
			for _, s := range path {
				raw = append(raw, s)
			}
			v = raw
		}
		_, err := a.Value(v)
		require.NoError(t, err, "%s: %v", a.Identifier, v)
	}
}

// Labels are words, values are not: an option that was split at a blank has none.
func TestOptions(t *testing.T) {
	w := makeWorld(1, anchor)
	var check func(options []*desk.Option)
	check = func(options []*desk.Option) {
		for _, o := range options {
			require.NotEmpty(t, o.Label)
			require.Regexp(t, `^[a-z_]+$`, o.Value)
			check(o.NestedOptions)
		}
	}
	for _, a := range w.Attributes.List {
		check(a.Options)
	}
	require.Len(t, w.AttributeNamed("contact_reason").Options, 5)
}

// asInAHelpDesk holds that most people write at work and in the evening, few at night and on Sundays, and that what comes in is varied.
func asInAHelpDesk(t *testing.T, w *maker) {
	seen := map[string]int{}
	for _, c := range w.Conversations {
		at := c.Created.In(w.zone)
		switch {
		case at.Hour() < 6:
			seen["night"]++
		case at.Weekday() == time.Sunday:
			seen["Sunday"]++
		}
		seen[c.Mood]++
		seen[c.State]++
		if c.About != nil {
			seen["again"]++
		}
		if c.Mover != "" {
			seen["moved"]++
		}
		if c.Channel.Spoken() {
			seen["spoken"]++
		}
	}
	for what, least := range map[string]int{"night": 1, "Sunday": 50, angry: 60, confused: 30, "again": 8, "moved": 10, "spoken": 60, desk.StateOpen: 60, desk.StatePending: 15} {
		require.Greater(t, seen[what], least, what)
	}
	require.Less(t, seen["night"], 60)
	require.Less(t, seen["Sunday"], 200)
	require.Greater(t, seen[desk.StateClosed], 1500)
}

// Articles and templates are whole texts: nothing is left open but the variables that Dixa fills in.
func TestLibrary(t *testing.T) {
	w := makeWorld(1, anchor)
	variable := regexp.MustCompile(`\{\{(requester_firstname|agent_firstname|csid)\}\}`)
	whole := func(text string) {
		require.NotRegexp(t, hole, strings.NewReplacer("[1234]", "", "\n\n", " ", ",\n", ", ").Replace(variable.ReplaceAllString(text, "1234")))
		require.NotEmpty(t, text)
	}
	seen := map[string]bool{}
	for _, one := range w.Templates.List {
		whole(one.Content)
		require.False(t, seen[one.Content] || seen[one.Name], one.Name)
		seen[one.Content], seen[one.Name] = true, true
		for _, tr := range one.Translations {
			whole(tr.Content)
			require.Len(t, variable.FindAllString(tr.Content, -1), len(variable.FindAllString(one.Content, -1)), one.Name)
		}
	}
	for _, a := range w.Knowledge.Articles.List {
		require.False(t, a.Updated.After(w.Anchor), a.ID)
		for _, tr := range a.Translations {
			whole(tr.Draft.Title)
			whole(tr.Draft.HTML)
			require.False(t, seen[tr.Draft.Title], tr.Draft.Title)
			seen[tr.Draft.Title] = true
		}
	}
	for _, k := range w.Knowledge.Collections.List {
		require.True(t, slices.ContainsFunc(w.Knowledge.Categories.List, func(c *desk.Category) bool { return c.Collection == k.ID }), "%s is empty", k.Title)
	}
}
