package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/telemetry"
)

// admin serves operators, approvers and auditors at the admin port, if there is one. The returned function stops it. link is
// that of the console, "" where there is none to hand out.
func (c *serveCmd) admin(s *system, metrics *telemetry.Metrics, health *admin.Health, demo *demoKeys) (link string, stop func(), err error) {
	if c.Admin == "" {
		return "", func() {}, nil
	}
	address, err := listenAt(c.Admin)
	if err != nil {
		return "", nil, usagef("--admin %w", err)
	}
	if strings.HasPrefix(address, ":") { // this machine only, unless an address is given
		address = "127.0.0.1" + address
	}
	config := admin.Config{Rules: s.inForce, Approvals: s.approvals, Reviewer: s.gate, Sender: s.gate, Freezes: s.freezes, Audit: s.log, Metrics: metrics.Handler(), Hosts: c.adminHosts(), Log: slog.Default(), Failed: metrics.AuthenticationFailed(telemetry.AdminPort), Key: demo.admin()}
	if err := c.adminKeys(address, &config); err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("--admin: %w", err)
	}
	at := "http://" + l.Addr().String()
	if c.AdminTLS {
		cert, err := newCertificate(c.TLSCert, c.TLSKey)
		if err != nil {
			return "", nil, errors.Join(err, l.Close())
		}
		l, at = tls.NewListener(l, cert.config()), "https://"+l.Addr().String()
	}
	at = reachable(at)
	if onThisMachine(address) || c.AdminTLS || c.BehindProxy {
		config.Invalid = web.NewFailures(time.Now)
		login, err := c.login(s)
		if err != nil {
			return "", nil, errors.Join(err, l.Close())
		}
		pages := c.pages(s, config, health, demo, login)
		config.Console, link = pages, at+pages.Link()
	} else {
		slog.Info("the console is not served: it needs --admin-tls, --behind-proxy, or an --admin address of this machine", "admin", address)
	}
	stop = serveAdmin(l, admin.New(config))
	slog.Info("serving operators and approvers", "url", at, "console", config.Console != nil)
	return link, stop, nil
}

// adminHosts returns the names by which the admin port is called.
func (c *serveCmd) adminHosts() []string {
	hosts := listed(c.AllowedHosts)
	if u, err := url.Parse(c.ConsoleURL); err == nil && u.Hostname() != "" {
		hosts = append(hosts, strings.ToLower(u.Hostname()))
	}
	return hosts
}

// adminKeys reads the keys of the admin port.
func (c *serveCmd) adminKeys(address string, config *admin.Config) (err error) {
	switch {
	case c.AdminKeyFile != "":
		if config.Key, err = admin.ReadKey("admin", c.AdminKeyFile); err != nil {
			return fmt.Errorf("--admin-key-file: %w", err)
		}
	case !onThisMachine(address):
		return usagef("--admin %s can be reached from other machines and requires --admin-key-file; make a key with dixa-mcp key new --admin", c.Admin)
	}
	if c.MetricsKeyFile != "" {
		if config.Scrape, err = admin.ReadKey("metrics", c.MetricsKeyFile); err != nil {
			return fmt.Errorf("--metrics-key-file: %w", err)
		}
	}
	return nil
}

// pages returns the console of the admin port.
func (c *serveCmd) pages(s *system, port admin.Config, health *admin.Health, demo *demoKeys, login *signin.Login) *console.Console {
	config := c.console(s)
	config.Operator, config.Health, config.Invalid, config.Failed = port.Key, health, port.Invalid, port.Failed
	config.Demo, config.Explain = demo.deciding(), explaining(s, func() error { return nil })
	if login != nil {
		config.Login, config.HTTPS = login, strings.HasPrefix(c.ConsoleURL, "https://")
	}
	if c.TLSCert != "" {
		of, checks := config.Checks, c.certificate
		config.Checks = func(ctx context.Context) []console.Check { return append(of(ctx), checks()) }
	}
	return console.New(config)
}

// certificate returns the check of the server's certificate.
func (c *serveCmd) certificate() console.Check {
	cert, err := newCertificate(c.TLSCert, c.TLSKey)
	if err != nil {
		return console.Check{What: "Certificate", Says: err.Error()}
	}
	leaf, err := x509.ParseCertificate(cert.loaded.Certificate[0])
	if err != nil {
		return console.Check{What: "Certificate", Says: err.Error()}
	}
	return console.Certificate("Certificate", leaf.NotAfter, time.Now())
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
