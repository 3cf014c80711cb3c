package seed

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
)

// line is what is said in one message: its sentences, and the files that come with them.
type line struct {
	said  []string
	files []string // kinds: invoice, label or photo
}

func (l line) text() string { return strings.Join(l.said, " ") }

// say adds a sentence.
func (l *line) say(v *voice, kind string, at time.Time) {
	if s, file := v.speak(kind, at); s != "" {
		l.said = append(l.said, s)
		if file != "" {
			l.files = append(l.files, file)
		}
	}
}

// Who says what in a call, and in a short one. Sides take turns, Havbris first.
var (
	callRoles = strings.Fields("hello matter ask answer look ok end close bye")
	shortCall = strings.Fields("hello matter ask answer look close bye")
)

// script writes what is said in a conversation, message by message: nothing of its form.
type script struct {
	c        *desk.Conversation
	v        *voice
	in, out  int // messages so far by side
	fixed    bool
	answered bool // the last message was ours
}

// line returns what the i-th message says. Messages must be asked for in their order.
func (s *script) line(i int) line {
	b := s.c.Beats[i]
	var l line
	switch {
	case s.c.Channel.Spoken():
		l = s.spoken(i, b)
	case b.Out:
		l = s.agentLine(i, b.At)
	default:
		l = s.customerLine(i, b.At)
	}
	if b.Out {
		s.out++
	} else {
		s.in++
	}
	s.answered = b.Out
	return l
}

func (s *script) customerLine(i int, at time.Time) (l line) {
	mail, last := s.c.Channel.Mail(), i == len(s.c.Beats)-1
	switch {
	case s.in == 0 && s.out == 0:
		s.matter(&l, at)
	case s.in == 0:
		l.say(s.v, "reaction", at)
	case last && s.answered && s.c.State == desk.StateClosed:
		if s.c.About != nil {
			l.say(s.v, "relief", at)
		} else {
			l.say(s.v, "thanks", at)
		}
	case !s.answered:
		l.say(s.v, "chase", at)
	case s.v.said["more"] == 0:
		l.say(s.v, "more", at)
	case mail:
		l.say(s.v, "further", at)
	default:
		l.say(s.v, "chatok", at)
	}
	return l
}

// matter writes how a customer begins: what it is about, and in mail more of it.
func (s *script) matter(l *line, at time.Time) {
	if s.c.About != nil {
		l.say(s.v, "again", at)
	}
	l.say(s.v, "open", at)
	if s.c.Channel.Mail() {
		l.say(s.v, "detail", at)
	}
	if s.c.Mood == confused {
		l.say(s.v, "confused", at)
	}
	l.say(s.v, "ask", at)
	if s.c.Mood == angry {
		l.say(s.v, "angry", at)
	}
	if s.c.Misplaced != "" {
		l.say(s.v, "misplaced", at)
	}
}

func (s *script) agentLine(i int, at time.Time) (l line) {
	mail, last := s.c.Channel.Mail(), i == len(s.c.Beats)-1
	switch {
	case s.out == 0 && s.in == 0: // ours is the first word
		l.say(s.v, "write", at)
		s.fixed, s.v.said["more"] = true, 1
	case s.out == 0:
		if mail {
			l.say(s.v, "welcome", at)
		} else if s.c.Channel.Live() {
			l.say(s.v, "chathello", at)
		}
		if s.c.Mover != "" {
			l.say(s.v, "moved", at)
		}
		l.say(s.v, "reply", at)
	case last && s.c.State == desk.StateClosed && s.fixed && !mail:
		l.say(s.v, "chatbye", at)
	case last && s.c.State == desk.StateClosed && s.fixed:
		l.say(s.v, "final", at)
	case !s.fixed && s.v.said["more"] > 0:
		l.say(s.v, "fix", at)
		s.fixed = true
	case mail:
		l.say(s.v, "hold", at)
	default:
		l.say(s.v, "chathold", at)
	}
	return l
}

// wordless tells the parts of a phone conversation that are not its transcript: the call, and its recording at the end.
func wordless(c *desk.Conversation, i int) bool {
	if !c.Channel.Spoken() {
		return false
	}
	return i == 0 || (i == len(c.Beats)-1 && c.Channel.Name != "Voicemail")
}

func (s *script) spoken(i int, b desk.Beat) (l line) {
	if wordless(s.c, i) {
		return l
	}
	if s.c.Channel.Name == "Voicemail" {
		l.say(s.v, "open", b.At)
		l.say(s.v, "mailbox", b.At)
		return l
	}
	roles := callRoles
	if len(s.c.Beats) == len(shortCall)+2 {
		roles = shortCall
	}
	switch role := roles[i-1]; role {
	case "matter":
		l.say(s.v, "open", b.At)
		l.say(s.v, "ask", b.At)
	case "look":
		l.say(s.v, "calllook", b.At)
		l.say(s.v, "reply", b.At)
	default:
		l.say(s.v, "call"+role, b.At)
	}
	return l
}
