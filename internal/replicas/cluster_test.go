package replicas

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/replicas/redistest"
)

// On a cluster all keys are on one node, wherever the address leads.
func TestCluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t, 2)
	all := joinAll(t, nodes[0].URL(), nodes[1].URL())
	keepsLimitOf(t, all)
	line := gate.Allowance{What: "requests", Most: 3, Period: day}
	require.Equal(t, 3, takeAll(t, all[0], line, 3))
	require.NotNil(t, take(t, all[1].Budgets(), "a", line).Over)
	made := time.Now()
	require.NoError(t, all[0].Once().Use(t.Context(), "n", made, made.Add(time.Minute)))
	require.ErrorIs(t, all[1].Once().Use(t.Context(), "n", made, made.Add(time.Minute)), gate.ErrUsed)
	r, err := all[0].Approvals().Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	list, err := all[1].Approvals().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.Number, list[0].Number)
	require.NoError(t, all[0].Freezes().Set(t.Context(), freeze.Everyone, freeze.Freeze{By: "anna"}))
	require.NoError(t, all[0].Sessions(2, time.Minute).Begin(t.Context(), "a", "1"))
	c := all[0].link.client
	c.mu.Lock()
	c.cluster.nodes, c.cluster.asked = nil, time.Time{}
	c.mu.Unlock()
	require.Eventually(t, func() bool { // heartbeats see to that
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.Contains(c.cluster.nodes, nodes[1].Addr)
	}, time.Minute, 5*time.Millisecond)
	heard, _ := hear(all[1])
	reaches(t, all[0], heard, "from the other")
	nodes[0].Freeze()
	alone(t, all...)
	nodes[0].Thaw()
	see(t, 2, all...)
}

func keepsLimitOf(t *testing.T, all []*Group) {
	var u turns
	for buckets := bucketsOf(all, 100, 3); len(u.list) < 40; { // however slow the machine is
		u.all(t, buckets, 500*time.Millisecond)
	}
	u.require(t, 100, 3, 1)
}

// A request that reaches a node that has the keys no more is sent once again, to the node that has them, and takes effect once.
func TestClusterOwnerMoves(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t, 2)
	requests := map[string]func(*client) (any, error){
		"command": func(c *client) (any, error) { return c.do(t.Context(), "INCR", "{x}:command") },
		"script": func(c *client) (any, error) {
			return c.run(t.Context(), newScript("return { redis.call('INCR', KEYS[1]) }"), []string{"{x}:script"})
		},
		"transaction": func(c *client) (any, error) {
			return c.transaction(t.Context(), command{"INCR", []any{"{x}:transaction"}})
		},
	}
	clients := map[string]*client{}
	for name, request := range requests {
		c := patient(t, nodes[0].URL())
		require.NoError(t, second(request(c)), name)
		clients[name] = c
	}
	require.Contains(t, nodes[1].CLI("cluster", "failover"), "OK")
	require.Eventually(t, func() bool {
		return strings.Contains(nodes[1].CLI("info", "replication"), "role:master") && strings.Contains(nodes[0].CLI("info", "replication"), "role:slave")
	}, time.Minute, 20*time.Millisecond)
	for name, request := range requests {
		c := clients[name]
		require.Equal(t, nodes[0].Addr, c.cluster.owner)
		require.NoError(t, second(request(c)), name)
		require.Equal(t, nodes[1].Addr, c.cluster.owner)
		count, err := redis.Int(c.do(t.Context(), "GET", "{x}:"+name))
		require.NoError(t, err)
		require.Equal(t, 2, count, name)
	}
}

// Where the owner of the keys is lost, the replicas find the node that takes over, though the address that they were given leads
// nowhere any more.
func TestClusterOwnerDies(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t, 2)
	all := joinAll(t, same(nodes[0].URL(), 2)...)
	line := gate.Allowance{What: "requests", Most: 3, Period: day}
	require.Equal(t, 2, takeAll(t, all[0], line, 2))
	require.NoError(t, all[0].Freezes().Set(t.Context(), "triage", freeze.Freeze{By: "anna"}))
	nodes[0].Kill()
	alone(t, all...)
	require.Eventually(t, func() bool {
		_ = nodes[1].CLI("cluster", "failover", "takeover")
		return strings.Contains(nodes[1].CLI("info", "replication"), "role:master")
	}, time.Minute, 100*time.Millisecond)
	see(t, 2, all...)
	know(t, 2, line, all...)
	require.Nil(t, take(t, all[1].Budgets(), "a", line).Over)
	require.NotNil(t, take(t, all[0].Budgets(), "a", line).Over)
	later := join(t, nodes[1].URL())
	_, frozen := later.Freezes().Frozen("triage")
	require.True(t, frozen)
}

// within returns a context for one request.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// Nodes are asked one after the other, those that do not answer last.
func TestClusterNodes(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t, 2)
	silent := redistest.Between(t, nodes[0])
	silent.Hold()
	c := newClient(endpoint{network: "tcp", addr: "127.0.0.1:1"})
	t.Cleanup(c.Close)
	held := strings.TrimPrefix(silent.URL(), "redis://")
	c.cluster = &cluster{key: "{x}:", nodes: []string{held, "127.0.0.1:1", nodes[1].Addr}}
	began := time.Now()
	require.ErrorIs(t, second(c.do(t.Context(), "GET", "{x}:")), os.ErrDeadlineExceeded)
	require.GreaterOrEqual(t, time.Since(began), callTimeout)
	require.Equal(t, []string{"127.0.0.1:1", nodes[1].Addr, held}, c.cluster.nodes)
	c.within = time.Minute
	require.NoError(t, second(c.do(t.Context(), "GET", "{x}:")))
	require.Equal(t, nodes[0].Addr, c.cluster.owner)
	require.Equal(t, []string{nodes[0].Addr, nodes[1].Addr, "127.0.0.1:1"}, c.cluster.nodes)

	// Without permission to ask for the others, a node names the one that has the keys.
	for _, node := range nodes {
		node.CLI("acl", "setuser", "anna", "on", ">geheim", "~{x}:*", "-@all", "+@read", "+info")
	}
	owner, others, err := endpoint{network: "tcp", user: "anna", password: "geheim"}.ownerOf(within(t), nodes[1].Addr, "{x}:")
	require.NoError(t, err)
	require.Equal(t, nodes[0].Addr, owner)
	require.Empty(t, others)

	// Later, those that there are then.
	c.cluster.nodes, c.cluster.asked = []string{nodes[0].Addr, "127.0.0.1:2"}, time.Now()
	c.learn(t.Context())
	require.Len(t, c.cluster.nodes, 2)
	c.cluster.asked = time.Now().Add(-learnEvery)
	c.learn(t.Context())
	require.Equal(t, []string{nodes[0].Addr, nodes[1].Addr, "127.0.0.1:1"}, c.cluster.nodes)
}

func TestMovedTo(t *testing.T) {
	for said, want := range map[string]string{
		"MOVED 3999 10.0.0.7:6381": "10.0.0.7:6381", "MOVED 3999 :6381": "10.0.0.1:6381", "MOVED 3999 fe80::1:6381": "", "MOVED 3999 [fe80::1]:6381": "[fe80::1]:6381",
		"MOVED 3999": "", "ERR MOVED x:1": "", "": "",
	} {
		require.Equal(t, want, movedTo(said, "10.0.0.1:6379"), said)
	}
}
