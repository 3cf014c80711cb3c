package offline

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/internal/test/seeds"
)

// What must be true of the whole data, for any seed, ending on each day of the week, at Christmas and where clocks change.
func TestWorlds(t *testing.T) {
	race.Skip(t)
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		t.Parallel()
		w := newWorld(r.Uint64N(1<<32)+1, anchor.AddDate(0, 0, r.IntN(1000)))
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
func chosen(w *world, c *conversation) bool { return uint64(c.id)%5 == w.seed%5 }

// words are the texts of customers or of Dixa agents in a conversation.
func words(w *world, c *conversation, out bool) (texts []string) {
	said := w.said(c)
	for i, b := range c.beats {
		if b.out == out && said[i] != "" {
			texts = append(texts, said[i])
		}
	}
	return texts
}

// nobodyRepeats holds that no customer says word for word what another one says, and nobody repeats himself in a conversation.
func nobodyRepeats(t *testing.T, w *world) {
	by := map[string]int64{}
	for _, c := range w.conversations {
		for _, text := range words(w, c, false) {
			must(t, by[text] == 0, "conversation %d says what %d says: %s", c.id, by[text], text)
			by[text] = c.id
		}
		inThread := map[string]bool{}
		for _, text := range words(w, c, true) {
			must(t, !inThread[text], "conversation %d repeats: %s", c.id, text)
			inThread[text] = true
		}
	}
}

// hole finds what a text leaves open: a name in braces, an alternative, blanks or dots where a word should be.
var hole = regexp.MustCompile(`[{}|\[\]]|\.\.\.|…|  | [.,!?]$|""|%!`)

// noHoles holds that subjects, messages, notes and comments are whole sentences.
func noHoles(t *testing.T, w *world) {
	for _, c := range w.conversations {
		if !chosen(w, c) {
			continue
		}
		texts := append(words(w, c, true), words(w, c, false)...)
		for _, n := range w.notesOf(c) {
			texts = append(texts, n.Message)
		}
		for _, r := range w.ratingsOf(c) {
			texts = append(texts, r.comment)
		}
		for _, text := range append(texts, c.subject) {
			if c.language == "fr" { // has a blank before some signs
				text = strings.NewReplacer(" ?", "?", " !", "!", " :", ":").Replace(text)
			}
			if hole.MatchString(text) {
				require.Fail(t, "a hole", "conversation %d: %s", c.id, text)
			}
		}
	}
}

// inTime holds that people work while it is open, in their shifts, and on calls while the phone line is open, and that the events of a
// conversation come in the order in which they can.
func inTime(t *testing.T, w *world) {
	for _, c := range w.conversations {
		checkTimes(t, w, c)
	}
}

func checkTimes(t *testing.T, w *world, c *conversation) {
	working := func(who string, at time.Time, what string) {
		a := w.agents.byID[who]
		_, on := w.onShift(a.shift-1, at)
		must(t, on, "conversation %d: %s %s at %s", c.id, a.DisplayName, what, at)
	}
	for i, b := range c.beats {
		must(t, !(i > 0 && !b.at.After(c.beats[i-1].at)), "conversation %d: message %d is not after the one before", c.id, i)
		switch {
		case c.channel.spoken() && c.channel.name != "Voicemail":
			must(t, !(w.line.Until(b.at).IsZero()), "conversation %d: a call at %s", c.id, b.at)
		case b.out:
			working(c.agent, b.at, "writes")
		}
	}
	must(t, c.created == c.beats[0].at, "%d", c.id)
	for _, n := range w.notesOf(c) {
		working(n.AuthorID, n.at, "notes")
		must(t, !(n.at.Before(c.assigned)), "%d", c.id)
		must(t, !(!c.closed.IsZero() && n.at.After(c.closed)), "%d", c.id)
	}
	if first := w.firstAnswer(c).at; c.agent != "" {
		working(c.agent, c.assigned, "takes it")
		must(t, !(c.assigned.Before(c.created) || (!first.IsZero() && c.direction == "Inbound" && c.assigned.After(first) && !c.channel.spoken())), "%d", c.id)
	} else {
		must(t, first.IsZero(), "conversation %d was answered by nobody", c.id)
	}
	if c.state == stateClosed {
		working(c.closedBy, c.closed, "closes it")
		must(t, !(c.closed.Before(c.lastMessage)), "%d", c.id)
	}
	if c.mover != "" {
		working(c.mover, c.queued, "moves it")
	}
	must(t, c.state == statePending == !c.followup.IsZero(), "%d", c.id)
	must(t, !(!c.followup.IsZero() && c.followup.Before(w.anchor.Add(24*time.Hour))), "conversation %d comes back in the past", c.id)
	for _, r := range w.ratingsOf(c) {
		must(t, !(r.offered.Before(c.closed) || (!r.rated.IsZero() && r.rated.Before(r.offered))), "%d", c.id)
	}
	log := w.activity(c)
	must(t, slices.IsSortedFunc(log, func(a, b *entry) int { return a.at.Compare(b.at) }), "%d", c.id)
	must(t, strings.HasPrefix(log[0].kind, "ConversationCreated"), "%d", c.id)
}

// referring holds that what refers to something refers to what is there, and fits to it.
func referring(t *testing.T, w *world) {
	addresses := map[string]string{}
	for _, u := range w.users.list {
		for _, address := range append([]string{u.Email, u.PhoneNumber, u.ExternalID}, u.AdditionalEmails...) {
			must(t, address == "" || addresses[address] == "", "%s belongs to two", address)
			addresses[address] = u.ID
		}
		require.NotEmpty(t, u.Email+u.PhoneNumber)
		if u.Email != "" {
			name, _, _ := strings.Cut(fiction.Mailbox(u.FirstName, u.LastName, 0), "@")
			must(t, strings.HasPrefix(u.Email, name), "%s is %s", u.DisplayName, u.Email)
		}
		checkValues(t, w, u.attrs, "Contact")
	}
	orders := map[string]*conversation{}
	for _, c := range w.conversations {
		checkReferences(t, w, c)
		if about := orders[w.facts(c).orderNumber()]; about != nil {
			must(t, about == c.about, "%d", c.id)
		}
		orders[w.facts(c).orderNumber()] = c
	}
}

func checkReferences(t *testing.T, w *world, c *conversation) {
	u := w.users.byID[c.requester]
	require.NotNil(t, u)
	must(t, u.language == c.language, "%d", c.id)
	checkValues(t, w, c.attrs, "Conversation")
	q := w.queues.byID[c.queue]
	require.NotNil(t, q)
	if c.agent != "" {
		must(t, slices.Contains(q.members, c.agent), "conversation %d: %s is not in %s", c.id, c.agent, q.Name)
		must(t, speaks(w.agents.byID[c.agent].shift-1, c.language), "%d", c.id)
	}
	for _, id := range c.tags {
		must(t, !(w.tags.byID[id].inactive), "%d", c.id)
	}
	switch {
	case c.channel.mail():
		must(t, u.Email != "", "%d", c.id)
	case c.channel.spoken() || c.channel.name == "Sms":
		must(t, u.PhoneNumber != "", "%d", c.id)
		must(t, c.language == "en", "%d", c.id)
	}
	if c.endpoint != "" {
		_, ok := w.endpointNamed(c.endpoint)
		must(t, ok, "%d", c.id)
	}
	if c.link != nil {
		parent, err := w.conversation(c.link.ParentID)
		require.NoError(t, err)
		must(t, c.requester == parent.requester, "%d", c.id)
		must(t, parent.link == nil && parent.created.Before(c.created), "%d", c.id)
	}
	if !chosen(w, c) {
		return
	}
	for _, m := range w.thread(c) {
		must(t, w.personByID(m.author) != nil, "%d", c.id)
		must(t, m.out == w.agents.has(m.author), "%d", c.id)
	}
}

// checkValues holds values to their attributes, as a write would be.
func checkValues(t *testing.T, w *world, held map[string]any, entity string) {
	for id, v := range held {
		a := w.attrs.byID[id]
		require.Equal(t, entity, a.entity)
		if path, ok := v.([]string); ok {
			raw := []any{}
			for _, s := range path {
				raw = append(raw, s)
			}
			v = raw
		}
		_, err := a.value(v)
		require.NoError(t, err, "%s: %v", a.identifier, v)
	}
}

// Labels are words, values are not: an option that was split at a blank has none.
func TestOptions(t *testing.T) {
	w := newWorld(1, anchor)
	var check func(options []*option)
	check = func(options []*option) {
		for _, o := range options {
			require.NotEmpty(t, o.Label)
			require.Regexp(t, `^[a-z_]+$`, o.Value)
			check(o.NestedOptions)
		}
	}
	for _, a := range w.attrs.list {
		check(a.options)
	}
	require.Len(t, w.attributeNamed("contact_reason").options, 5)
}

// asInAHelpDesk holds that most people write at work and in the evening, few at night and on Sundays, and that what comes in is varied.
func asInAHelpDesk(t *testing.T, w *world) {
	seen := map[string]int{}
	for _, c := range w.conversations {
		at := c.created.In(w.zone)
		switch {
		case at.Hour() < 6:
			seen["night"]++
		case at.Weekday() == time.Sunday:
			seen["Sunday"]++
		}
		seen[c.mood]++
		seen[c.state]++
		if c.about != nil {
			seen["again"]++
		}
		if c.mover != "" {
			seen["moved"]++
		}
		if c.channel.spoken() {
			seen["spoken"]++
		}
	}
	for what, least := range map[string]int{"night": 1, "Sunday": 50, angry: 60, confused: 30, "again": 8, "moved": 10, "spoken": 60, stateOpen: 60, statePending: 15} {
		require.Greater(t, seen[what], least, what)
	}
	require.Less(t, seen["night"], 60)
	require.Less(t, seen["Sunday"], 200)
	require.Greater(t, seen[stateClosed], 1500)
}

// Articles and templates are whole texts: nothing is left open but the variables that Dixa fills in.
func TestLibrary(t *testing.T) {
	w := newWorld(1, anchor)
	variable := regexp.MustCompile(`\{\{(requester_firstname|agent_firstname|csid)\}\}`)
	whole := func(text string) {
		require.NotRegexp(t, hole, strings.NewReplacer("[1234]", "", "\n\n", " ", ",\n", ", ").Replace(variable.ReplaceAllString(text, "1234")))
		require.NotEmpty(t, text)
	}
	seen := map[string]bool{}
	for _, one := range w.templates.list {
		whole(one.Content)
		require.False(t, seen[one.Content] || seen[one.Name], one.Name)
		seen[one.Content], seen[one.Name] = true, true
		for _, tr := range one.Translations {
			whole(tr.Content)
			require.Len(t, variable.FindAllString(tr.Content, -1), len(variable.FindAllString(one.Content, -1)), one.Name)
		}
	}
	for _, a := range w.knowledge.articles.list {
		require.False(t, a.updated.After(w.anchor), a.id)
		for _, tr := range a.translations {
			whole(tr.draft.title)
			whole(tr.draft.html)
			require.False(t, seen[tr.draft.title], tr.draft.title)
			seen[tr.draft.title] = true
		}
	}
	for _, k := range w.knowledge.collections.list {
		require.NotEmpty(t, w.below(k.ID, "", "en"), "%s is empty", k.Title)
	}
}
