package main

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate serves the certificate in two files, which are read again each second, so that renewing it needs no restart.
type certificate struct {
	cert, key string
	now       func() time.Time

	mu     sync.Mutex
	loaded *tls.Certificate
	seen   string    // what was read last: digests, or why it could not be read
	looked time.Time // when that was
}

func newCertificate(cert, key string) (*certificate, error) {
	c := &certificate{cert: cert, key: key, now: time.Now}
	if err := c.look(); err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return c, nil
}

// look reads the files, and loads them if their contents have changed. It compares contents, because a renewed certificate
// can have the size and the time of the previous one.
func (c *certificate) look() error {
	c.looked = c.now()
	cert, err := readRegular(c.cert)
	var key []byte
	if err == nil {
		key, err = readRegular(c.key)
	}
	seen := fmt.Sprint(sha256.Sum256(cert), sha256.Sum256(key), err)
	if seen == c.seen {
		return nil
	}
	c.seen = seen
	if err != nil {
		return err
	}
	loaded, err := tls.X509KeyPair(cert, key)
	if err == nil {
		c.loaded = &loaded
	}
	return err
}

// readRegular reads a regular file. Reading anything else, such as a pipe, could block forever.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return os.ReadFile(path)
}

// get returns the certificate for a handshake. Invalid files leave the previous certificate in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.looked) >= readAgain {
		if err := c.look(); err != nil {
			slog.Error("the changed certificate is invalid; the previous one stays in use", "error", err)
		}
	}
	return c.loaded, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
}
