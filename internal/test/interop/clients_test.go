package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plan is what a client is told to do, in its first argument.
type plan struct {
	Transport    string            `json:"transport"` // stdio, http or sse
	Command      []string          `json:"command"`
	Env          map[string]string `json:"env"`
	URL          string            `json:"url"`
	Key          string            `json:"key"`
	Era          string            `json:"era"`  // legacy, auto or modern
	Mute         bool              `json:"mute"` // cannot ask its person
	Conversation int64             `json:"conversation"`
	Slow         int64             `json:"slow"` // the conversation whose answer never comes
	Notes        []note            `json:"notes"`
}

// note is one that the client adds, and the name of the answer in the session.
type note struct {
	As   string `json:"as"`
	Text string `json:"text"`
}

// session is what a client has seen.
type session struct {
	Version            string
	Tools              []string
	Read, Notes        said
	Progress           []struct{ Message string }
	Cancelled          string // what its cancelled call ended with
	Asked              []string
	Accepted, Declined said
}

type said struct {
	Text   string
	Failed bool
	Error  string // of the protocol
}

// talk runs a client through a session.
func talk(ctx context.Context, client []string, do plan) (s session, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	argument, err := json.Marshal(do)
	if err != nil {
		return s, err
	}
	c := exec.CommandContext(ctx, client[0], append(slices.Clone(client[1:]), string(argument))...)
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return s, fmt.Errorf("%w: %s%s", err, out, errs.String())
	}
	return s, json.Unmarshal(out, &s)
}

const refusedMute = "add_note needs a person's confirmation, and this client cannot ask for one (it does not support elicitation). Tell the user: use a client that does, or let the operator set confirm: approver. Nothing was sent to Dixa."

// client is a program that follows a plan, with the eras that it knows and the version that it settles on in each.
type client struct {
	name    string
	command []string
	eras    map[string]string
}

func TestClientsInGo(t *testing.T) {
	t.Parallel()
	serves(t, client{"go", []string{must(t, goClient)}, map[string]string{"legacy": "2025-11-25", "modern": "2026-07-28"}})
}

func TestClientsInTypeScript(t *testing.T) {
	js := node(t)
	t.Parallel()
	serves(t,
		client{"sdk 1", []string{js, "js/sdk1.mjs"}, map[string]string{"legacy": "2025-11-25"}},
		client{"sdk 2", []string{js, "js/sdk2.mjs"}, map[string]string{"legacy": "2025-11-25", "auto": "2026-07-28", "modern": "2026-07-28"}},
	)
}

// serves runs clients through their sessions, over each transport, with and without a person whom they can ask.
func serves(t *testing.T, clients ...client) {
	t.Helper()
	p := newPlace(t)
	address := p.serve(must(t, program), "--sse")
	var all []*one
	for _, transport := range []string{"stdio", "http", "sse"} {
		for _, mute := range []bool{false, true} {
			all = append(all, p.sessions(transport, address, mute, clients...)...)
		}
	}
	p.run(all, (*one).holds)
}

// one is a client with its session.
type one struct {
	name    string
	command []string
	version string // that it must settle on
	plan    plan
	session session
	err     error
	ended   chan struct{}
}

// sessions are those of clients in all their eras.
func (p *place) sessions(transport, address string, mute bool, clients ...client) []*one {
	var all []*one
	for _, c := range clients {
		for era, version := range c.eras {
			n := p.planned.Add(1)
			all = append(all, &one{name: fmt.Sprintf("%s/%s/%s/mute=%t", c.name, era, transport, mute), command: c.command, version: version, ended: make(chan struct{}), plan: plan{
				Transport: transport, Command: []string{must(p.t, program), "serve"}, Env: p.env(), Key: key, Era: era, Mute: mute,
				URL:          address + map[string]string{"http": "/mcp", "sse": "/sse"}[transport],
				Conversation: 1234, Slow: slowFrom + n,
				Notes: []note{{"accepted", fmt.Sprintf("yes to %d.", n)}, {"declined", fmt.Sprintf("no to %d.", n)}},
			}})
		}
	}
	return all
}

// run lets clients talk, several at once since each waits for most of its time, and checks what each has seen.
func (p *place) run(all []*one, holds func(*one, *testing.T, *place)) {
	atOnce := make(chan struct{}, 12)
	for _, o := range all {
		go func() {
			defer close(o.ended)
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			o.session, o.err = talk(p.t.Context(), o.command, o.plan)
		}()
	}
	for _, o := range all {
		p.t.Run(o.name, func(t *testing.T) {
			<-o.ended
			require.NoError(t, o.err)
			holds(o, t, p)
		})
	}
}

// holds checks what a client has seen, and what became of its calls.
func (o *one) holds(t *testing.T, p *place) {
	t.Helper()
	s, do := o.session, o.plan
	require.Equal(t, o.version, s.Version)
	require.Contains(t, s.Tools, "get_conversation")
	require.Contains(t, s.Tools, "add_note")
	require.NotContains(t, s.Tools, "send_message", "it is not granted")

	require.Contains(t, s.Read.Text, "Conversation 1234 ")
	require.NotEmpty(t, s.Progress)
	require.Regexp(t, `^get_conversation waits for Dixa's answer, \d+ s$`, s.Progress[0].Message)
	require.NotEmpty(t, s.Cancelled)
	require.NotEqual(t, "answered", s.Cancelled)
	require.Eventually(t, func() bool { return len(p.outcomes(do.Slow)) > 0 }, limit, pause, "the cancelled call goes on")
	require.Equal(t, []string{"cancelled"}, p.outcomes(do.Slow))

	accepted, declined := do.Notes[0].Text, do.Notes[1].Text
	require.NotContains(t, s.Notes.Text, declined)
	if do.Mute {
		require.Equal(t, said{Text: refusedMute, Failed: true}, s.Accepted)
		require.Equal(t, said{Text: refusedMute, Failed: true}, s.Declined)
		require.Empty(t, s.Asked)
		require.NotContains(t, s.Notes.Text, accepted)
		return
	}
	require.Len(t, s.Asked, 2)
	require.Equal(t, "The agent helper wants to add a note to conversation 1234.\n\nconversationId: 1234\nmessage: "+accepted, s.Asked[0])
	require.False(t, s.Accepted.Failed, "%+v", s.Accepted)
	require.Contains(t, s.Notes.Text, accepted)
	require.True(t, s.Declined.Failed, "%+v", s.Declined)
	require.Contains(t, s.Declined.Text, "the person at the client said no. Do not call it again as it is; ask what should be done instead. Nothing was sent to Dixa.")
}
