package credential

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// trustPath returns the path of the list of trusted capability files: a SHA-256 and a path each line, as sha256sum
// writes them.
func (d Dir) trustPath() string { return filepath.Join(string(d), "trusted") }

// UntrustedError says that a capability file may not use the stored token.
type UntrustedError struct {
	Path    string
	Changed bool // since it was trusted
}

// Error says what to do.
func (e *UntrustedError) Error() string {
	why := "lies outside the configuration directory and is not trusted"
	if e.Changed {
		why = "was changed since it was trusted"
	}
	return fmt.Sprintf("the capability file %s %s, so it may not use the stored token. Read it, then run: dixa-mcp trust %s", e.Path, why, e.Path)
}

// Check refuses a capability file with this content, unless it lies in the configuration directory or was trusted with
// exactly this content.
func (d Dir) Check(path string, content []byte) error {
	real, err := resolve(path)
	if err != nil {
		return err
	}
	if home, err := resolve(string(d)); err == nil && strings.HasPrefix(real, home+string(filepath.Separator)) {
		return nil
	}
	all, err := d.Trusted()
	if err != nil {
		return err
	}
	was, known := all[real]
	if !known || was != sum(content) {
		return &UntrustedError{real, known}
	}
	return nil
}

// Trust lets a capability file with this content use the stored token. It returns the path that is trusted.
func (d Dir) Trust(path string, content []byte) (string, error) {
	real, err := resolve(path)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(real, "\n\r") {
		return "", fmt.Errorf("the path %q has a line break and cannot be trusted", real)
	}
	all, err := d.Trusted()
	if err != nil {
		return "", err
	}
	all[real] = sum(content)
	return real, d.writeTrusted(all)
}

// Distrust takes a file off the list, and tells whether it was there. The file itself need not exist any more.
func (d Dir) Distrust(path string) (bool, error) {
	real, err := resolve(path)
	if err != nil {
		if real, err = filepath.Abs(path); err != nil {
			return false, err
		}
	}
	all, err := d.Trusted()
	if err != nil {
		return false, err
	}
	if _, ok := all[real]; !ok {
		return false, nil
	}
	delete(all, real)
	return true, d.writeTrusted(all)
}

// Trusted returns the trusted files, each with the SHA-256 of its content.
func (d Dir) Trusted() (map[string]string, error) {
	all := map[string]string{}
	text, err := d.readPrivate(d.trustPath())
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		digest, path, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("%s is damaged: remove it, and trust the files again", d.trustPath())
		}
		all[path] = digest
	}
	return all, lines.Err()
}

func (d Dir) writeTrusted(all map[string]string) error {
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s  %s\n", all[path], path)
	}
	return d.write(d.trustPath(), []byte(text.String()))
}

// resolve returns the path of the file itself, behind all symbolic links.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}
