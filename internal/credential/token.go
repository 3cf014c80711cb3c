// Package credential keeps the Dixa API token that a user stored with dixa-mcp login, and knows which capability files
// may use it. Both are plain files in the user's configuration directory, for this user alone.
package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/atomicfile"
)

// Dir is the user's configuration directory of dixa-mcp, such as ~/.config/dixa-mcp.
type Dir string

// UserDir returns the directory for this operating system: below $XDG_CONFIG_HOME or ~/.config, ~/Library/Application
// Support, or %AppData%.
func UserDir() (Dir, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("the user's configuration directory is not known: %w", err)
	}
	return Dir(filepath.Join(dir, "dixa-mcp")), nil
}

// TokenPath returns the path of the stored token.
func (d Dir) TokenPath() string { return filepath.Join(string(d), "token") }

// Token is a token with the host that it was verified for. The host is empty for a token that a person wrote to the
// file by hand.
type Token struct {
	Host         string    `json:"host"` // scheme, name and port, such as https://dev.dixa.io
	Token        string    `json:"token"`
	Organization string    `json:"organization,omitempty"`
	Verified     time.Time `json:"verified,omitzero"`
}

// largestFile bounds a file of this package, in bytes.
const largestFile = 1 << 20

// Store writes the token for this user alone. The file is written whole or not at all, and replaces what is there, also
// a symbolic link.
func (d Dir) Store(t Token) error {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return d.write(d.TokenPath(), append(text, '\n'))
}

// write replaces a file in one step.
func (d Dir) write(path string, text []byte) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	if err := d.private(); err != nil {
		return err
	}
	return atomicfile.Write(path, text)
}

// Remove deletes the stored token, and tells whether there was one.
func (d Dir) Remove() (bool, error) {
	err := os.Remove(d.TokenPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Load reads the stored token. It refuses a file that others can read, that is a symbolic link, or that lies in a
// directory that others can write. A missing file is [fs.ErrNotExist].
func (d Dir) Load() (Token, error) {
	text, err := d.readPrivate(d.TokenPath())
	if err != nil {
		return Token{}, err
	}
	t, err := parse(text)
	if err != nil {
		return t, fmt.Errorf("%s %w", d.TokenPath(), err)
	}
	if t.Host == "" { // written by hand: Dixa's own is what it can be for
		t.Host = dixaclient.DefaultURL
	}
	return t, nil
}

// ReadFile reads a token from a file that the user named. Such a file may be a symbolic link, as secrets in containers
// are.
func ReadFile(path string) (Token, error) {
	f, err := os.Open(path)
	if err != nil {
		return Token{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestFile))
	if err != nil {
		return Token{}, err
	}
	t, err := parse(text)
	if err != nil {
		return t, fmt.Errorf("%s %w", path, err)
	}
	return t, nil
}

// parse reads what [Dir.Store] wrote, or a token alone.
func parse(text []byte) (Token, error) {
	text = bytes.TrimSpace(text)
	if !bytes.HasPrefix(text, []byte("{")) {
		return Token{Token: string(text)}, nil
	}
	var t Token
	if err := json.Unmarshal(text, &t); err != nil || t.Token == "" || t.Host == "" {
		return Token{}, errors.New("is damaged or not complete: run dixa-mcp login again")
	}
	return t, nil
}

// readPrivate reads a file that is for this user alone.
func (d Dir) readPrivate(path string) ([]byte, error) {
	if err := d.private(); err != nil {
		return nil, err
	}
	there, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of what is read, whatever the path leads to by now
	switch {
	case err != nil:
		return nil, err
	case !there.Mode().IsRegular() || !os.SameFile(there, info):
		return nil, fmt.Errorf("%s must be a regular file, not a symbolic link or a directory: it was not read", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s has the mode %04o, so others on this machine may use it: it was not read. Run: chmod 0600 %s; if others may have read it, make a new token", path, info.Mode().Perm(), path)
	}
	return io.ReadAll(io.LimitReader(f, largestFile))
}

// private refuses a directory that others can write: they could replace what is in it.
func (d Dir) private() error {
	info, err := os.Stat(string(d))
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others on this machine can write the directory %s (mode %04o), so nothing in it was used. Run: chmod go-w %s", d, info.Mode().Perm(), d)
	}
	return nil
}

// MayGoTo refuses addresses of the API and of the Exports API that the token was not verified for. An empty address is
// Dixa's own. The Exports API of Dixa has a host of its own; elsewhere it must be the host of the API.
func (t Token) MayGoTo(api, exports string) error {
	if t.Host == "" {
		return nil
	}
	host, err := Host(t.Host)
	if err != nil {
		return err
	}
	own := host == dixaclient.DefaultURL
	for _, a := range []struct{ flag, address, standard, allowed string }{
		{"--base-url", api, dixaclient.DefaultURL, host},
		{"--exports-url", exports, dixaclient.DefaultExportsURL, host},
	} {
		if a.address == "" {
			a.address = a.standard
		}
		if own && a.flag == "--exports-url" {
			a.allowed = dixaclient.DefaultExportsURL
		}
		to, err := Host(a.address)
		if err != nil {
			return err
		}
		if to != a.allowed {
			return fmt.Errorf("the stored token is for %s, and %s leads to %s: it was not sent. Run dixa-mcp login --base-url URL for that host, or set DIXA_API_TOKEN", t.Host, a.flag, to)
		}
	}
	return nil
}

// Host returns scheme, name and port of an address in one spelling.
func Host(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%q is not an address such as %s", address, dixaclient.DefaultURL)
	}
	host := strings.ToLower(u.Host)
	standard := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(host, standard), nil
}
