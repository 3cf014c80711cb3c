package main

import (
	"maps"
	"slices"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/credential"
)

type trustCmd struct {
	Path     string `arg:"" optional:"" placeholder:"PATH" help:"Capability file; without it, list the trusted files."`
	Remove   bool   `help:"Stop trusting the file."`
	jsonFlag `embed:""`
}

// trustedFile is a capability file that may use the stored token.
type trustedFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Run changes or lists the capability files outside the configuration directory that may use the stored token.
func (c *trustCmd) Run(out *output) error {
	dir, err := credential.UserDir()
	if err != nil {
		return err
	}
	switch {
	case c.Path == "" && c.Remove:
		return usagef("--remove requires the path of a trusted file; dixa-mcp trust lists them")
	case c.Path == "":
		return c.list(dir, out)
	case c.Remove:
		return c.remove(dir, out)
	}
	content, err := readSome(c.Path)
	if err != nil {
		return err
	}
	rules, err := capability.Parse(c.Path, content)
	if err != nil {
		return err
	}
	path, err := dir.Trust(c.Path, content)
	if err != nil {
		return err
	}
	if c.JSON {
		all, err := dir.Trusted()
		if err != nil {
			return err
		}
		return out.json(trustedFile{path, all[path]})
	}
	out.printf("Trusted: %s may use the stored token until its content changes. It has these agents:\n", path)
	rows := [][]string{}
	for _, a := range rules.Agents() {
		rows = append(rows, []string{"  " + a.Name, tally(levels(a)), a.About})
	}
	out.table(rows)
	return nil
}

func (c *trustCmd) list(dir credential.Dir, out *output) error {
	all, err := dir.Trusted()
	if err != nil {
		return err
	}
	files := []trustedFile{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		files = append(files, trustedFile{path, all[path]})
	}
	if c.JSON {
		return out.json(files)
	}
	if len(files) == 0 {
		out.printf("No capability file outside %s is trusted.\n", dir)
	}
	for _, f := range files {
		out.printf("%s  %s\n", f.SHA256, f.Path)
	}
	return nil
}

func (c *trustCmd) remove(dir credential.Dir, out *output) error {
	was, err := dir.Distrust(c.Path)
	if err != nil {
		return err
	}
	if !was {
		return notFoundf("%s is not trusted; nothing was changed", c.Path)
	}
	if c.JSON {
		return out.json(map[string]any{"path": c.Path, "removed": true})
	}
	out.printf("%s can no longer use the stored token.\n", c.Path)
	return nil
}
