package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"dixa-mcp/internal/capability"
)

type keyCmd struct {
	New keyNewCmd `cmd:"" help:"Make a key, show it once, and give the line for the capability file."`
}

type keyNewCmd struct {
	Approver string `required:"" placeholder:"NAME" help:"The person who gets the key, such as anna.holm."`
}

// Run prints the key on standard output and what to do with it on standard error.
func (c *keyNewCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *keyNewCmd) run(out, about io.Writer) error {
	if err := capability.CheckApproverName(c.Approver); err != nil {
		return fmt.Errorf("--approver %w", err)
	}
	key := newKey("approver")
	sum := sha256.Sum256([]byte(key))
	fmt.Fprintln(out, key)
	fmt.Fprintf(about, `
This is the key of %[1]s. It is shown once: keep it in a file that nobody else can read, and name that file with
--key-file or DIXA_MCP_APPROVER_KEY_FILE. The capability file gets only its digest:

approvers:
  %[1]s: {key_sha256: %[2]s, may: [send]}
`, c.Approver, hex.EncodeToString(sum[:]))
	return nil
}

// newKey is 32 random bytes behind words by which a key is known for what it is, also where it does not belong.
func newKey(kind string) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return "dixa-mcp-" + kind + "-" + base64.RawURLEncoding.EncodeToString(random)
}
