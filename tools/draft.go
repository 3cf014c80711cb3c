package tools

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/shortid"
)

// A draft of a reply is an internal note, and nothing else: colleagues see it, it survives restarts, and every server with the
// same token of Dixa finds it. The note ends with a seal, which only such a server can make. It covers the conversation, the
// author and the text, so that a note that was changed, moved or made up is no draft.

// DraftsFor is how long after it was made a draft can be sent.
const DraftsFor = 7 * 24 * time.Hour

// draft is a reply that was written and not sent.
type draft struct {
	number   string // such as D-7K2Q: short, and without letters that sound or look alike
	agent    string // who wrote it
	by       string // how the note goes on after that: with which key, or for whom; "" where neither is known
	language string // of the template that it was made from; "" where that is not known
	text     string
	note     d.Note
}

// DraftUse says what becomes of a draft with a step.
type DraftUse struct {
	Outcome DraftOutcome
	Agent   string // who wrote the draft
	Number  string // of a draft that is written
}

// DraftOutcome is what becomes of a draft.
type DraftOutcome string

// What becomes of drafts.
const (
	DraftWritten DraftOutcome = "written"
	DraftSent    DraftOutcome = "sent"   // unchanged
	DraftEdited  DraftOutcome = "edited" // the agent that wrote it sent another text in its place
	DraftDenied  DraftOutcome = "denied" // a person denied that it is sent
)

const (
	draftTitle = ": a reply to the customer that was not sent yet"
	draftBy    = "Written by the AI agent "
	draftSeal  = "Seal "
)

var (
	draftFirst  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^Draft (D-[0-9A-Z]{4})` + draftTitle + `$`) })
	draftWithin = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?s)Draft D-[0-9A-Z]{4}` + draftTitle + `.*` + draftSeal + `[0-9A-Za-z_-]{43}`)
	})
	draftSecond = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^` + draftBy + `(\S+)( with key \S+?| for \S+?)?(?:, in ([0-9A-Za-z_-]+))?$`)
	})
)

// draftBox reads and writes the drafts of one conversation.
type draftBox struct {
	reads        *Reads
	conversation d.ConversationRef
}

// seal returns the note of a draft, and gives the draft its number. The same draft is the same note.
func (b *draftBox) seal(w *draft) (note string, err error) {
	author := draftBy + w.agent + w.by
	if w.language != "" {
		author += ", in " + w.language
	}
	body := author + "\n\n" + w.text
	seal, err := b.reads.Seal(b.sealed(body))
	if err != nil {
		return "", err
	}
	w.number = draftNumber(seal)
	return "Draft " + w.number + draftTitle + "\n" + body + "\n\n" + draftSeal + seal, nil
}

// author says with which key or for whom the agent writes a draft, for colleagues who read the note.
func (b *draftBox) author() string {
	switch {
	case b.reads.Person != "" && !strings.ContainsFunc(b.reads.Person, unicode.IsSpace):
		return " for " + b.reads.Person
	case b.reads.Key != "":
		return " with key " + b.reads.Key
	}
	return ""
}

// HasDraft reports whether a text has the note of a draft in it, with a seal.
func HasDraft(text string) bool { return draftWithin().MatchString(html.UnescapeString(text)) }

// Drafts reports whether the tool writes drafts.
func (t *Tool) Drafts() bool { return t == draftReply }

// sealed returns what the seal of a draft covers.
func (b *draftBox) sealed(body string) string {
	return fmt.Sprintf("draft in %d\n%s", b.conversation.ConversationID, body)
}

// draftNumber makes a number of a seal.
func draftNumber(seal string) string {
	sum := sha256.Sum256([]byte(seal))
	return shortid.Of("D-", sum[:shortid.Least])
}

// canonical drops from a text what is lost on its way through notes: the form of line breaks, and spaces where lines end.
func canonical(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// draftIn reads a draft from a note. number is what the note says that it is, "" for other notes; the draft is nil where the
// seal does not fit.
func (b *draftBox) draftIn(note d.Note) (number string, w *draft, err error) {
	text := canonical(note.Message)
	first, rest, _ := strings.Cut(text, "\n")
	title := draftFirst().FindStringSubmatch(strings.TrimSpace(first))
	if title == nil {
		return "", nil, nil
	}
	at := strings.LastIndex(rest, "\n")
	if at < 0 {
		return title[1], nil, nil
	}
	given, ok := strings.CutPrefix(rest[at+1:], draftSeal)
	body := strings.TrimRight(rest[:at], "\n")
	author, message, _ := strings.Cut(body, "\n\n")
	by := draftSecond().FindStringSubmatch(author)
	if !ok || by == nil {
		return title[1], nil, nil
	}
	seal, err := b.reads.Seal(b.sealed(body))
	if err != nil {
		return "", nil, err
	}
	if subtle.ConstantTimeCompare([]byte(seal), []byte(given)) != 1 || draftNumber(seal) != title[1] {
		return title[1], nil, nil
	}
	return title[1], &draft{number: title[1], agent: by[1], by: by[2], language: by[3], text: message, note: note}, nil
}

// all reads the drafts in a conversation, the oldest first, and the numbers of notes that were drafts and were changed.
func (b *draftBox) all(ctx context.Context) (drafts []draft, changed []string, err error) {
	notes, err := d.ListNotes.Do(ctx, b.reads.Client, d.ListNotesIn{ConversationRef: b.conversation})
	if err != nil {
		return nil, nil, err
	}
	for _, note := range notes.Value {
		number, w, err := b.draftIn(note)
		switch {
		case err != nil:
			return nil, nil, err
		case w != nil:
			drafts = append(drafts, *w)
		case number != "":
			changed = append(changed, number)
		}
	}
	slices.SortStableFunc(drafts, func(a, b draft) int { return a.note.CreatedAt.Compare(b.note.CreatedAt.Time) })
	return drafts, changed, nil
}

// find finds a draft by its number. It must be as it was written, of this conversation, not older than a week and not sent.
func (b *draftBox) find(ctx context.Context, number string) (*draft, error) {
	refused := func(format string, args ...any) error {
		return &d.InputError{Operation: replyName, Field: "draft", Problem: fmt.Sprintf(format, args...)}
	}
	if !b.reads.Granted(d.ListMessages.Spec) {
		return nil, refused("needs list_messages, which is not granted: whether the draft was sent already is seen in the messages; give the text instead")
	}
	drafts, changed, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	var found *draft
	for i := range drafts {
		switch {
		case drafts[i].number != number:
		case found != nil && found.text != drafts[i].text:
			return nil, refused("names two drafts in conversation %d; give the text instead", b.conversation.ConversationID)
		default:
			found = &drafts[i]
		}
	}
	switch {
	case found != nil:
	case slices.Contains(changed, number):
		return nil, refused("names a draft whose note was changed in Dixa after it was written, so it is not sent. Read the note; to send what it says now, give that as text")
	case len(drafts) == 0:
		return nil, refused("names no draft: there is none in conversation %d", b.conversation.ConversationID)
	default:
		return nil, refused("names no draft in conversation %d; there is %s", b.conversation.ConversationID, draftNumbers(drafts))
	}
	if at := found.note.CreatedAt; b.reads.Now().Sub(at.Time) > DraftsFor {
		return nil, refused("names a draft of %s, and drafts can be sent for 7 days; to send it now, give its text", at.In(b.reads.Zone()).Format("2 January 2006"))
	}
	sent, err := b.sent(ctx, found)
	if err == nil && sent {
		return nil, refused("names a draft that was sent already")
	}
	return found, err
}

// sent reports whether a draft was sent to the customer since it was written.
func (b *draftBox) sent(ctx context.Context, w *draft) (bool, error) {
	sent, err := b.sentSince(ctx, w)
	return slices.ContainsFunc(sent, w.within), err
}

func draftNumbers(drafts []draft) string {
	var numbers []string
	for _, w := range drafts[max(0, len(drafts)-5):] {
		numbers = append(numbers, w.number)
	}
	return strings.Join(numbers, ", ")
}

// holds reports whether a draft is still in the conversation and unchanged. It was at the time that it was read.
func (b *draftBox) holds(w *draft) func(context.Context, *d.Client, time.Time) (bool, error) {
	read := time.Now()
	return func(ctx context.Context, c *d.Client, at time.Time) (bool, error) {
		if !read.Before(at) {
			return true, nil
		}
		again := time.Now()
		box := &draftBox{&Reads{Env: b.reads.Env, Client: c}, b.conversation}
		now, _, err := box.all(ctx)
		if err != nil {
			return false, err
		}
		if sent, err := box.sent(ctx, w); err != nil || sent {
			return false, err
		}
		read = again
		return slices.ContainsFunc(now, func(n draft) bool { return n.note.ID == w.note.ID && n.text == w.text }), nil
	}
}

// draftGiven returns a draft's number, however it is written.
func draftGiven(number string) string {
	return "D-" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "D-")
}
