package main

import (
	"context"
	"fmt"
	"time"

	"dixa-mcp/internal/offline"
)

type offlineCmd struct {
	jsonFlag `embed:""`
	Listen   string        `default:"127.0.0.1:0" placeholder:"ADDRESS" env:"DIXA_MCP_OFFLINE_LISTEN" help:"Address to listen at; by default a free port of 127.0.0.1."`
	Seed     uint64        `default:"1" help:"Seed of the generated organization; another seed gives another organization."`
	Rate     float64       `default:"10" help:"Requests a second above which the answer is 429, as in Dixa; 0 for no limit."`
	Latency  time.Duration `help:"Delay of every answer."`
	State    string        `placeholder:"DIR" help:"Directory in which changes are kept across restarts."`
	Live     bool          `help:"Play days of a help desk: customers begin conversations and write again, colleagues take some of them, answer and close. Subscribed webhooks on this machine are told."`
	LiveDay  time.Duration `default:"12h" placeholder:"TIME" help:"With --live: time in which a day is played, such as 10m."`
	Faults   float64       `placeholder:"SHARE" help:"Share of requests that fail, such as 0.02 for 2 in 100: errors, 429s, broken connections, web pages, silence, before or after the work. The seed decides which."`
}

// Run serves the offline Dixa until the process receives a stop signal.
func (c *offlineCmd) Run(ctx context.Context, out *output) error {
	switch {
	case !(c.Faults >= 0 && c.Faults <= 1):
		return usagef("--faults must be from 0 to 1, not %v; nothing was started", c.Faults)
	case !(c.Rate >= 0):
		return usagef("--rate must be 0 or more, not %v; nothing was started", c.Rate)
	case c.Latency < 0:
		return usagef("--latency must be 0s or more, not %s; nothing was started", c.Latency)
	case c.LiveDay <= 0:
		return usagef("--live-day must be greater than 0s, not %s; nothing was started", c.LiveDay)
	}
	address, err := listenAt(c.Listen)
	if err != nil {
		return usagef("--listen %w; nothing was started", err)
	}
	dixa := offline.New(offline.Options{Seed: c.Seed, Rate: c.Rate, Burst: 4, Latency: c.Latency})
	dixa.Trouble(c.Faults, c.Seed)
	if c.State != "" {
		keep, err := dixa.Keep(c.State)
		if err != nil {
			return fmt.Errorf("--state: %w", err)
		}
		defer keep()
	}
	url, stop, err := dixa.Listen(address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	url = reachable(url)
	c.print(out, url)
	if out.err == nil { // otherwise the address is unknown
		if c.Live {
			dixa.Play(ctx, c.LiveDay)
		}
		<-ctx.Done()
	}
	return stop()
}

// print prints how to reach it.
func (c *offlineCmd) print(out *output, url string) {
	if c.JSON {
		_ = out.jsonLine(map[string]string{"url": url}) // fails only if the output does, which is reported elsewhere
		return
	}
	end := "press ctrl-C to stop it; changes are lost"
	if c.State != "" {
		end = "press ctrl-C to stop it; changes are kept in " + c.State
	}
	out.printf(`offline Dixa at %s (%s)

In another terminal:
  export DIXA_MCP_BASE_URL=%s DIXA_API_TOKEN=offline
  dixa-mcp call read_conversation '{"conversationId":1234}'
`, url, end, url)
}
