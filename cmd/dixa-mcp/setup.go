package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/credential"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/sharedstate"
)

// fileFlag names the capability file.
type fileFlag struct {
	Capabilities string `placeholder:"FILE" env:"DIXA_MCP_CAPABILITIES" help:"Capability file, by default capabilities.yaml in the user's configuration directory (dixa-mcp), then the built-in one."`

	// trust refuses a file that may not use the token of this run; nil if every file may.
	trust func(path string, content []byte) error
}

// path returns the path of the capability file: that of the flag, or the default in the user's configuration directory.
func (f fileFlag) path() string {
	if f.Capabilities != "" {
		return f.Capabilities
	}
	return defaultPath()
}

// defaultPath returns the path of the capability file without a flag, or "" if the user's configuration directory is not
// known.
func defaultPath() string {
	dir, err := credential.UserDir()
	if err != nil {
		return ""
	}
	return filepath.Join(string(dir), "capabilities.yaml")
}

// load reads the capability file that is in force, and returns its path, or [builtIn].
func (f fileFlag) load() (rules *capability.Rules, where string, err error) {
	return f.loadFor(dixaclient.V1)
}

// loadFor does the same for agents that use a version of Dixa's API.
func (f fileFlag) loadFor(version dixaclient.Version) (rules *capability.Rules, where string, err error) {
	path, data, err := f.read()
	if err != nil {
		return nil, path, err
	}
	where = cmp.Or(path, builtIn)
	rules, err = f.parse(version, path, data)
	return rules, where, err
}

// What the built-in capability file is called, alone and with the number of a line. Neither is the name of a file, so that nobody
// looks for the line in a capabilities.yaml that is not in force.
const (
	builtIn     = "the built-in capability file"
	builtInName = "built-in capabilities.yaml"
)

// read returns the path and the bytes of the capability file that is in force; the path of the built-in one is "".
func (f fileFlag) read() (path string, data []byte, err error) {
	if path := f.path(); path != "" {
		data, err := capability.Read(path)
		if f.Capabilities != "" || !errors.Is(err, fs.ErrNotExist) {
			return path, data, err
		}
	}
	return "", dixamcp.DefaultCapabilities, nil
}

// parse parses a file, and refuses one that may not use the token.
func (f fileFlag) parse(version dixaclient.Version, path string, data []byte) (*capability.Rules, error) {
	rules, err := capability.ParseFor(version, cmp.Or(path, builtInName), data)
	if err == nil && path != "" && f.trust != nil {
		err = f.trust(path, data)
	}
	return rules, err
}

// readSome reads a file up to a size that no capability file reaches.
func readSome(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 16<<20))
}

// orWrite returns where a capability file is, for the built-in one with how to write one of one's own.
func orWrite(where string) string {
	path := defaultPath()
	if where != builtIn || path == "" {
		return where
	}
	make := ""
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		make = "mkdir -p " + quoted(filepath.Dir(path)) + " && "
	}
	return where + " (write your own with: " + make + "dixa-mcp check --print > " + quoted(path) + ")"
}

// quoted returns a path for a shell.
func quoted(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" '\"$&;()*?[]<>|~`\\#!", r) }) && runtime.GOOS != "windows" {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// reachFlags configure the connection to Dixa and the directories.
type reachFlags struct {
	Offline    bool               `env:"DIXA_MCP_OFFLINE" help:"Use the built-in offline Dixa. No token is needed, and nothing leaves this machine."`
	BaseURL    string             `name:"base-url" placeholder:"URL" env:"DIXA_MCP_BASE_URL" help:"Dixa's address, by default https://dev.dixa.io."`
	ExportsURL string             `name:"exports-url" placeholder:"URL" env:"DIXA_MCP_EXPORTS_URL" help:"Address of Dixa's Exports API, by default https://exports.dixa.io, or --base-url if given."`
	APIVersion dixaclient.Version `name:"api-version" default:"v1" enum:"v1,beta" env:"DIXA_MCP_API_VERSION" help:"Version of Dixa's API: v1 or beta."`
	Rate       float64            `default:"10" env:"DIXA_MCP_RATE" help:"Maximum requests a second to Dixa with one token. Dixa's limit is 10; others may use the same token."`
	State      string             `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state, by default dixa-mcp in the user's state directory."`
	Audit      string             `placeholder:"DIR" env:"DIXA_MCP_AUDIT" help:"Directory of the records of calls, by default audit in the state directory."`
}

// dixaFlags are the flags of commands that act as an agent.
type dixaFlags struct {
	fileFlag    `embed:""`
	reachFlags  `embed:""`
	redisFlag   `embed:""`
	archiveFlag `embed:""`
	eventsFlag  `embed:""`
	AuditSync   bool          `env:"DIXA_MCP_AUDIT_SYNC" help:"Wait for the disk after each record, so that a power failure loses no record."`
	AuditAnchor string        `placeholder:"FILE" env:"DIXA_MCP_AUDIT_ANCHOR" help:"File to which the newest record's number and hash are appended every minute; put it on another machine's disk."`
	Timeout     time.Duration `default:"45s" env:"DIXA_MCP_TIMEOUT" help:"Maximum duration of a call, including waiting and retries. MCP clients give up after 60s."`

	inJSON       bool // answers are JSON, whatever the capability file says
	keepsArchive bool // the archive is kept fresh, and made where there is none
}

// client connects to Dixa, or to the offline one.
func (f reachFlags) client(s *system) (*dixaclient.Client, error) {
	t, err := f.tokens()
	if err != nil {
		return nil, err
	}
	config, err := f.config(s, t)
	if err != nil {
		return nil, err
	}
	return dixaclient.New(config)
}

func (f reachFlags) config(s *system, t tokens) (dixaclient.Config, error) {
	if !(f.Rate > 0 && f.Rate <= maxRate) {
		return dixaclient.Config{}, usagef("--rate must be greater than 0 and at most %d, not %v", int(maxRate), f.Rate)
	}
	config := dixaclient.Config{UserAgent: userAgent(), Version: f.APIVersion, Rate: f.Rate, Burst: max(dixaclient.DefaultBurst, int(f.Rate*burstShare))}
	if f.Offline {
		if f.BaseURL != "" || f.ExportsURL != "" {
			return dixaclient.Config{}, usagef("--offline cannot be combined with --base-url or --exports-url; to use an offline Dixa in another process, set only --base-url")
		}
		dixa := offline.New(offline.Options{Rate: 10, Burst: 4})
		if f.State != "" { // without it, every session begins with the same data
			keep, err := dixa.Keep(f.State)
			if err != nil {
				return dixaclient.Config{}, err
			}
			s.close = append(s.close, keep)
		}
		hc, stop := dixa.Client()
		s.close = append(s.close, stop)
		config.Token, config.Transport = dixaclient.StaticToken("offline"), hc.Transport
		config.URL, config.ExportsURL = offline.URL, offline.URL
		config.Files = dixaclient.FileHost{URL: offline.FilesURL, Transport: offline.Files(hc.Transport)}
		return config, nil
	}
	config.Token, config.ReadTokens = t.sources[0], t.sources[1:]
	config.URL, config.ExportsURL = f.BaseURL, f.exportsURL()
	dir, err := f.stateDir()
	if err != nil {
		return dixaclient.Config{}, err
	}
	s.shared = sharedstate.New(dir, cmp.Or(f.BaseURL, dixaclient.DefaultURL), slog.Default())
	s.close = append(s.close, func() {
		if err := s.shared.Close(); err != nil {
			slog.Error("the shared state could not be closed", "error", err)
		}
	})
	config.Buckets = s.shared.Bucket
	return config, nil
}

// notice returns a text that tells a model that it is offline, or "".
func (f reachFlags) notice() string {
	switch {
	case !f.Offline:
		return ""
	case f.State != "":
		return "This is the offline Dixa of Havbris, an invented shop: nothing leaves this machine, no customer gets a message, and changes are kept."
	default:
		return "This is the offline Dixa of Havbris, an invented shop: nothing leaves this machine, no customer gets a message, and changes are lost when the server stops."
	}
}

// maxRate is so high that it does not limit anything.
const maxRate = 1e6

// burstShare is the burst as a share of the requests a second, as in Dixa's own limit.
const burstShare = float64(dixaclient.DefaultBurst) / dixaclient.DefaultRate

// exportsURL returns the address of the Exports API, "" for Dixa's own. With --base-url it is the same address by default:
// a token must not go to another host.
func (f reachFlags) exportsURL() string { return cmp.Or(f.ExportsURL, f.BaseURL) }

func userAgent() string { return "dixa-mcp/" + version() }

// auditDir returns the directory of records.
func (f reachFlags) auditDir() (string, error) {
	if f.Audit != "" {
		return f.Audit, nil
	}
	state, err := f.stateDir()
	return filepath.Join(state, "audit"), err
}

// stateDir returns the directory for persistent state, by default at the operating system's usual place.
func (f reachFlags) stateDir() (string, error) {
	if f.State != "" {
		return f.State, nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir := os.Getenv("LocalAppData")
		if runtime.GOOS == "darwin" || dir == "" {
			var err error
			if dir, err = os.UserConfigDir(); err != nil {
				return "", fmt.Errorf("the default state directory is not known; name one with --state: %w", err)
			}
		}
		return filepath.Join(dir, "dixa-mcp"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil && os.Getenv("XDG_STATE_HOME") == "" {
		return "", fmt.Errorf("the default state directory is not known; name one with --state: %w", err)
	}
	return filepath.Join(cmp.Or(os.Getenv("XDG_STATE_HOME"), filepath.Join(home, ".local", "state")), "dixa-mcp"), nil
}

// leastRecordKey is the length of the shortest key that cannot be guessed.
const leastRecordKey = 32 // bytes

// readRecordKey reads the key, and refuses one that other users may have made or read.
func readRecordKey(path string) ([]byte, error) {
	const hint = "; remove it, and a new key is made at the next start; from then on, the same address has another hash in records"
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file"+hint, path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("other users have access to %s (mode %04o); run chmod 600 on it, or remove it, and a new key is made at the next start", path, info.Mode().Perm())
	}
	key, err := os.ReadFile(path)
	if err == nil && len(key) < leastRecordKey {
		err = fmt.Errorf("%s has %d bytes, and the key must have at least %d"+hint, path, len(key), leastRecordKey)
	}
	return key, err
}

// recordKey returns the key that hashes personal data in records. It makes one if the state directory has none.
func (f reachFlags) recordKey() ([]byte, error) {
	state, err := f.stateDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(state, "record.key")
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return readRecordKey(path)
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, err
	}
	key := []byte(rand.Text() + rand.Text())
	err = atomicfile.Create(path, key)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return os.ReadFile(path)
	}
	return key, err
}

// agentOverStdio returns the agent to serve over stdin and stdout; an empty name means the file's default.
func agentOverStdio(rules *capability.Rules, name string) (*capability.Agent, error) {
	a, err := rules.Stdio(name)
	if err != nil {
		return nil, &exitError{exitNotFound, err}
	}
	return a, nil
}

// agentOf returns the agent that is named on the command line; an empty name means the file's default.
func agentOf(rules *capability.Rules, name string) (*capability.Agent, error) {
	if name == "" {
		return agentOverStdio(rules, "")
	}
	a, err := rules.Agent(name)
	if err != nil {
		return nil, notFoundf("--agent: %w", err)
	}
	return a, nil
}
