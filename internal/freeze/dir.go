package freeze

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"dixa-mcp/internal/base/atomicfile"
)

// Dir is a store in the directory at that path, with one file a freeze.
type Dir string

var _ Store = Dir("")

// unreadable is the reason of a freeze that cannot be read.
const unreadable = "the freeze in the state directory cannot be read"

// Frozen implements [Store]. A freeze that cannot be read, or a directory that others could have changed, stops every
// agent: a freeze may have been removed.
func (d Dir) Frozen(agent string) (reason string, frozen bool) {
	switch there, err := d.safe(); {
	case err != nil:
		return err.Error(), true
	case !there:
		return "", false // nothing was ever frozen, which is the usual case
	}
	for _, name := range []string{Everyone, agent} {
		if found, ok := d.read(name); ok {
			return found.Reason, true
		}
	}
	return "", false
}

// safe reports whether the directory exists. It refuses a symbolic link, and a directory in which others could remove
// or make freezes.
func (d Dir) safe() (there bool, err error) {
	info, err := os.Lstat(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return true, fmt.Errorf("the directory of freezes cannot be read: %w", err)
	case !info.IsDir():
		return true, errors.New("the directory of freezes is not a directory, or is a link: replace it by a directory, which only this user may write to")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0: // Windows has no such bits
		return true, fmt.Errorf("others may write to the directory of freezes (mode %04o), and could have removed one: look at it, then run chmod 700 on it", info.Mode().Perm())
	}
	return true, nil
}

// Check returns why the directory stops all agents: others could have changed it.
func (d Dir) Check() error {
	_, err := d.safe()
	return err
}

// read returns the freeze of a name. It is false only if there certainly is none; a link is a freeze, wherever it
// leads.
func (d Dir) read(name string) (Freeze, bool) {
	info, err := os.Lstat(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Freeze{}, false
	}
	if err != nil || !info.Mode().IsRegular() {
		return Freeze{Reason: unreadable}, true
	}
	b, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) { // it was taken away meanwhile
		return Freeze{}, false
	}
	var found Freeze
	if err == nil {
		err = json.Unmarshal(b, &found)
	}
	if err != nil {
		return Freeze{Reason: unreadable}, true
	}
	return found, true
}

func (d Dir) path(name string) string { return filepath.Join(string(d), name+suffix) }

const suffix = ".json"

// Set implements [Store]: the freeze is written whole or not at all.
func (d Dir) Set(_ context.Context, name string, m Freeze) error {
	if !ValidName(name) {
		return fmt.Errorf("%.80q is not the name of an agent", name)
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return atomicfile.Write(d.path(name), b)
}

// Remove implements [Store].
func (d Dir) Remove(_ context.Context, name string) (bool, error) {
	if !ValidName(name) {
		return false, fmt.Errorf("%.80q is not the name of an agent", name)
	}
	err := os.Remove(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// List implements [Store].
func (d Dir) List(context.Context) (map[string]Freeze, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Freeze{}, nil
	}
	frozen := map[string]Freeze{}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || !ValidName(name) {
			continue
		}
		if found, ok := d.read(name); ok {
			frozen[name] = found
		}
	}
	return frozen, err
}
