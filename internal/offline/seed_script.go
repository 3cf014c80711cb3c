package offline

import (
	"strings"
	"time"
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
	c        *conversation
	v        *voice
	in, out  int // messages so far by side
	fixed    bool
	answered bool // the last message was ours
}

// line returns what the i-th message says. Messages must be asked for in their order.
func (s *script) line(i int) line {
	b := s.c.beats[i]
	var l line
	switch {
	case s.c.channel.spoken():
		l = s.spoken(i, b)
	case b.out:
		l = s.agentLine(i, b.at)
	default:
		l = s.customerLine(i, b.at)
	}
	if b.out {
		s.out++
	} else {
		s.in++
	}
	s.answered = b.out
	return l
}

func (s *script) customerLine(i int, at time.Time) (l line) {
	mail, last := s.c.channel.mail(), i == len(s.c.beats)-1
	switch {
	case s.in == 0 && s.out == 0:
		s.matter(&l, at)
	case s.in == 0:
		l.say(s.v, "reaction", at)
	case last && s.answered && s.c.state == stateClosed:
		if s.c.about != nil {
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
	if s.c.about != nil {
		l.say(s.v, "again", at)
	}
	l.say(s.v, "open", at)
	if s.c.channel.mail() {
		l.say(s.v, "detail", at)
	}
	if s.c.mood == confused {
		l.say(s.v, "confused", at)
	}
	l.say(s.v, "ask", at)
	if s.c.mood == angry {
		l.say(s.v, "angry", at)
	}
	if s.c.misplaced != "" {
		l.say(s.v, "misplaced", at)
	}
}

func (s *script) agentLine(i int, at time.Time) (l line) {
	mail, last := s.c.channel.mail(), i == len(s.c.beats)-1
	switch {
	case s.out == 0 && s.in == 0: // ours is the first word
		l.say(s.v, "write", at)
		s.fixed, s.v.said["more"] = true, 1
	case s.out == 0:
		if mail {
			l.say(s.v, "welcome", at)
		} else if s.c.channel.live() {
			l.say(s.v, "chathello", at)
		}
		if s.c.mover != "" {
			l.say(s.v, "moved", at)
		}
		l.say(s.v, "reply", at)
	case last && s.c.state == stateClosed && s.fixed && !mail:
		l.say(s.v, "chatbye", at)
	case last && s.c.state == stateClosed && s.fixed:
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
func (c *conversation) wordless(i int) bool {
	if !c.channel.spoken() {
		return false
	}
	return i == 0 || (i == len(c.beats)-1 && c.channel.name != "Voicemail")
}

func (s *script) spoken(i int, b beat) (l line) {
	if s.c.wordless(i) {
		return l
	}
	if s.c.channel.name == "Voicemail" {
		l.say(s.v, "open", b.at)
		l.say(s.v, "mailbox", b.at)
		return l
	}
	roles := callRoles
	if len(s.c.beats) == len(shortCall)+2 {
		roles = shortCall
	}
	switch role := roles[i-1]; role {
	case "matter":
		l.say(s.v, "open", b.at)
		l.say(s.v, "ask", b.at)
	case "look":
		l.say(s.v, "calllook", b.at)
		l.say(s.v, "reply", b.at)
	default:
		l.say(s.v, "call"+role, b.at)
	}
	return l
}
