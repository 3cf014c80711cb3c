package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"

	"dixa-mcp/internal/serve"
)

type serveCmd struct {
	Agent     string `group:"Agents" placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"Agent to serve over stdin and stdout, from the file's stdio list; by default the first."`
	HTTP      string `group:"Agents" name:"http" placeholder:"ADDRESS" env:"DIXA_MCP_HTTP" help:"Serve many agents over HTTP at this address, such as 127.0.0.1:8080, each with its own key, instead of one over stdin and stdout. A port alone is reachable from this machine only."`
	dixaFlags `embed:"" group:"Rules, records and Dixa"`
	LogFormat string `group:"Rules, records and Dixa" enum:"text,json" default:"text" env:"DIXA_MCP_LOG_FORMAT" help:"Format of the log on standard error: text or json."`
	httpFlags `embed:"" group:"Over HTTP"`
}

// gcPercent replaces Go's default of 100 for a server, unless GOGC is set. Long-lived data is small compared with what
// calls allocate and drop: collecting half as often saves 10 to 15 % of the CPU time of a call that lists messages, for 4 MiB.
const gcPercent = 200

// Run serves until the client disconnects or the process receives a stop signal.
func (c *serveCmd) Run(ctx context.Context, out *output) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	c.keepsArchive = true
	if c.HTTP != "" {
		defer c.logTo(os.Stderr)()
		return c.host(ctx, out)
	}
	if c.httpFlags != (httpFlags{}) {
		return usagef("flags or variables for HTTP are set, but no address; add --http ADDRESS (or DIXA_MCP_HTTP)")
	}
	if c.LogFormat == "json" {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	}
	return c.stdio(ctx)
}

// stdio serves one agent to the client that started the program.
func (c *serveCmd) stdio(ctx context.Context) error {
	out := os.Stdout
	os.Stdout = os.Stderr          // only the protocol may write to the real one
	signal.Ignore(syscall.SIGPIPE) // a disconnected client must not end the process before the outcome of its calls is recorded
	s, err := c.assemble(ctx, replicaName(), nil)
	if err != nil {
		return err
	}
	defer s.Close()
	agent, err := agentOverStdio(s.rules, c.Agent)
	if err != nil {
		return err
	}
	var told sync.WaitGroup
	told.Go(func() { c.tellNewTools(s.rules) }) // beside the first answers, which need not wait for its file
	defer told.Wait()
	defer keepRecords(s.log, s.gate.Rules)()
	defer c.watch(ctx, s.gate, slog.Default())()
	slog.Info("serving over stdio", "agent", agent.Name, "tools", len(agent.Tools()), "capabilities", s.where, "offline", c.Offline, "token", s.token.from)
	defer func() { slog.Info("stopped", "records", head(s.log)) }()
	in, restore := serve.Pollable(os.Stdin, out, os.Stderr)
	defer restore()
	if in != os.Stdin && os.Getenv("GOMAXPROCS") == "" {
		// One client's calls, which Dixa limits to ten a second, need no second processor: a call hands over between
		// goroutines a dozen times, and waking a thread for each took a quarter of its CPU time (533 µs before, 392 µs
		// after). Where reading blocks, the reader would hold the only processor until the runtime takes it away.
		runtime.GOMAXPROCS(1)
	}
	return serve.Stdio(ctx, s.gate, agent.Name, c.notice(), version(), in, out, slog.Default())
}

// replicaName returns the name of this process among those that share a Redis.
func replicaName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "server"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}
