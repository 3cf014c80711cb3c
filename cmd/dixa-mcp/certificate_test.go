package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certify writes a certificate for this machine under a name, and its key.
func certify(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// A renewed certificate is used one second later without a restart, even if the files have the same size and time. If the
// files are invalid, the previous certificate stays in use.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	crt, key := certify(t, dir, "first")
	c, err := newCertificate(crt, key)
	require.NoError(t, err)
	now := c.looked // the clock of the test goes on from here
	c.now = func() time.Time { return now }
	served := func() string {
		t.Helper()
		got, err := c.get(nil)
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		require.NoError(t, err)
		return leaf.Subject.CommonName
	}
	past := now.Add(-time.Hour)
	aged := func() { // nothing but the content tells that a file was changed
		require.NoError(t, os.Chtimes(crt, past, past))
		require.NoError(t, os.Chtimes(key, past, past))
	}
	aged()
	require.Equal(t, "first", served())
	renewed := func(name string) {
		t.Helper()
		before := served()
		certify(t, dir, name)
		aged()
		now = now.Add(readAgain - time.Millisecond)
		require.Equal(t, before, served(), "the files are read once a second")
		now = now.Add(time.Millisecond)
		require.Equal(t, name, served())
	}
	renewed("other")
	refused := func(path string, data []byte) {
		t.Helper()
		before := served()
		require.NoError(t, os.WriteFile(path, data, 0o600))
		aged()
		now = now.Add(readAgain)
		require.Equal(t, before, served())
	}
	good, err := os.ReadFile(crt)
	require.NoError(t, err)
	refused(crt, good[:len(good)/2])
	refused(crt, nil)
	refused(crt, []byte("half a cert"))
	renewed("third")

	// The key is written after the certificate: both are used once they belong together.
	otherCrt, otherKey := certify(t, t.TempDir(), "fourth")
	data, err := os.ReadFile(otherCrt)
	require.NoError(t, err)
	refused(crt, data)
	data, err = os.ReadFile(otherKey)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, data, 0o600))
	aged()
	now = now.Add(readAgain)
	require.Equal(t, "fourth", served())

	require.NoError(t, os.Remove(key))
	require.NoError(t, os.Mkdir(key, 0o700))
	now = now.Add(readAgain)
	require.Equal(t, "fourth", served())
	require.NoError(t, os.Remove(key))
	renewed("fifth")
	require.EqualValues(t, tls.VersionTLS12, c.config().MinVersion)
}

// Invalid files are logged once, not once a second.
func TestCertificateThatCannotBeUsedIsLoggedOnce(t *testing.T) {
	crt, key := certify(t, t.TempDir(), "first")
	c, err := newCertificate(crt, key)
	require.NoError(t, err)
	now := c.looked // the clock of the test goes on from here
	c.now = func() time.Time { return now }
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, os.WriteFile(crt, []byte("half a cert"), 0o600))
	for range 5 {
		now = now.Add(readAgain)
		_, err := c.get(nil)
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "the changed certificate is invalid"))
}
