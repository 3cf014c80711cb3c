package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
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

// A renewed certificate is used without a restart; one that is broken leaves the old one.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	c, err := newCertificate(certify(t, dir, "first"))
	require.NoError(t, err)
	served := func() string {
		t.Helper()
		c.looked = time.Time{} // the pause between looks is over
		got, err := c.get(nil)
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		require.NoError(t, err)
		return leaf.Subject.CommonName
	}
	change := func(at time.Time) { require.NoError(t, os.Chtimes(filepath.Join(dir, "tls.crt"), at, at)) }
	require.Equal(t, "first", served())
	certify(t, dir, "second")
	change(time.Now().Add(time.Minute))
	require.Equal(t, "second", served())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tls.crt"), []byte("half a cert"), 0o600))
	change(time.Now().Add(2 * time.Minute))
	require.Equal(t, "second", served())
	certify(t, dir, "third")
	change(time.Now().Add(3 * time.Minute))
	require.Equal(t, "third", served())
	require.EqualValues(t, tls.VersionTLS12, c.config().MinVersion)
}
