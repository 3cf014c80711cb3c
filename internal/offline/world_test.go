package offline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// worlds are those that the invariants are held in: many seeds, ending on each day of the week, at Christmas and where clocks change.
func worlds(t *testing.T, n int, check func(t *testing.T, w *world)) {
	t.Helper()
	for i := range n {
		at := anchor.AddDate(0, 0, 13*i)
		w := newWorld(uint64(1+i), at)
		if !t.Run(fmt.Sprintf("seed %d to %s", w.seed, at.Format(time.DateOnly)), func(t *testing.T) { check(t, w) }) {
			return
		}
	}
}

const seeds = 150

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

// No customer says word for word what another one says, and nobody repeats himself in a conversation.
func TestNobodyRepeats(t *testing.T) {
	worlds(t, seeds, func(t *testing.T, w *world) {
		by := map[string]int64{}
		for _, c := range w.conversations {
			for _, text := range words(w, c, false) {
				require.Zero(t, by[text], "conversation %d says what %d says: %s", c.id, by[text], text)
				by[text] = c.id
			}
			inThread := map[string]bool{}
			for _, text := range words(w, c, true) {
				require.False(t, inThread[text], "conversation %d repeats: %s", c.id, text)
				inThread[text] = true
			}
		}
	})
}

// hole finds what a text leaves open: a name in braces, an alternative, blanks or dots where a word should be.
var hole = regexp.MustCompile(`[{}|\[\]]|\.\.\.|…|  | [.,!?]$|""|%!`)

func TestTextsHaveNoHoles(t *testing.T) {
	worlds(t, 20, func(t *testing.T, w *world) {
		for _, c := range w.conversations {
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
				require.NotRegexp(t, hole, text, "conversation %d", c.id)
			}
		}
	})
}

// Every sentence of a customer that names nothing of its own has many forms, see TestNobodyRepeats; all forms are whole.
func TestVary(t *testing.T) {
	const s = "[a|b] c [d|e|f]"
	seen := map[string]bool{}
	for n := range 6 {
		seen[vary(s, n)] = true
	}
	require.Len(t, seen, 6)
	require.Equal(t, "a c d", vary(s, 0))
	require.Equal(t, "plain", vary("plain", 5))
}

// The languages have the same kinds of sentences, but for the phone, which is answered in English.
func TestLanguagesAreComplete(t *testing.T) {
	all := phrases()
	for language, said := range all {
		for kind := range all["en"] {
			_, own, _ := strings.Cut(kind, ".")
			if strings.HasPrefix(own, "call") || own == "mailbox" || strings.HasPrefix(own, "note") {
				continue
			}
			require.NotEmpty(t, said[kind], "%s has no %s", language, kind)
		}
	}
	require.Len(t, all, len(cultures))
}

// People work while it is open, in their shifts, and on calls while the phone line is open; the events of a conversation come in the
// order in which they can.
func TestTimes(t *testing.T) {
	worlds(t, 25, func(t *testing.T, w *world) {
		for _, c := range w.conversations {
			checkTimes(t, w, c)
		}
	})
}

func checkTimes(t *testing.T, w *world, c *conversation) {
	working := func(who string, at time.Time, what string) {
		a := w.agents.byID[who]
		_, on := w.onShift(a.shift-1, at)
		require.True(t, on, "conversation %d: %s %s at %s", c.id, a.DisplayName, what, at.In(w.zone).Format("Mon 2 Jan 15:04"))
	}
	for i, b := range c.beats {
		require.False(t, i > 0 && !b.at.After(c.beats[i-1].at), "conversation %d: message %d is not after the one before", c.id, i)
		switch {
		case c.channel.spoken() && c.channel.name != "Voicemail":
			require.False(t, w.line.until(b.at).IsZero(), "conversation %d: a call at %s", c.id, b.at)
		case b.out:
			working(c.agent, b.at, "writes")
		}
	}
	require.Equal(t, c.created, c.beats[0].at, "%d", c.id)
	for _, n := range w.notesOf(c) {
		working(n.AuthorID, n.at, "notes")
		require.False(t, n.at.Before(c.assigned), "%d", c.id)
		require.False(t, !c.closed.IsZero() && n.at.After(c.closed), "%d", c.id)
	}
	if first := w.firstAnswer(c).at; c.agent != "" {
		working(c.agent, c.assigned, "takes it")
		require.False(t, c.assigned.Before(c.created) || (!first.IsZero() && c.direction == "Inbound" && c.assigned.After(first) && !c.channel.spoken()), "%d", c.id)
	} else {
		require.True(t, first.IsZero(), "conversation %d was answered by nobody", c.id)
	}
	if c.state == stateClosed {
		working(c.closedBy, c.closed, "closes it")
		require.False(t, c.closed.Before(c.lastMessage), "%d", c.id)
	}
	if c.mover != "" {
		working(c.mover, c.queued, "moves it")
	}
	require.Equal(t, c.state == statePending, !c.followup.IsZero(), "%d", c.id)
	require.False(t, !c.followup.IsZero() && c.followup.Before(w.anchor.Add(24*time.Hour)), "conversation %d comes back in the past", c.id)
	for _, r := range w.ratingsOf(c) {
		require.False(t, r.offered.Before(c.closed) || (!r.rated.IsZero() && r.rated.Before(r.offered)), "%d", c.id)
	}
	log := w.activity(c)
	require.True(t, slices.IsSortedFunc(log, func(a, b *entry) int { return a.at.Compare(b.at) }), "%d", c.id)
	require.Contains(t, log[0].kind, "ConversationCreated", "%d", c.id)
}

// What refers to something refers to what is there, and fits to it.
func TestReferences(t *testing.T) {
	worlds(t, 25, func(t *testing.T, w *world) {
		addresses := map[string]string{}
		for _, u := range w.users.list {
			for _, address := range append([]string{u.Email, u.PhoneNumber, u.ExternalID}, u.AdditionalEmails...) {
				require.True(t, address == "" || addresses[address] == "", "%s belongs to two", address)
				addresses[address] = u.ID
			}
			require.NotEmpty(t, u.Email+u.PhoneNumber)
			if u.Email != "" {
				require.True(t, strings.HasPrefix(u.Email, strings.ToLower(ascii(u.FirstName+"."+u.LastName))), "%s is %s", u.DisplayName, u.Email)
			}
			checkValues(t, w, u.attrs, "Contact")
		}
		orders := map[string]*conversation{}
		for _, c := range w.conversations {
			checkReferences(t, w, c)
			if about := orders[w.facts(c).orderNumber()]; about != nil {
				require.Equal(t, about, c.about, "%d", c.id)
			}
			orders[w.facts(c).orderNumber()] = c
		}
	})
}

func checkReferences(t *testing.T, w *world, c *conversation) {
	u := w.users.byID[c.requester]
	require.NotNil(t, u)
	require.Equal(t, u.language, c.language, "%d", c.id)
	checkValues(t, w, c.attrs, "Conversation")
	q := w.queues.byID[c.queue]
	require.NotNil(t, q)
	if c.agent != "" {
		require.Contains(t, q.members, c.agent, "conversation %d: %s is not in %s", c.id, w.nameOf(c.agent), q.Name)
		require.True(t, speaks(w.agents.byID[c.agent].shift-1, c.language), "%d", c.id)
	}
	for _, id := range c.tags {
		require.False(t, w.tags.byID[id].inactive, "%d", c.id)
	}
	switch {
	case c.channel.mail():
		require.NotEmpty(t, u.Email, "%d", c.id)
	case c.channel.spoken() || c.channel.name == "Sms":
		require.NotEmpty(t, u.PhoneNumber, "%d", c.id)
		require.Equal(t, "en", c.language, "%d", c.id)
	}
	if c.endpoint != "" {
		_, ok := w.endpointNamed(c.endpoint)
		require.True(t, ok, "%d", c.id)
	}
	if c.link != nil {
		parent, err := w.conversation(c.link.ParentID)
		require.NoError(t, err)
		require.Equal(t, c.requester, parent.requester, "%d", c.id)
		require.True(t, parent.link == nil && parent.created.Before(c.created), "%d", c.id)
	}
	for _, m := range w.thread(c) {
		require.NotNil(t, w.personByID(m.author), "%d", c.id)
		require.Equal(t, m.out, w.agents.has(m.author), "%d", c.id)
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

// Most people write at work and in the evening, few at night and on Sundays, and what comes in is as varied as in a helpdesk.
func TestWhatComesIn(t *testing.T) {
	worlds(t, 10, func(t *testing.T, w *world) {
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
		for what, least := range map[string]int{"night": 1, "Sunday": 50, angry: 60, confused: 30, "again": 20, "moved": 10, "spoken": 60, stateOpen: 60, statePending: 15} {
			require.Greater(t, seen[what], least, what)
		}
		require.Less(t, seen["night"], 60)
		require.Less(t, seen["Sunday"], 200)
		require.Greater(t, seen[stateClosed], 1500)
	})
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
