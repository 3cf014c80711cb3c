package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

type versionCmd struct {
	jsonFlag `embed:""`
}

// Run prints the version, and the Go version and platform it was built for.
func (c *versionCmd) Run(out *output) error {
	if c.JSON {
		return out.json(map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
	}
	out.printf("dixa-mcp %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// versionFlag prints the version and ends the program.
type versionFlag bool

// BeforeReset is called if the flag is given, before anything is checked.
func (versionFlag) BeforeReset(k *kong.Kong, out *output) error {
	err := (&versionCmd{}).Run(out)
	k.Exit(exitDone)
	return err
}

// release is set by the linker for a release.
var release string

// version returns the release, or what Go knows about the source.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value[:min(12, len(s.Value))]
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return cmp.Or(revision, "devel")
}
