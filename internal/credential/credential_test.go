package credential_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/credential"
)

const secret = "PLANTED-token-0123456789"

func newDir(t *testing.T) credential.Dir {
	return credential.Dir(filepath.Join(t.TempDir(), "config", "dixa-mcp"))
}

func stored(t *testing.T) credential.Dir {
	d := newDir(t)
	require.NoError(t, d.Store(credential.Token{Host: "https://dev.dixa.io", Token: secret, Organization: "Havbris", Verified: time.Unix(0, 0).UTC()}))
	return d
}

func mode(t *testing.T, path string) os.FileMode {
	info, err := os.Lstat(path)
	require.NoError(t, err)
	return info.Mode()
}

func TestStore(t *testing.T) {
	d := stored(t)
	require.Equal(t, os.FileMode(0o600), mode(t, d.TokenPath()))
	require.Equal(t, os.FileMode(0o700)|os.ModeDir, mode(t, string(d)))
	got, err := d.Load()
	require.NoError(t, err)
	require.Equal(t, secret, got.Token)
	require.Equal(t, "https://dev.dixa.io", got.Host)
	entries, err := os.ReadDir(string(d))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no part of a write is left")

	was, err := d.Remove()
	require.NoError(t, err)
	require.True(t, was)
	was, err = d.Remove()
	require.NoError(t, err)
	require.False(t, was)
	_, err = d.Load()
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A link that was put in place of the token's file is replaced, and what it leads to is neither written nor read.
func TestTokenFileIsALink(t *testing.T) {
	d := stored(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	require.NoError(t, os.Rename(d.TokenPath(), elsewhere))
	require.NoError(t, os.Symlink(elsewhere, d.TokenPath()))
	_, err := d.Load()
	require.ErrorContains(t, err, "must be a regular file, not a symbolic link or a directory: it was not read")
	before, err := os.ReadFile(elsewhere)
	require.NoError(t, err)
	require.NoError(t, d.Store(credential.Token{Host: "https://dev.dixa.io", Token: "another"}))
	after, err := os.ReadFile(elsewhere)
	require.NoError(t, err)
	require.Equal(t, before, after)
	got, err := d.Load()
	require.NoError(t, err)
	require.Equal(t, "another", got.Token)
}

func TestTokenFileOthersCanUse(t *testing.T) {
	for _, m := range []os.FileMode{0o640, 0o604, 0o660, 0o644, 0o601} {
		d := stored(t)
		require.NoError(t, os.Chmod(d.TokenPath(), m))
		_, err := d.Load()
		require.ErrorContains(t, err, "others on this machine may use it: it was not read. Run: chmod 0600 ", "%o", m)
		require.NotContains(t, err.Error(), secret)
	}
	for _, m := range []os.FileMode{0o770, 0o702, 0o777} {
		d := stored(t)
		require.NoError(t, os.Chmod(string(d), m))
		_, err := d.Load()
		require.ErrorContains(t, err, "others on this machine can write the directory", "%o", m)
		require.ErrorContains(t, d.Store(credential.Token{Host: "https://dev.dixa.io", Token: "x"}), "others on this machine can write the directory")
	}
	d := newDir(t)
	require.NoError(t, os.MkdirAll(d.TokenPath(), 0o700))
	_, err := d.Load()
	require.ErrorContains(t, err, "must be a regular file")
}

// No part of a file that was cut anywhere passes for a token.
func TestTokenFileIsHalfWritten(t *testing.T) {
	d := stored(t)
	whole, err := os.ReadFile(d.TokenPath())
	require.NoError(t, err)
	for n := range len(whole) - 1 { // the last byte is the line break
		require.NoError(t, os.WriteFile(d.TokenPath(), whole[:n], 0o600))
		got, err := d.Load()
		if n == 0 {
			require.NoError(t, err)
			require.Empty(t, got.Token)
			continue
		}
		if n == len(whole)-1 {
			continue
		}
		require.ErrorContains(t, err, "is damaged or not complete: run dixa-mcp login again", "%q", whole[:n])
		require.NotContains(t, err.Error(), secret)
		_, err = credential.ReadFile(d.TokenPath())
		require.Error(t, err)
	}
}

// A token that a person wrote to the file is for Dixa itself; one in a file that somebody named is for any host.
func TestTokenWrittenByHand(t *testing.T) {
	d := stored(t)
	require.NoError(t, os.WriteFile(d.TokenPath(), []byte(secret+"\n"), 0o600))
	got, err := d.Load()
	require.NoError(t, err)
	require.Equal(t, credential.Token{Host: "https://dev.dixa.io", Token: secret}, got)
	got, err = credential.ReadFile(d.TokenPath())
	require.NoError(t, err)
	require.Equal(t, credential.Token{Token: secret}, got)
	require.NoError(t, got.MayGoTo("https://anything.example", ""))
}

// A stored token goes to the host that it was verified for, however that is written, and to no other.
func TestMayGoTo(t *testing.T) {
	const own, gateway = "https://dev.dixa.io", "https://gw.example:8443"
	for _, c := range []struct {
		host, api, exports string
		ok                 bool
	}{
		{own, "", "", true},
		{own, own, "", true},
		{own, "https://DEV.dixa.io:443/v1/", "https://exports.dixa.io", true},
		{own, "https://dev.dixa.io.evil.example", "", false},
		{own, "https://dev.dixa.io@evil.example", "", false},
		{own, "https://evil.example/dev.dixa.io", "", false},
		{own, "https://evil.example?https://dev.dixa.io", "", false},
		{own, "http://dev.dixa.io", "", false},
		{own, "https://dev.dixa.io:8443", "", false},
		{own, "https://dev.dixa.io.", "", false},
		{own, "", "https://evil.example", false},
		{own, own, own, false},
		{own, "http://127.0.0.1:1", "", false},
		{gateway, gateway, gateway, true},
		{gateway, "https://GW.example:8443/dixa", gateway, true},
		{gateway, "", "", false},
		{gateway, gateway, "", false}, // its Exports API would be Dixa's
		{gateway, gateway, "https://gw.example", false},
		{gateway, "https://gw.example", gateway, false},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000", "http://127.0.0.1:9000", true},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9001", "http://127.0.0.1:9001", false},
		{"damaged", "", "", false},
	} {
		err := credential.Token{Host: c.host, Token: secret}.MayGoTo(c.api, c.exports)
		require.Equal(t, c.ok, err == nil, "%v: %v", c, err)
	}
}

func TestTrust(t *testing.T) {
	d := newDir(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "capabilities.yaml")
	write := func(path, text string) []byte {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return []byte(text)
	}
	one := write(file, "one")
	untrusted := func(path string, content []byte, changed bool) {
		t.Helper()
		var e *credential.UntrustedError
		require.ErrorAs(t, d.Check(path, content), &e)
		require.Equal(t, changed, e.Changed)
	}
	untrusted(file, one, false)
	_, err := d.Trust(file, one)
	require.NoError(t, err)
	require.NoError(t, d.Check(file, one))
	untrusted(file, []byte("two"), true)

	link := filepath.Join(dir, "link.yaml")
	require.NoError(t, os.Symlink(file, link))
	require.NoError(t, d.Check(link, one), "the same file under another name")
	copied := filepath.Join(dir, "copy.yaml")
	untrusted(copied, write(copied, "one"), false)

	inside := filepath.Join(string(d), "sub", "capabilities.yaml")
	require.NoError(t, d.Check(inside, write(inside, "anything")))
	untrusted(filepath.Join(string(d), "..", "x.yaml"), write(filepath.Join(string(d), "..", "x.yaml"), "x"), false)
	beside := string(d) + "-beside/capabilities.yaml"
	untrusted(beside, write(beside, "x"), false)
	leading := filepath.Join(string(d), "leading.yaml")
	require.NoError(t, os.Symlink(copied, leading))
	untrusted(leading, one, false)
	through := filepath.Join(string(d), "through")
	require.NoError(t, os.Symlink(dir, through))
	untrusted(through+"/copy.yaml", one, false)

	was, err := d.Distrust(link)
	require.NoError(t, err)
	require.True(t, was)
	untrusted(file, one, false)
	was, err = d.Distrust(filepath.Join(dir, "never.yaml"))
	require.NoError(t, err)
	require.False(t, was)
	require.ErrorIs(t, d.Check(filepath.Join(dir, "never.yaml"), nil), fs.ErrNotExist)
}

// A list that others could have changed, or that is damaged, trusts nothing.
func TestTrustListOthersCanUse(t *testing.T) {
	d := newDir(t)
	file := filepath.Join(t.TempDir(), "capabilities.yaml")
	require.NoError(t, os.WriteFile(file, []byte("one"), 0o600))
	_, err := d.Trust(file, []byte("one"))
	require.NoError(t, err)
	list := filepath.Join(string(d), "trusted")
	require.Equal(t, os.FileMode(0o600), mode(t, list))
	require.NoError(t, os.Chmod(list, 0o660))
	require.ErrorContains(t, d.Check(file, []byte("one")), "others on this machine may use it")
	require.NoError(t, os.Chmod(list, 0o600))
	require.NoError(t, d.Check(file, []byte("one")))
	whole, err := os.ReadFile(list)
	require.NoError(t, err)
	for n := range len(whole) - 1 {
		require.NoError(t, os.WriteFile(list, whole[:n], 0o600))
		require.Error(t, d.Check(file, []byte("one")), "%q", whole[:n])
	}
	require.NoError(t, os.Remove(list))
	require.NoError(t, os.Symlink(file, list))
	require.False(t, errors.Is(d.Check(file, []byte("one")), fs.ErrNotExist))
	require.Error(t, d.Check(file, []byte("one")))
}
