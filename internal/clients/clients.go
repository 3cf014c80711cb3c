// Package clients describes the MCP clients that this program can be connected to: where each keeps its configuration and in
// which form, how a key is given, and what the client can and cannot do.
package clients

import (
	"path/filepath"
	"slices"
	"strings"
)

// Entry is the name of this program's entry in the configuration of a client.
const Entry = "dixa"

// Placeholder stands where a client has no way to read a key from elsewhere. A value that a person put in its place is kept.
const Placeholder = "(the agent's key)"

// Variable is the environment variable from which a client reads the key of an agent.
const Variable = "DIXA_MCP_KEY"

// Format is the form of a configuration file.
type Format string

// The formats of configuration files. JSON may have comments and trailing commas.
const (
	JSON Format = "json"
	TOML Format = "toml"
	YAML Format = "yaml"
)

// Answer says whether a client can do something.
type Answer string

// The answers. Unknown means that neither documentation nor an observation says it.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "not documented"
)

// Fact is something that is known about a client, and the kind of its source: documented by its maker, reported in its
// issue tracker, or observed with the version that the text names.
type Fact struct{ Text, Source string }

// Client is a program that people use to talk to a model, and that connects to MCP servers.
type Client struct {
	Name, Title string
	Format      Format            // "" for a client without a file or snippet
	Path        []string          // keys that lead to the entries of servers
	NewPath     []string          // the same in a newer form of the file; used if the file has it
	Files       map[string]string // by operating system, "" for the others; ~, $APPDATA and $CODEX_HOME are filled in
	Also        []string          // other names of the file, used if there is one
	Project     bool              // the file belongs to a project: it is relative to the working directory, and others read it
	Where       string            // where to paste the snippet, for a client whose file this program does not write

	Stdio  *Stdio  // nil for a client that starts no programs
	Remote *Remote // nil for a client that cannot send a key to an address

	OAuth  Answer // whether it signs in at a server
	Asks   Answer // whether it can ask its user (elicitation)
	Source string // kind of the source of Asks
	Limits string
	Facts  []Fact
}

// Stdio is the shape of an entry that starts a program.
type Stdio struct {
	Before             Object // fields in front of the others
	Command, Args, Env string // names of the fields; without Args, Command is a list that begins with the command
	After              Object
	Prompts            bool // the client asks for the token and keeps it
}

// Remote is the shape of an entry for an address.
type Remote struct {
	Before  Object
	URL     string // name of the field
	Headers string // name of the field with the headers, or "" if Token is used
	Value   string // value of the header Authorization
	Token   string // name of the field with the name of the variable that holds the key
	After   Object
	Bridge  bool // the client only starts programs: mcp-remote connects
	Prompts bool // the client asks for the key and keeps it
}

// All lists the clients, those first that config can write for.
func All() []Client { return slices.Clone(table) }

// Configurable lists the clients for which config makes something.
func Configurable() []Client {
	return slices.DeleteFunc(All(), func(c Client) bool { return c.Stdio == nil && c.Remote == nil })
}

// ByName returns a client for which config makes something.
func ByName(name string) (Client, bool) {
	all := Configurable()
	i := slices.IndexFunc(all, func(c Client) bool { return c.Name == name })
	if i < 0 {
		return Client{}, false
	}
	return all[i], true
}

// Silent returns the titles of the clients that cannot ask their user.
func Silent() []string {
	var titles []string
	for _, c := range table {
		if c.Asks == No {
			titles = append(titles, c.Title)
		}
	}
	return titles
}

// System is what decides where a client's file is.
type System struct {
	OS     string // such as linux, as in runtime.GOOS
	Home   string
	Getenv func(string) string
	Exists func(string) bool
}

// File returns the path of the file that the client reads, or "" if this program does not write one for it.
func (c Client) File(s System) string {
	path, ok := c.Files[s.OS]
	if !ok {
		path = c.Files[""]
	}
	if path == "" {
		return ""
	}
	path = s.expand(path)
	for _, name := range c.Also {
		if other := filepath.Join(filepath.Dir(path), name); s.Exists(other) {
			return other
		}
	}
	return path
}

// expand fills in the directories of a system.
func (s System) expand(path string) string {
	for _, d := range []struct{ mark, variable, otherwise string }{
		{"$APPDATA", "APPDATA", "~/AppData/Roaming"},
		{"$XDG_CONFIG_HOME", "XDG_CONFIG_HOME", "~/.config"},
		{"$CODEX_HOME", "CODEX_HOME", "~/.codex"},
	} {
		if rest, ok := strings.CutPrefix(path, d.mark); ok {
			dir := s.Getenv(d.variable)
			if dir == "" {
				dir = d.otherwise
			}
			path = dir + rest
		}
	}
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		path = s.Home + rest
	}
	return filepath.FromSlash(path)
}
