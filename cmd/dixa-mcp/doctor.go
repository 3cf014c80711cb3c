package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"dixa-mcp/dixaclient"
)

// clockTolerance is how far this machine's clock may be from Dixa's before doctor mentions it.
const clockTolerance = 30 * time.Second

type doctorCmd struct {
	dixaFlags `embed:""`
}

// Run looks at everything that a first start can stumble over, and asks Dixa once.
func (c *doctorCmd) Run(ctx context.Context) error {
	ok := true
	report := func(what string, err error, good string) {
		if err != nil {
			ok = false
			fmt.Printf("✗ %-16s %v\n", what, err)
			return
		}
		fmt.Printf("✓ %-16s %s\n", what, good)
	}
	rules, where, err := c.load()
	if err != nil {
		report("capability file", err, "")
	} else {
		report("capability file", nil, fmt.Sprintf("%s, %d agents, %s", where, len(rules.Agents()), rules.Digest()))
	}
	report("file modes", errors.Join(private("the capability file", c.path(), 0o022), private("the token file", os.Getenv("DIXA_API_TOKEN_FILE"), 0o077)), "nobody else may change the rules or read the token")
	dir, err := c.auditDir()
	if err == nil {
		err = writable(dir)
	}
	report("records", err, dir)
	organization, clock, err := c.ask(ctx)
	report("Dixa", err, organization)
	if clock != nil {
		report("clock", clockError(*clock), fmt.Sprintf("%s from Dixa's", clock.Abs().Round(time.Second)))
	}
	if !ok {
		return errors.New("something needs a look")
	}
	return nil
}

// ask reads the organization, and how far the clocks are apart.
func (c *doctorCmd) ask(ctx context.Context) (organization string, clock *time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	s := &system{}
	defer s.Close()
	config, err := c.config(s)
	if err != nil {
		return "", nil, err
	}
	watch := &dateWatch{next: config.Transport}
	if watch.next == nil {
		watch.next = http.DefaultTransport
	}
	config.Transport = watch
	client, err := dixaclient.New(config)
	if err != nil {
		return "", nil, err
	}
	a, err := dixaclient.GetOrganization.Do(ctx, client, dixaclient.NoArguments{})
	if err == nil && a.Value.ID == "" {
		err = errors.New("what answered is not Dixa: there is no organization in it; check --base-url")
	}
	return fmt.Sprintf("the token opens %s (%s, %s)", a.Value.Name, a.Value.Subdomain, a.Value.Status), watch.ahead, err
}

// dateWatch compares the Date of answers with this machine's clock.
type dateWatch struct {
	next  http.RoundTripper
	ahead *time.Duration
}

// RoundTrip passes a request on.
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

// writable tries to make a file in a folder, which is made when it is missing.
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

// private says when others on this machine have rights to a file that they must not have. Windows has no such modes.
func private(what, path string, others os.FileMode) error {
	if path == "" || runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&others == 0 {
		return nil // one that is not there is reported elsewhere
	}
	return fmt.Errorf("%s has the mode %04o; chmod %04o %s keeps others out", what, info.Mode().Perm(), info.Mode().Perm()&^others, path)
}
