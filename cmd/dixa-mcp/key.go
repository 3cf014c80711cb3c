package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"dixa-mcp/internal/capability"
)

const (
	keyDays  = 90 // by default: long enough to be no burden, short enough that replacing a key stays familiar
	mostDays = 3650
)

type keyCmd struct {
	New    keyNewCmd    `cmd:"" help:"Make a key for an agent, an approver, an auditor, the admin port or metrics, print it once, and print the line for the capability file. With --conversation: a key for one conversation."`
	List   keyListCmd   `cmd:"" help:"List the keys of agents, with the conversation that a key is bound to."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key that is bound to a conversation, at once."`
}

type keyNewCmd struct {
	Agent        string `required:"" xor:"whose" placeholder:"NAME" help:"Make a key with which this agent authenticates over HTTP."`
	Approver     string `required:"" xor:"whose" placeholder:"NAME" help:"Make a key with which this person approves calls, such as anna.holm."`
	Auditor      string `required:"" xor:"whose" placeholder:"NAME" help:"Make a key with which this person sees the console and changes nothing, such as eva.lind."`
	Admin        bool   `required:"" xor:"whose" help:"Make a key for the admin port."`
	Metrics      bool   `required:"" xor:"whose" help:"Make a key that opens nothing but the metrics at the admin port."`
	ID           string `name:"id" placeholder:"ID" help:"With --agent: id of the key in records; by default the agent and today's date."`
	Expires      string `xor:"until" placeholder:"DAY" help:"With --agent: day, such as 2027-02-01, at whose beginning (UTC) the key expires. With --conversation: how long the key is valid, by default 1h, at most 168h."`
	Days         *int   `xor:"until" placeholder:"N" help:"With --agent: days until the key expires, by default 90."`
	Conversation int64  `placeholder:"N" help:"With --agent: bind the key to this conversation, so that nothing else exists for it. It is stored where servers with the same state directory or Redis find it, and not in the capability file."`
	Audit        string `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"With --conversation: directory of the records, by default audit in the state directory."`
	jsonFlag     `embed:""`
	fileFlag     `embed:""`
	sessionsAt   `embed:""`
}

// Run prints the key on standard output and what to do with it on standard error.
func (c *keyNewCmd) Run(ctx context.Context, out *output) error {
	if c.Conversation != 0 {
		var about io.Writer = os.Stderr
		if c.JSON {
			about = io.Discard
		}
		return c.forConversation(ctx, out, about)
	}
	return c.run(out, os.Stderr, time.Now())
}

func (c *keyNewCmd) run(out, about io.Writer, now time.Time) error {
	if c.JSON {
		about = io.Discard
	}
	switch {
	case c.Agent != "":
		return c.forAgent(out, about, now)
	case c.ID != "" || c.Expires != "" || c.Days != nil:
		return usagef("--id, --expires and --days require --agent; no key was made")
	case c.Admin:
		return c.forAdmin(out, about)
	case c.Metrics:
		return c.forMetrics(out, about)
	case c.Auditor != "":
		return c.forAuditor(out, about)
	}
	return c.forApprover(out, about)
}

func (c *keyNewCmd) forApprover(out, about io.Writer) error {
	if err := capability.CheckApproverName(c.Approver); err != nil {
		return usagef("--approver %w; no key was made", err)
	}
	digest, err := c.show(out, madeKey{Kind: "approver", Approver: c.Approver})
	fmt.Fprintf(about, `
This is the key of %[1]s. It is shown once: keep it in a file that no other user can read, and name that file with
--key-file or DIXA_MCP_APPROVER_KEY_FILE. Add its digest to the capability file:

approvers:
  %[1]s: {key_sha256: %[2]s, may: [send]}
`, c.Approver, digest)
	return err
}

func (c *keyNewCmd) forAuditor(out, about io.Writer) error {
	if err := capability.CheckApproverName(c.Auditor); err != nil {
		return usagef("--auditor %w; no key was made", err)
	}
	digest, err := c.show(out, madeKey{Kind: "auditor", Auditor: c.Auditor})
	fmt.Fprintf(about, `
This is the key of %[1]s. It is shown once: keep it in a password manager, and sign in to the console with it. Add its
digest to the capability file:

auditors:
  %[1]s: {key_sha256: %[2]s}
`, c.Auditor, digest)
	return err
}

func (c *keyNewCmd) forMetrics(out, about io.Writer) error {
	_, err := c.show(out, madeKey{Kind: "metrics"})
	fmt.Fprint(about, `
This is a key for the metrics at the admin port. It is shown once: keep it in a file that the server and your monitoring can
read, and name that file with --metrics-key-file or DIXA_MCP_METRICS_KEY_FILE. Monitoring sends it as Authorization: Bearer.
It opens nothing else. The capability file does not change.
`)
	return err
}

func (c *keyNewCmd) forAdmin(out, about io.Writer) error {
	_, err := c.show(out, madeKey{Kind: "admin"})
	fmt.Fprint(about, `
This is a key for the admin port. It is shown once: keep it in a file that only the server can read, and name that file
with --admin-key-file or DIXA_MCP_ADMIN_KEY_FILE. Clients send it as Authorization: Bearer. It allows freezes and metrics.
The capability file does not change.
`)
	return err
}

func (c *keyNewCmd) forAgent(out, about io.Writer, now time.Time) error {
	rules, where, err := c.load()
	if err != nil {
		return err
	}
	if _, err := rules.Agent(c.Agent); err != nil {
		return notFoundf("--agent: %w; no key was made", err)
	}
	id, err := c.id(rules, now)
	if err != nil {
		return err
	}
	expires, err := c.expires(now)
	if err != nil {
		return err
	}
	digest, err := c.show(out, madeKey{Kind: "agent", Agent: c.Agent, ID: id, Expires: expires.Format(time.DateOnly)})
	fmt.Fprintf(about, `
This is the key %[2]s of agent %[1]s. It is shown once: give it to the program that the agent runs in, which
sends it with every request as Authorization: Bearer. It expires at the beginning of %[4]s, UTC (in %[5]d days).
Add its digest to the capability file, in one list with the agent's other keys:

agents:
  %[1]s:
    keys:
      - {id: %[2]s, sha256: %[3]s, expires: %[4]s}

Capability file in force: %[6]s
`, c.Agent, id, digest, expires.Format(time.DateOnly), int(expires.Sub(today(now)).Hours()/24), orWrite(where))
	return err
}

// id returns the requested id, or one made of the agent and the date, with a number if the file already has it.
func (c *keyNewCmd) id(rules *capability.Rules, now time.Time) (string, error) {
	if c.ID != "" {
		if err := capability.CheckKeyID(c.ID); err != nil {
			return "", usagef("--id %w; no key was made", err)
		}
		if agent, taken := rules.KeyHolder(c.ID); taken {
			return "", usagef("--id: %s is already the id of a key of %s; choose another; no key was made", c.ID, agent)
		}
		return c.ID, nil
	}
	date := now.UTC().Format("-20060102")
	for n, end := 2, date; ; n++ {
		id := c.Agent[:min(len(c.Agent), capability.LongestName-len(end))] + end
		if _, taken := rules.KeyHolder(id); !taken {
			return id, nil
		}
		end = fmt.Sprintf("%s-%d", date, n)
	}
}

// expires returns the day on which the key expires.
func (c *keyNewCmd) expires(now time.Time) (time.Time, error) {
	switch {
	case c.Expires != "":
		day, err := time.Parse(time.DateOnly, c.Expires)
		if err != nil {
			return day, usagef("--expires must be a day such as 2027-02-01, not %q; no key was made", c.Expires)
		}
		if !day.After(now) {
			return day, usagef("--expires %s is in the past or has begun, so the key would never be valid; no key was made", c.Expires)
		}
		return day, nil
	case c.Days == nil:
		return today(now).AddDate(0, 0, keyDays), nil
	case *c.Days < 1 || *c.Days > mostDays:
		return now, usagef("--days must be 1 to %d, not %d; no key was made", mostDays, *c.Days)
	}
	return today(now).AddDate(0, 0, *c.Days), nil
}

func today(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

// madeKey is a new key as JSON.
type madeKey struct {
	Key          string `json:"key"`
	SHA256       string `json:"sha256,omitempty"`       // for the capability file
	Kind         string `json:"kind"`                   // agent, bound, approver, auditor, admin or metrics
	Conversation int64  `json:"conversation,omitempty"` // to which it is bound
	Agent        string `json:"agent,omitempty"`
	ID           string `json:"id,omitempty"`
	Expires      string `json:"expires,omitempty"`
	Approver     string `json:"approver,omitempty"`
	Auditor      string `json:"auditor,omitempty"`
}

// show prints a new key, and returns its digest for the capability file.
func (c *keyNewCmd) show(out io.Writer, made madeKey) (digest string, err error) {
	made.Key = newKey(made.Kind)
	sum := sha256.Sum256([]byte(made.Key))
	made.SHA256 = hex.EncodeToString(sum[:])
	if c.JSON {
		return made.SHA256, (&output{to: out}).json(made)
	}
	_, err = fmt.Fprintln(out, made.Key)
	return made.SHA256, err
}

// newKey returns 32 random bytes after a prefix that shows what the key is, even where it does not belong.
func newKey(kind string) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return "dixa-mcp-" + kind + "-" + base64.RawURLEncoding.EncodeToString(random)
}
