package main

import (
	"context"
	"fmt"
	"time"

	"dixa-mcp/internal/offline"
)

type offlineCmd struct {
	jsonFlag `embed:""`
	Listen   string        `default:"127.0.0.1:0" placeholder:"ADDRESS" env:"DIXA_MCP_OFFLINE_LISTEN" help:"Where to listen; port 0 takes a free one."`
	Seed     uint64        `default:"1" help:"Another number gives another organization."`
	Rate     float64       `default:"10" help:"Requests a second before it answers 429, as Dixa does; 0 for no limit."`
	Latency  time.Duration `help:"Added to every answer."`
	State    string        `placeholder:"DIR" help:"Keep changes in this directory, so that they survive a restart."`
	Faults   float64       `placeholder:"SHARE" help:"Share of requests that fail, 0.02 for 2 in 100: errors, 429s, broken connections, web pages, silence, before or after the work. The seed says which."`
}

// Run serves the offline Dixa until the process is told to stop.
func (c *offlineCmd) Run(ctx context.Context, out *output) error {
	dixa := offline.New(offline.Options{Seed: c.Seed, Rate: c.Rate, Burst: 4, Latency: c.Latency})
	if !(c.Faults >= 0 && c.Faults <= 1) {
		return fmt.Errorf("--faults must be from 0 to 1, not %v", c.Faults)
	}
	dixa.Trouble(c.Faults, c.Seed)
	if c.State != "" {
		keep, err := dixa.Keep(c.State)
		if err != nil {
			return err
		}
		defer keep()
	}
	url, stop, err := dixa.Listen(c.Listen)
	if err != nil {
		return err
	}
	c.print(out, url)
	if out.err == nil { // else nobody knows the address
		<-ctx.Done()
	}
	return stop()
}

// print says how to reach it.
func (c *offlineCmd) print(out *output, url string) {
	if c.JSON {
		_ = out.jsonLine(map[string]string{"url": url}) // cannot fail but in writing
		return
	}
	end := "ctrl-C ends it and forgets what was changed"
	if c.State != "" {
		end = "ctrl-C ends it; changes are kept in " + c.State
	}
	out.printf(`offline Dixa at %s (%s)

In another terminal:
  export DIXA_MCP_BASE_URL=%s DIXA_API_TOKEN=offline
  dixa-mcp call get_conversation '{"conversationId":1234}'
`, url, end, url)
}
