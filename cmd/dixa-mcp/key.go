package main

import (
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
	keyDays  = 90 // for which a key is valid unless told otherwise: long enough to be no burden, short enough to be practised
	mostDays = 3650
)

type keyCmd struct {
	New keyNewCmd `cmd:"" help:"Make a key, print it once, and print the line for the capability file."`
}

type keyNewCmd struct {
	Agent    string `required:"" xor:"whose" placeholder:"NAME" help:"Agent that authenticates over HTTP with the key."`
	Approver string `required:"" xor:"whose" placeholder:"NAME" help:"Person who approves with the key, such as anna.holm."`
	Admin    bool   `required:"" xor:"whose" help:"Make a key for the admin port."`
	ID       string `name:"id" placeholder:"ID" help:"For --agent: name of the key in records; by default the agent and today's date."`
	Expires  string `xor:"until" placeholder:"DAY" help:"For --agent: day, such as 2027-02-01, at whose beginning in UTC the key expires."`
	Days     *int   `xor:"until" placeholder:"N" help:"For --agent: days until the key expires, by default 90."`
	jsonFlag `embed:""`
	fileFlag `embed:""`
}

// Run prints the key on standard output and what to do with it on standard error.
func (c *keyNewCmd) Run(out *output) error { return c.run(out, os.Stderr, time.Now()) }

func (c *keyNewCmd) run(out, about io.Writer, now time.Time) error {
	if c.JSON {
		about = io.Discard
	}
	switch {
	case c.Agent != "":
		return c.forAgent(out, about, now)
	case c.ID != "" || c.Expires != "" || c.Days != nil:
		return usagef("--id, --expires and --days are for keys of agents: add --agent NAME, or omit them; no key was made")
	case c.Admin:
		return c.forAdmin(out, about)
	}
	return c.forApprover(out, about)
}

func (c *keyNewCmd) forApprover(out, about io.Writer) error {
	if err := capability.CheckApproverName(c.Approver); err != nil {
		return usagef("--approver %w; no key was made", err)
	}
	digest, err := c.show(out, madeKey{Kind: "approver", Approver: c.Approver})
	fmt.Fprintf(about, `
This is the key of %[1]s. It is shown once: keep it in a file that nobody else can read, and name that file with
--key-file or DIXA_MCP_APPROVER_KEY_FILE. The capability file gets only its digest:

approvers:
  %[1]s: {key_sha256: %[2]s, may: [send]}
`, c.Approver, digest)
	return err
}

func (c *keyNewCmd) forAdmin(out, about io.Writer) error {
	_, err := c.show(out, madeKey{Kind: "admin"})
	fmt.Fprint(about, `
This is a key for the admin port. It is shown once: keep it in a file that only the server can read, and name that file
with --admin-key-file or DIXA_MCP_ADMIN_KEY_FILE. Who asks at the port sends it as Authorization: Bearer, and can then do
all that the port can. No capability file needs to know it.
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
This is the key %[2]s of agent %[1]s. It is shown once: give it to the program that the agent runs in,
which sends it with every request as Authorization: Bearer. It is valid until %[4]s begins in UTC (%[5]d days), or
until its line is removed. The capability file gets only its digest, in one list with other keys of the agent:

agents:
  %[1]s:
    keys:
      - {id: %[2]s, sha256: %[3]s, expires: %[4]s}

In force is: %[6]s
`, c.Agent, id, digest, expires.Format(time.DateOnly), int(expires.Sub(today(now)).Hours()/24), where)
	return err
}

// id is the one that is asked for, or the agent and the date, with a number where the file has that already.
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

// expires is the day on which the key stops to count.
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
	Key      string `json:"key"`
	SHA256   string `json:"sha256"` // what the capability file gets
	Kind     string `json:"kind"`   // agent, approver or admin
	Agent    string `json:"agent,omitempty"`
	ID       string `json:"id,omitempty"`
	Expires  string `json:"expires,omitempty"`
	Approver string `json:"approver,omitempty"`
}

// show prints a new key and gives the digest by which the capability file knows it.
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

// newKey is 32 random bytes behind words by which a key is known for what it is, also where it does not belong.
func newKey(kind string) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return "dixa-mcp-" + kind + "-" + base64.RawURLEncoding.EncodeToString(random)
}
