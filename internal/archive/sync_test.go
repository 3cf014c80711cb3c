package archive_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/test/seeds"
)

// say adds a message to a conversation.
func (d *desk) say(k *talk, r *rand.Rand) {
	n := 0
	for _, k := range d.conversations {
		n += len(k.messages)
	}
	at := time.Now()
	if len(k.messages) > 0 && !at.After(k.last().Add(time.Millisecond)) { // no two in one millisecond
		at = k.last().Add(time.Millisecond)
	}
	k.updated = at
	k.messages = append(k.messages, &said{id: fmt.Sprintf("%08x-%04x", n, r.IntN(1<<16)), at: at, text: fmt.Sprintf("allen wort%dx", n)})
}

// change lets something happen at the help desk.
func (d *desk) change(r *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.IntN(3) == 0 || len(d.conversations) == 0 {
		k := &talk{id: int64(len(d.conversations) + 1), customer: fmt.Sprint("customer", r.IntN(5)), created: time.Now()}
		d.conversations = append(d.conversations, k)
		d.say(k, r)
		return
	}
	k := d.conversations[r.IntN(len(d.conversations))]
	switch r.IntN(12) {
	case 0:
		if k.anonymized = time.Now(); !d.silent {
			k.updated = time.Now()
		}
	case 1:
		m := k.messages[r.IntN(len(k.messages))]
		m.redacted = true
		d.redactions = append(d.redactions, entry{time.Now(), m.id})
	default:
		if k.anonymized.IsZero() {
			d.say(k, r)
		}
	}
}

// crash is a store whose process is killed at one of its calls: nothing reaches the store after that.
type crash struct {
	archive.Store
	left int
}

var errKilled = errors.New("killed")

func (c *crash) step() error {
	if c.left--; c.left < 0 {
		return errKilled
	}
	return nil
}

func (c *crash) Put(ctx context.Context, rows archive.Rows) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.Store.Put(ctx, rows)
}

func (c *crash) Cover(ctx context.Context, what archive.What, s archive.Span) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.Store.Cover(ctx, what, s)
}

func (c *crash) Read(ctx context.Context, id, at int64) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.Store.Read(ctx, id, at)
}

func (c *crash) Erase(ctx context.Context, e archive.Erasure, at time.Time) (int64, error) {
	if err := c.step(); err != nil {
		return 0, err
	}
	return c.Store.Erase(ctx, e, at)
}

func (c *crash) Checked(ctx context.Context, ids []int64, at time.Time) error {
	if err := c.step(); err != nil {
		return err
	}
	return c.Store.Checked(ctx, ids, at)
}

func (c *crash) Purge(ctx context.Context, before time.Time) (archive.Removed, error) {
	if err := c.step(); err != nil {
		return archive.Removed{}, err
	}
	return c.Store.Purge(ctx, before)
}

func options(since time.Time) archive.Options {
	return archive.Options{Since: since, API: "http://127.0.0.1", Who: "a test"}
}

// requireSame requires that a store has what the help desk has since a time: each message once, and no text of what was erased.
func requireSame(t *testing.T, d *desk, s archive.Store, in place, since time.Time) {
	t.Helper()
	var want, secret []string
	messages, conversations := int64(0), int64(0)
	for _, k := range d.conversations {
		if k.updated.Before(since) {
			continue
		}
		conversations++
		for _, m := range k.messages {
			if m.at.Before(since) {
				continue
			}
			messages++
			if m.redacted || !k.anonymized.IsZero() {
				secret = append(secret, m.text, m.id+"@")
				continue
			}
			want = append(want, m.id)
		}
		if !k.anonymized.IsZero() {
			secret = append(secret, subject(k))
		}
	}
	got := archivetest.Find(t, s, "allen")
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, messages, st.Messages, "each once")
	require.Equal(t, conversations, st.Conversations)
	archivetest.Sound(t, s)
	text := in.bytes()
	for _, w := range secret {
		require.NotContains(t, text, w)
	}
}

// Under each reading of Dixa's filters, a sync that is killed at any of its steps, or meets any failure of Dixa's, leaves nothing out
// and nothing twice when it is run again, and what was anonymized is gone.
func TestSyncAtRandom(t *testing.T) { inBoth(t, syncAtRandom) }

func syncAtRandom(t *testing.T, fresh func(t *testing.T) place) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		synctest.Test(t, func(t *testing.T) {
			d := &desk{byConversation: r.IntN(2) == 0, inclusive: r.IntN(2) == 0, silent: r.IntN(2) == 0, lag: time.Duration(r.IntN(9)) * time.Minute}
			c, in := client(t, d), fresh(t)
			for range r.IntN(15) {
				d.change(r)
				time.Sleep(time.Duration(r.IntN(72*60)) * time.Minute)
			}
			since := time.Now().Add(-time.Duration(r.IntN(40*24)) * time.Hour)
			for range 2 + r.IntN(5) {
				d.fault = func(string) string { return []string{"", "", "", "", "500", "cut", "429"}[r.IntN(7)] }
				d.then = func() {
					if r.IntN(6) == 0 && len(d.conversations) > 0 {
						if k := d.conversations[r.IntN(len(d.conversations))]; k.anonymized.IsZero() { // while it runs
							d.say(k, r)
						}
					}
				}
				s := in.open()
				_, err := archive.Sync(t.Context(), c, &crash{s, r.IntN(30)}, options(since)) // with or without an error
				require.NotErrorIs(t, err, &archive.HeldError{})
				require.NoError(t, s.Close())
				d.fault, d.then = nil, nil
				for range r.IntN(6) {
					d.change(r)
					time.Sleep(time.Duration(r.IntN(24*60)) * time.Minute)
				}
			}
			time.Sleep(8 * 24 * time.Hour) // all is compared again, and has appeared in exports
			s := in.open()
			result, err := archive.Sync(t.Context(), c, s, options(since))
			require.NoError(t, err)
			require.Zero(t, result.Skipped)
			requireSame(t, d, s, in, since)
			if !d.byConversation && len(d.conversations) > 0 {
				require.Zero(t, result.Read, "exports had all messages")
			}
			begun := time.Now()
			again, err := archive.Sync(t.Context(), c, s, options(since))
			require.NoError(t, err)
			require.Zero(t, again.Read)
			until, err := archive.Until(t.Context(), s)
			require.NoError(t, err)
			require.WithinDuration(t, begun, archive.Asked(until), time.Millisecond)
			require.NoError(t, s.Close())
			for i := 4; i < len(d.exports); i++ {
				require.GreaterOrEqual(t, d.exports[i].Sub(d.exports[i-4]), time.Minute, "at most 4 of the 10 requests a minute")
			}
		})
	})
}

func TestErasedThroughUs(t *testing.T) { inBoth(t, erasedThroughUs) }

func erasedThroughUs(t *testing.T, fresh func(t *testing.T) place) {
	synctest.Test(t, func(t *testing.T) {
		d, in := &desk{}, fresh(t)
		r := seeds.New(1)
		for i := range 4 {
			k := &talk{id: int64(i + 1), customer: "0c1a2b3c-4d5e-4f60-8a7b-0123456789ab", created: time.Now()}
			if i > 1 {
				k.customer = "other"
			}
			d.conversations = append(d.conversations, k)
			d.say(k, r)
			time.Sleep(time.Hour)
		}
		c := client(t, d)
		s := in.open()
		_, err := archive.Sync(t.Context(), c, s, options(time.Now().Add(-48*time.Hour)))
		require.NoError(t, err)
		open := func() (archive.Store, error) { return s, nil }
		anonymize := func(api string) error {
			erasing := c.With(archive.Erasing(api, open, func(err error) { require.NoError(t, err) }))
			_, err := dixaclient.AnonymizeEndUser.Do(t.Context(), erasing, dixaclient.AnonymizeEndUserIn{EndUserRef: dixaclient.EndUserRef{UserID: "0C1A2B3C-4d5e-4f60-8a7b-0123456789ab"}})
			return err
		}
		require.NoError(t, anonymize("http://elsewhere"))
		require.Len(t, archivetest.Find(t, s, "allen"), 4, "another organization's")
		d.fault = func(string) string { return "500" }
		require.Error(t, anonymize("http://127.0.0.1"))
		require.Len(t, archivetest.Find(t, s, "allen"), 4, "Dixa refused")
		d.fault = nil
		require.NoError(t, anonymize("http://127.0.0.1"))
		require.Len(t, archivetest.Find(t, s, "allen"), 2)
		text := in.bytes()
		require.NotContains(t, text, "wort0x")
		require.NotContains(t, text, subject(d.conversations[1]))
		_, err = archive.Sync(t.Context(), c, s, options(time.Now().Add(-48*time.Hour))) // Dixa has not carried it out yet
		require.NoError(t, err)
		require.Len(t, archivetest.Find(t, s, "allen"), 2)
		require.NoError(t, s.Close())
	})
}

func TestErased(t *testing.T) {
	message := dixaclient.UUID("0C1A2B3C-4D5E-4F60-8A7B-0123456789AB")
	const lower = "0c1a2b3c-4d5e-4f60-8a7b-0123456789ab"
	for _, test := range []struct {
		in   any
		want archive.Erasure
	}{
		{&dixaclient.AnonymizeConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 7}}, archive.Erasure{Conversation: 7}},
		{&dixaclient.AnonymizeMessageIn{MessageID: message}, archive.Erasure{Message: lower}},
		{&dixaclient.AnonymizeEndUserIn{EndUserRef: dixaclient.EndUserRef{UserID: message}}, archive.Erasure{Customer: lower}},
		{&dixaclient.AnonymizeEntityIn{Type: "Conversation", EntityID: "7"}, archive.Erasure{Conversation: 7}},
		{&dixaclient.AnonymizeEntityIn{Type: "Message", EntityID: dixaclient.Name("7_" + message)}, archive.Erasure{Message: lower}},
		{&dixaclient.AnonymizeEntityIn{Type: "User", EntityID: dixaclient.Name(message)}, archive.Erasure{Customer: lower}},
	} {
		got, ok := archive.Erased(test.in)
		require.True(t, ok)
		require.Equal(t, test.want, got)
	}
	for _, op := range dixaclient.Operations() { // a new operation that erases is added above
		if op.Level == dixaclient.Erase && strings.HasPrefix(op.Name, "anonymize_") {
			_, known := map[string]bool{"anonymize_conversation": true, "anonymize_message": true, "anonymize_end_user": true, "anonymize_entity": true}[op.Name]
			require.True(t, known, op.Name)
		}
	}
}

func TestOneSyncsAtATime(t *testing.T) { inBoth(t, oneSyncsAtATime) }

func oneSyncsAtATime(t *testing.T, fresh func(t *testing.T) place) {
	s := fresh(t).open()
	release, _, err := s.Lease(t.Context(), "process 7")
	require.NoError(t, err)
	_, err = archive.Sync(t.Context(), nil, s, options(time.Now()))
	require.EqualError(t, err, "process 7 is filling the archive; nothing was asked of Dixa")
	require.NoError(t, release())
	require.NoError(t, s.Close())
}

func TestAnotherOrganization(t *testing.T) { inBoth(t, anotherOrganization) }

func anotherOrganization(t *testing.T, fresh func(t *testing.T) place) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, &desk{})
		s := fresh(t).open()
		_, err := s.Origin(t.Context(), archive.Origin{API: "http://127.0.0.1", Organization: "other"})
		require.NoError(t, err)
		_, err = archive.Sync(t.Context(), c, s, options(time.Now().Add(-time.Hour)))
		require.ErrorContains(t, err, "the archive has the data of organization other")
		require.NoError(t, s.Close())
	})
}

func TestKeep(t *testing.T) { inBoth(t, keep) }

func keep(t *testing.T, fresh func(t *testing.T) place) {
	synctest.Test(t, func(t *testing.T) {
		d, in := &desk{}, fresh(t)
		r := seeds.New(1)
		for i := range 100 {
			k := &talk{id: int64(i + 1), customer: "x", created: time.Now()}
			d.conversations = append(d.conversations, k)
			d.say(k, r)
			time.Sleep(24 * time.Hour)
		}
		time.Sleep(time.Hour)
		c, s := client(t, d), in.open()
		o := options(time.Now().Add(-60 * 24 * time.Hour))
		_, err := archive.Sync(t.Context(), c, s, o)
		require.NoError(t, err)
		require.Len(t, archivetest.Find(t, s, "allen"), 59)
		o.Keep = 30 * 24 * time.Hour
		result, err := archive.Sync(t.Context(), c, s, o)
		require.NoError(t, err)
		require.Equal(t, archive.Removed{Conversations: 30, Messages: 30}, result.Purged)
		require.Len(t, archivetest.Find(t, s, "allen"), 29)
		require.NoError(t, s.Close())
	})
}
