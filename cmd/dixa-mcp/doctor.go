package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// clockTolerance is how far this machine's clock may be from Dixa's before doctor mentions it.
const clockTolerance = 30 * time.Second

type doctorCmd struct {
	jsonFlag  `embed:""`
	dixaFlags `embed:""`
}

// Run checks everything that can keep a first start from working, and sends one request to Dixa with each token.
func (c *doctorCmd) Run(ctx context.Context, out *output) error {
	ok, found := true, []finding{}
	report := func(what string, err error, good string) {
		f := finding{what, err == nil, good}
		mark := "✓"
		if err != nil {
			ok, f.Says, mark = false, err.Error(), "✗"
		}
		if found = append(found, f); !c.JSON {
			out.table([][]string{{mark + fmt.Sprintf(" %-15s", what), f.Says}})
		}
	}
	rules, where, err := c.load()
	if err != nil {
		report("capability file", err, "")
	} else {
		report("capability file", nil, fmt.Sprintf("%s, %d agents, %s", orWrite(where), len(rules.Agents()), rules.Digest()))
		report("keys", expiring(rules, time.Now()), "none expires within 14 days")
		report("over HTTP", nil, overHTTP(rules, time.Now())+" can authenticate with a key or a token")
	}
	report("file modes", c.modes(), "no other user can change the rules or read the token")
	dir, err := c.auditDir()
	if err == nil {
		err = writable(dir)
	}
	report("records", err, dir)
	freezes, err := c.frozenDir()
	if err == nil {
		err = freezes.Check()
	}
	report("freezes", err, string(freezes))
	if c.Archive != "" {
		name, err := c.meetArchive(ctx)
		report("archive", err, name)
	}
	if address, err := c.address(); err != nil || address != "" {
		report("Redis", c.meet(ctx), "it answers, and servers can share it")
	}
	clock, err := c.ask(ctx, report)
	if err != nil {
		report("Dixa", err, "")
	}
	if clock != nil {
		report("clock", clockError(*clock), fmt.Sprintf("%s from Dixa's", clock.Abs().Round(time.Second)))
	}
	if c.JSON {
		if err := out.json(map[string]any{"ok": ok, "checks": found}); err != nil {
			return err
		}
	}
	if !ok {
		return errors.New("at least one check failed: see the lines that begin with ✗")
	}
	return nil
}

// modes returns an error if other users of this machine can change the rules or read the token.
func (f fileFlag) modes() error {
	return errors.Join(private("the capability file", f.path(), 0o022), private("the token file", cmp.Or(os.Getenv(tokenFileVar), os.Getenv(tokensFile)), 0o077))
}

// finding is the result of one check.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
}

// expiring returns an error for the keys that expire soon.
func expiring(rules *capability.Rules, now time.Time) error {
	var all []error
	for _, k := range rules.ExpiringKeys(now) {
		all = append(all, fmt.Errorf("the key %s of %s expires on %s: make a new one with dixa-mcp key new --agent %s", k.ID, k.Agent, k.Expires.Format(time.DateOnly), k.Agent))
	}
	return errors.Join(all...)
}

// meet joins the servers that share a Redis, and leaves again.
func (c *doctorCmd) meet(ctx context.Context) error {
	g, err := c.connect(ctx, "")
	if err == nil {
		g.Close()
	}
	return err
}

// meetArchive returns where the archive is that servers share.
func (c *doctorCmd) meetArchive(ctx context.Context) (string, error) {
	store, err := c.openArchive("")
	if err != nil {
		return "", err
	}
	exists, err := store.Exists(ctx)
	name := store.Name()
	if !exists {
		name += ", which dixa-mcp archive sync will make"
	}
	return name, errors.Join(err, store.Close())
}

// ask reads the organization with each token, and returns the difference between the clocks.
func (c *doctorCmd) ask(ctx context.Context, report func(what string, err error, good string)) (clock *time.Duration, err error) {
	s := &system{}
	defer s.Close()
	t, err := c.tokens()
	if err != nil {
		return nil, err
	}
	report("token", nil, t.from)
	config, err := c.config(s, t)
	if err != nil {
		return nil, err
	}
	watch := &dateWatch{next: config.Transport}
	if watch.next == nil {
		watch.next = http.DefaultTransport
	}
	config.Transport = watch
	tokens := append([]dixaclient.TokenSource{config.Token}, config.ReadTokens...)
	config.ReadTokens = nil
	var first dixaclient.Organization
	for i, token := range tokens {
		what := "Dixa"
		if len(tokens) > 1 {
			what = fmt.Sprintf("token %d of %d", i+1, len(tokens))
		}
		o, err := organizationFrom(ctx, config, token, c.Timeout)
		switch {
		case err == nil && first.ID == "":
			first = o
		case err == nil && o.ID != first.ID:
			err = fmt.Errorf("the token belongs to the organization %s, and the first token to %s: all tokens must be of one organization", o.Name, first.Name)
		}
		report(what, err, fmt.Sprintf("the token is valid for %s (%s, %s)", o.Name, o.Subdomain, o.Status))
	}
	return watch.ahead, nil
}

// dateWatch compares the Date of answers with this machine's clock.
type dateWatch struct {
	next  http.RoundTripper
	ahead *time.Duration
}

// RoundTrip sends a request on.
func (w *dateWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	if err == nil {
		if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
			ahead := time.Since(at)
			w.ahead = &ahead
		}
	}
	return res, err
}

func clockError(ahead time.Duration) error {
	switch {
	case ahead > clockTolerance:
		return fmt.Errorf("this machine's clock is %s ahead of Dixa's: records and expiry times will be wrong", ahead.Round(time.Second))
	case ahead < -clockTolerance:
		return fmt.Errorf("this machine's clock is %s behind Dixa's: records and expiry times will be wrong", -ahead.Round(time.Second))
	}
	return nil
}

// writable tries to create a file in a directory, which it creates if it is missing.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(filepath.Clean(f.Name())))
}

// private returns an error if other users of this machine have access to a file that they must not have. Windows has no
// such modes.
func private(what, path string, others os.FileMode) error {
	if path == "" || runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&others == 0 {
		return nil // a missing file is reported elsewhere
	}
	return fmt.Errorf("%s has the mode %04o, which gives other users access; run chmod %04o %s", what, info.Mode().Perm(), info.Mode().Perm()&^others, path)
}
