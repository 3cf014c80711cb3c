package replicas

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// endpoint says where a server is, and what a connection to it begins with.
type endpoint struct {
	network, addr  string
	user, password string
	db             int
	tls            *tls.Config // nil for none
}

// parse reads an address. No error contains anything of it.
func parse(address string) (s endpoint, err error) {
	bad := errors.New("the address of the Redis cannot be read: it must look like redis://user:password@host:6379, or rediss:// with TLS")
	u, err := url.Parse(address)
	if err != nil {
		return s, bad
	}
	query, db := u.Query(), ""
	switch u.Scheme {
	case "redis", "rediss":
		host, port := u.Hostname(), u.Port()
		if host == "" {
			host = "localhost"
		}
		if port == "" {
			port = "6379"
		}
		s.network, s.addr, db = "tcp", net.JoinHostPort(host, port), strings.Trim(u.Path, "/")
		if u.Scheme == "rediss" {
			s.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
		}
	case "unix":
		s.network, s.addr = "unix", u.Path
	}
	if query.Has("db") {
		db = query.Get("db")
		query.Del("db")
	}
	if db != "" {
		s.db, err = strconv.Atoi(db)
	}
	if err != nil || s.addr == "" || len(query) > 0 {
		return s, bad
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	return s, nil
}

// dial connects to the server, or to another node of its cluster.
func (s endpoint) dial(ctx context.Context, addr string) (*conn, error) {
	dial := (&net.Dialer{}).DialContext
	if s.tls != nil {
		dial = (&tls.Dialer{Config: s.tls}).DialContext
	}
	c, err := dial(ctx, s.network, addr)
	if err != nil {
		return nil, err
	}
	k := &conn{Conn: redis.NewConn(c, 0, 0), net: c, addr: addr, used: time.Now()}
	var first []command
	if s.password != "" {
		first = append(first, command{"AUTH", []any{s.password}})
		if s.user != "" {
			first[0].args = []any{s.user, s.password}
		}
	}
	if s.db != 0 {
		first = append(first, command{"SELECT", []any{s.db}})
	}
	if _, err := k.send(ctx, first...); err != nil {
		_ = k.Close()
		return nil, err
	}
	return k, nil
}

// dial connects to the server at an address, and finds out whether it is part of a cluster, in which all keys have this prefix.
// No error contains the password, or anything of an address that cannot be parsed.
func dial(ctx context.Context, address, prefix string) (*client, error) {
	s, err := parse(address)
	if err != nil {
		return nil, err
	}
	c := newClient(s)
	info, err := redis.String(c.do(ctx, "INFO", "cluster"))
	if err != nil {
		c.Close()
		return nil, unusable(s.addr, err)
	}
	if strings.Contains(info, "cluster_enabled:1") {
		c.drop(c.epoch)
		c.cluster = &cluster{key: prefix, nodes: []string{s.addr}}
	}
	return c, nil
}

func unusable(addr string, err error) error {
	return fmt.Errorf("the Redis at %s cannot be used: %s. Check --redis, that the server runs, and that it accepts this user and password", addr, plain(err))
}

// plain returns the text of an error in one line. Errors of requests contain addresses, never passwords.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
