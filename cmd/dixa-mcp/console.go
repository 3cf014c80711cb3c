package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/records"
)

type consoleCmd struct {
	Listen       string `default:"127.0.0.1:0" placeholder:"ADDRESS" env:"DIXA_MCP_CONSOLE" help:"Address of the console, on this machine; by default a free port."`
	AdminKeyFile string `placeholder:"FILE" env:"DIXA_MCP_ADMIN_KEY_FILE" help:"File with the admin key, with which the operator signs in to freeze agents."`
	Open         bool   `help:"Open the console in the browser."`
	dixaFlags    `embed:""`
}

// Run serves the console on this machine until the process receives a stop signal.
func (c *consoleCmd) Run(ctx context.Context, out *output) error {
	address, err := listenAt(c.Listen)
	if err != nil {
		return usagef("--listen %w", err)
	}
	if !onThisMachine(address) {
		return usagef("--listen must be an address of this machine such as 127.0.0.1:8090, not %s: for others, serve the console at the admin port (docs/console.md)", c.Listen)
	}
	var key *admin.Key
	if c.AdminKeyFile != "" {
		if key, err = admin.ReadKey("admin", c.AdminKeyFile); err != nil {
			return fmt.Errorf("--admin-key-file: %w", err)
		}
	}
	s, needed, err := c.explainer(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	config := c.console(s)
	config.Operator, config.Explain = key, explaining(s, needed)
	pages := console.New(config)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	stop := serveAdmin(l, admin.New(admin.Config{Rules: s.inForce, Console: pages, Log: slog.Default()}))
	defer stop()
	defer c.watch(ctx, s.gate, slog.Default())()
	link := "http://" + l.Addr().String() + pages.Link()
	out.printf("The console is at http://%s. Press ctrl-C to stop it.\nThis link opens it once, within an hour, to look at. To decide, sign in with a key.\n\n  %s\n", l.Addr(), link)
	if out.err != nil {
		return out.err // the link cannot be opened
	}
	if c.Open {
		if err := openBrowser(ctx, link); err != nil {
			slog.Warn("no browser could be opened: open the link yourself", "error", err)
		}
	}
	<-ctx.Done()
	return nil
}

// console returns what the console shows of a system.
func (f *dixaFlags) console(s *system) console.Config {
	config := console.Config{Rules: s.inForce, Approvals: s.approvals, Freezes: s.freezes, Audit: s.log, Log: slog.Default(), Checks: f.checks(s)}
	health := admin.HealthConfig{Client: s.client, Rules: s.inForce, Sharing: s.sharing()}
	if s.token.from == "" {
		health.Client = nil
	} else {
		config.Reviewer, config.Sender, config.Sent = s.gate, s.gate, s.gate
	}
	config.Health = admin.NewHealth(health)
	config.Records, config.HashKey, config.Rate = records.Open(s.log.Dir()), s.recordKey, f.Rate
	config.Verify = func() (audit.Report, error) { return audit.Verify(s.log.Dir()) }
	s.close = append(s.close, func() {
		if err := config.Records.Close(); err != nil {
			slog.Error("the index of records could not be closed", "error", err)
		}
	})
	return config
}

// sharing returns whether limits are shared, nil if no Redis is.
func (s *system) sharing() func() (bool, int, time.Time) {
	if s.group == nil {
		return nil
	}
	return func() (bool, int, time.Time) { st := s.group.State(); return st.Shared, st.Replicas, st.Since }
}

// checks returns what the page of health shows besides what /readyz says.
func (f *dixaFlags) checks(s *system) func(context.Context) []console.Check {
	return func(ctx context.Context) []console.Check {
		check := func(what string, err error, good string) console.Check {
			if err != nil {
				return console.Check{What: what, Says: err.Error()}
			}
			return console.Check{What: what, OK: true, Says: good}
		}
		all := []console.Check{{What: "Dixa's limit", OK: true, Says: fmt.Sprintf("%d calls wait; at most %v requests a second are sent", s.client.Waiting(), f.Rate)}}
		dir, err := f.auditDir()
		if err == nil {
			err = writable(dir)
		}
		all = append(all, check("Records", err, "records "+head(s.log)+", in "+dir))
		_, err = s.freezes.List(ctx)
		all = append(all, check("Freezes", err, "can be read"))
		_, err = s.approvals.List(ctx)
		all = append(all, check("Approvals", err, "can be read"))
		return append(all, check("File modes", f.modes(), "no other user can change the rules or read the token"))
	}
}

// explaining returns how the console explains a call: as dixa-mcp explain does.
func explaining(s *system, needed func() error) func(context.Context, gate.Request) (gate.Explanation, error) {
	var one sync.Mutex // needed is about one call
	return func(ctx context.Context, r gate.Request) (gate.Explanation, error) {
		one.Lock()
		defer one.Unlock()
		e := s.gate.Explain(ctx, r)
		return e, needed()
	}
}

// openBrowser opens an address in the user's browser.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	return exec.CommandContext(ctx, name, args...).Run()
}

// serveAdmin serves a handler of the admin port. The returned function stops it.
func serveAdmin(l net.Listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the admin port ended", "error", err)
		}
	}()
	return func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(grace) // requests that are still running are cut off
		_ = server.Close()
		<-done
	}
}
