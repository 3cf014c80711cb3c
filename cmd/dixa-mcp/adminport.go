package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/telemetry"
)

// serveAdmin serves operators and approvers at the admin port, if there is one. The returned function stops it.
func (c *serveCmd) serveAdmin(s *system, metrics *telemetry.Metrics) (stop func(), err error) {
	if c.Admin == "" {
		return func() {}, nil
	}
	address, err := listenAt(c.Admin)
	if err != nil {
		return nil, usagef("--admin %w", err)
	}
	if strings.HasPrefix(address, ":") { // this machine only, unless an address is given
		address = "127.0.0.1" + address
	}
	config := admin.Config{Rules: s.inForce, Approvals: s.approvals, Reviewer: s.gate, Freezes: s.freezes, Audit: s.log, Metrics: metrics.Handler(), Hosts: listed(c.AllowedHosts), Log: slog.Default(), Failed: metrics.AuthenticationFailed(telemetry.AdminPort)}
	switch {
	case c.AdminKeyFile != "":
		if config.Key, err = admin.ReadKey("admin", c.AdminKeyFile); err != nil {
			return nil, fmt.Errorf("--admin-key-file: %w", err)
		}
	case !onThisMachine(address):
		return nil, usagef("--admin %s can be reached from other machines and requires --admin-key-file; make a key with dixa-mcp key new --admin", c.Admin)
	}
	if c.MetricsKeyFile != "" {
		if config.Scrape, err = admin.ReadKey("metrics", c.MetricsKeyFile); err != nil {
			return nil, fmt.Errorf("--metrics-key-file: %w", err)
		}
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--admin: %w", err)
	}
	server := &http.Server{Handler: admin.New(config), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the admin port ended", "error", err)
		}
	}()
	slog.Info("serving operators and approvers", "url", reachable("http://"+l.Addr().String()))
	return func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(grace) // requests that are still running are cut off
		_ = server.Close()
		<-done
	}, nil
}

// listenAt returns the address to listen at. A port alone can be reached from this machine only.
func listenAt(address string) (string, error) {
	if _, err := strconv.ParseUint(address, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", address), nil
	}
	_, port, err := net.SplitHostPort(address)
	if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || strings.Contains(address, "/") || wrong != nil && (n != 0 || !name(port)) {
		return "", fmt.Errorf("must be an address to listen at such as 127.0.0.1:8080, not %q", address)
	}
	return address, nil
}

// name reports whether a port is the name of a service, such as http.
func name(port string) bool { return port != "" && strings.Trim(port, "0123456789") == port }

// reachable returns the URL under which a listener can be reached: for one that listens at all addresses, that of this
// machine.
func reachable(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}

// onThisMachine reports whether only this machine can reach an address to listen at.
func onThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && address.IsLoopback(host)
}
