package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/freeze"
)

// cold is a state directory with a capability file.
type cold struct {
	*testing.T
	dir   string
	file  string
	marks freeze.Dir
}

func newCold(t *testing.T) *cold {
	c := &cold{T: t, dir: t.TempDir()}
	c.file = filepath.Join(c.dir, "capabilities.yaml")
	c.marks = freeze.Dir(filepath.Join(c.dir, "state", "frozen"))
	c.write(c.file, "version: 1\nagents: {triage: {access: {conversations: read}}, all: {access: {conversations: read}}}")
	return c
}

func (c *cold) write(path, text string) {
	c.Helper()
	require.NoError(c, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(c, os.WriteFile(path, []byte(text), 0o600))
}

// path returns the path of a freeze.
func (c *cold) path(name string) string { return filepath.Join(string(c.marks), name+".json") }

func (c *cold) where() freezeDir {
	return freezeDir{fileFlag: fileFlag{Capabilities: c.file}, State: filepath.Join(c.dir, "state")}
}

func (c *cold) freeze(agent, reason string) error {
	return (&freezeCmd{Agent: agentFlag(agent), Reason: reason, freezeDir: c.where()}).Run(c.Context(), &output{to: io.Discard})
}

func (c *cold) thaw(agent string) error {
	return (&thawCmd{Agent: agentFlag(agent), freezeDir: c.where()}).Run(c.Context(), &output{to: io.Discard})
}

// agentFlag is the value of --agent; "" is none.
func agentFlag(agent string) *string {
	if agent == "" {
		return nil
	}
	return &agent
}

// stopped checks which of two agents are frozen.
func (c *cold) stopped(triage, all bool) {
	c.Helper()
	_, is := c.marks.Frozen("triage")
	require.Equal(c, triage, is)
	_, is = c.marks.Frozen("all")
	require.Equal(c, all, is)
}

// told returns the sentences of the records.
func (c *cold) told() (events []audit.Event, sentences []string) {
	c.Helper()
	require.NoError(c, audit.Read(filepath.Join(c.dir, "state", "audit"), func(r audit.Record) error {
		if told(r) {
			events, sentences = append(events, r.Event), append(sentences, r.Agent+": "+r.Text)
		}
		return nil
	}))
	return events, sentences
}

func TestFreezeAndThaw(t *testing.T) {
	c := newCold(t)
	c.stopped(false, false)
	require.NoError(t, c.freeze("triage", "it sends nonsense"))
	c.stopped(true, false)
	reason, _ := c.marks.Frozen("triage")
	require.Equal(t, "it sends nonsense", reason)
	require.NoError(t, c.freeze("triage", "still"), "twice")
	reason, _ = c.marks.Frozen("triage")
	require.Equal(t, "still", reason)
	require.NoError(t, c.thaw("triage"))
	c.stopped(false, false)

	require.NoError(t, c.freeze("", ""))
	c.stopped(true, true)
	_, someoneElse := c.marks.Frozen("added_later")
	require.True(t, someoneElse)
	require.NoError(t, c.freeze("triage", ""))
	require.NoError(t, c.thaw(""))
	c.stopped(true, false)
	require.NoError(t, c.thaw("triage"))
	c.stopped(false, false)

	events, sentences := c.told()
	require.Equal(t, []audit.Event{
		audit.EventFreeze, audit.EventFreeze, audit.EventThaw, audit.EventFreeze, audit.EventFreeze, audit.EventThaw, audit.EventThaw,
	}, events)
	who := whoami()
	require.Equal(t, "triage: "+who+" froze agent triage", sentences[0])
	require.Equal(t, "triage: "+who+" thawed agent triage", sentences[2])
	require.Equal(t, ": "+who+" froze all agents", sentences[3])
	report, err := audit.Verify(filepath.Join(c.dir, "state", "audit"))
	require.NoError(t, err)
	require.True(t, report.OK(), report.Problems)
}

// An agent may have the name all. Its freeze is not that of all agents, even on a file system that ignores case.
func TestFreezeAgentCalledAll(t *testing.T) {
	c := newCold(t)
	require.NoError(t, c.freeze("all", ""))
	c.stopped(false, true)
	require.NoError(t, c.freeze("", ""))
	require.NoError(t, c.thaw("all"))
	c.stopped(true, true)
}

func TestFreezeRefuses(t *testing.T) {
	c := newCold(t)
	require.ErrorContains(t, c.thaw(""), "there is no freeze of all agents in the state directory "+filepath.Join(c.dir, "state")+"; nothing was changed")
	require.ErrorContains(t, c.thaw("triage"), "there is no freeze of agent triage in")
	require.ErrorContains(t, c.freeze("triag", ""), "triage")
	for _, name := range []string{"../x", "ALL", "_all", "a/b", "Triage", ".", "x.json"} {
		require.ErrorContains(t, c.freeze(name, ""), "is not the name of an agent", name)
		require.ErrorContains(t, c.thaw(name), "is not the name of an agent", name)
	}
	require.NoDirExists(t, filepath.Join(c.dir, "state"))
}

// An agent can be frozen even if something else is broken.
func TestFreezeInTrouble(t *testing.T) {
	t.Run("a broken capability file", func(t *testing.T) {
		c := newCold(t)
		c.write(c.file, "agents: [")
		require.NoError(t, c.freeze("triage", ""))
		c.stopped(true, false)
		require.NoError(t, c.freeze("", ""))
		c.stopped(true, true)
		require.NoError(t, c.thaw(""))
		require.NoError(t, c.thaw("triage"))
		c.stopped(false, false)
	})
	t.Run("no capability file", func(t *testing.T) {
		c := newCold(t)
		require.NoError(t, os.Remove(c.file))
		require.NoError(t, c.freeze("triage", ""))
		c.stopped(true, false)
	})
	t.Run("no place for records", func(t *testing.T) {
		c := newCold(t)
		c.write(filepath.Join(c.dir, "state", "audit"), "not a folder")
		require.ErrorContains(t, c.freeze("triage", ""), "this was done, but could not be recorded")
		c.stopped(true, false)
	})
	t.Run("no place for marks", func(t *testing.T) {
		c := newCold(t)
		c.write(string(c.marks), "not a folder")
		require.Error(t, c.freeze("triage", ""))
		c.stopped(true, true)
	})
}

// A freeze that cannot be read still stops the agent.
func TestFreezeUnreadableMark(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "half": `{"by":"me","at":"20`, "a list": "[]", "nonsense": "x"} {
		t.Run(name, func(t *testing.T) {
			c := newCold(t)
			c.write(c.path("triage"), text)
			c.stopped(true, false)
			reason, _ := c.marks.Frozen("triage")
			require.Equal(t, "the freeze in the state directory cannot be read", reason)
			c.write(c.path(freeze.Everyone), text)
			c.stopped(true, true)
			require.NoError(t, c.thaw(""))
			require.NoError(t, c.thaw("triage"))
			c.stopped(false, false)
		})
	}
	c := newCold(t)
	require.NoError(t, os.MkdirAll(c.path("triage"), 0o700))
	c.stopped(true, false)
}

func TestFreezeCommandLine(t *testing.T) {
	var c cli
	parser, err := kong.New(&c, clientNames())
	require.NoError(t, err)
	_, err = parser.Parse([]string{"freeze", "--agent", "triage", "--reason", "r", "--state", "s", "--audit", "a", "--capabilities", "c"})
	require.NoError(t, err)
	require.Equal(t, freezeCmd{Agent: agentFlag("triage"), Reason: "r", freezeDir: freezeDir{fileFlag: fileFlag{Capabilities: "c"}, State: "s", Audit: "a"}}, c.Freeze)
	_, err = parser.Parse([]string{"thaw", "--state", "s"})
	require.NoError(t, err)
	require.Equal(t, thawCmd{freezeDir: freezeDir{State: "s"}}, c.Thaw)
}
