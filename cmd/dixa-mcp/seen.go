package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// tellNewTools logs the tools that are new since a server last started with this capability file, unless the file names a
// release under tools. An unusable state directory does not prevent the start.
func (f *dixaFlags) tellNewTools(rules *capability.Rules) {
	dir, err := f.stateDir()
	if err == nil {
		var added []string
		added, err = newTools(dir, cmp.Or(f.path(), builtIn), tools.Names())
		if len(added) > 0 && rules.Release() == "" {
			slog.Warn("this version has tools that this capability file was never served with, and its levels cover them; to limit levels to a release, set tools in the file",
				"new", strings.Join(added, ", "), "granted", strings.Join(grantedOf(rules, added), ", "), "capabilities", rules.Name())
		}
	}
	if err != nil {
		slog.Warn("could not find out which tools are new since the capability file was last served", "error", err)
	}
}

// newTools returns the tools that did not exist when a file was last served, and stores those that exist now. For a file
// that was never served, it returns none.
func newTools(state, path string, now []string) (added []string, err error) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	sum := sha256.Sum256([]byte(path))
	dir := filepath.Join(state, "tools-seen")
	file := filepath.Join(dir, hex.EncodeToString(sum[:16]))
	data, err := readSome(file)
	switch {
	case err == nil:
		seen := strings.Fields(string(data))
		added = slices.DeleteFunc(slices.Clone(now), func(name string) bool { return slices.Contains(seen, name) })
		if len(added) == 0 && len(seen) == len(now) {
			return nil, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return added, err
	}
	return added, atomicfile.Write(file, []byte(strings.Join(now, "\n")+"\n"))
}

// grantedOf returns those of the tools that at least one agent has.
func grantedOf(rules *capability.Rules, names []string) (granted []string) {
	for _, name := range names {
		if slices.ContainsFunc(rules.Agents(), func(a *capability.Agent) bool { return a.Operation(name).Allowed }) {
			granted = append(granted, name)
		}
	}
	return granted
}
