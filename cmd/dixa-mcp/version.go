package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/alecthomas/kong"
)

type versionCmd struct {
	jsonFlag `embed:""`
}

// Run prints the version, and the Go version and platform it was built for. As JSON it adds the commit that it was built from.
func (c *versionCmd) Run(out *output) error {
	if c.JSON {
		return out.json(struct {
			Version string `json:"version"`
			Go      string `json:"go"`
			OS      string `json:"os"`
			Arch    string `json:"arch"`
			source
		}{version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, builtFrom()})
	}
	out.printf("dixa-mcp %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// source is the commit that the program was built from, as Go recorded it. Without a record, as in a build of an unpacked
// archive, all of it is left out.
type source struct {
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`     // of the commit, in RFC 3339
	Modified *bool  `json:"modified,omitempty"` // whether files differed from the commit
}

// builtFrom returns the commit that the program was built from.
func builtFrom() source {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return source{}
	}
	return sourceOf(info.Settings)
}

// sourceOf returns the commit that a build's settings name.
func sourceOf(settings []debug.BuildSetting) (s source) {
	for _, setting := range settings {
		switch setting.Key {
		case "vcs.revision":
			s.Revision = setting.Value
		case "vcs.time":
			s.Time = setting.Value
		case "vcs.modified":
			if modified, err := strconv.ParseBool(setting.Value); err == nil {
				s.Modified = &modified
			}
		}
	}
	return s
}

// versionFlag prints the version and ends the program.
type versionFlag bool

// BeforeReset prints the version if the flag is given, before anything is checked.
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
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision := sourceOf(info.Settings).Revision
	return cmp.Or(revision[:min(12, len(revision))], "devel")
}
