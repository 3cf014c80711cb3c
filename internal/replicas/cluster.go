package replicas

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// cluster is what is known of a Redis Cluster. All keys have the same hash tag, so that one node has them all. While they are on
// their way from one node to another, requests fail, and the replicas are alone.
type cluster struct {
	key   string    // any of the keys; it does not change
	owner string    // the node that has them; "" if it is not known
	nodes []string  // the nodes that may know it, in the order in which they are asked
	asked time.Time // when they were asked which others there are
}

// learnEvery is how often the owner of the keys is asked which other nodes there are: when it is lost, these are asked.
const learnEvery = 10 * time.Second

func without(nodes []string, node string) []string {
	return slices.DeleteFunc(nodes, func(n string) bool { return n == node })
}

// learned takes over which node has the keys, and which others there are.
func (c *cluster) learned(owner string, others []string) {
	c.owner, c.nodes, c.asked = owner, []string{owner}, time.Now()
	for _, node := range others {
		if !slices.Contains(c.nodes, node) {
			c.nodes = append(c.nodes, node)
		}
	}
}

// learn asks the node that has the keys which others there are, if that was long ago.
func (c *client) learn(ctx context.Context) {
	c.mu.Lock()
	due := c.cluster != nil && time.Since(c.cluster.asked) > learnEvery
	if due {
		c.cluster.asked = time.Now()
	}
	c.mu.Unlock()
	if !due {
		return
	}
	answer, err := c.do(ctx, "CLUSTER", "SLOTS")
	c.mu.Lock()
	defer c.mu.Unlock()
	if owner := c.cluster.owner; err == nil && owner != "" {
		c.cluster.learned(owner, append(nodesOf(answer, owner), c.server.addr))
	}
}

// where returns the address of the server that has the keys.
func (c *client) where(ctx context.Context) (string, error) {
	c.mu.Lock()
	known, nodes := c.server.addr, []string(nil)
	if c.cluster != nil {
		known, nodes = c.cluster.owner, slices.Clone(c.cluster.nodes)
	}
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	var problems []error
	for _, node := range nodes {
		owner, others, err := c.server.ownerOf(ctx, node, c.cluster.key)
		c.mu.Lock()
		if err == nil {
			c.cluster.learned(owner, append(others, node, c.server.addr))
			c.mu.Unlock()
			return owner, nil
		}
		c.cluster.nodes = append(without(c.cluster.nodes, node), node)
		c.mu.Unlock()
		problems = append(problems, err)
		if deadline, _ := ctx.Deadline(); time.Until(deadline) <= 0 {
			break // the next request asks the others
		}
	}
	return "", errors.Join(problems...)
}

// ownerOf asks a node of a cluster which one has a key, and which other nodes there are.
func (s endpoint) ownerOf(ctx context.Context, node, key string) (owner string, others []string, err error) {
	k, err := s.dial(ctx, node)
	if err != nil {
		return "", nil, err
	}
	defer k.Close()
	answers, err := k.send(ctx, command{"EXISTS", []any{key}}, command{"CLUSTER", []any{"SLOTS"}})
	if answers == nil {
		return "", nil, err
	}
	owner = node
	if refused, ok := answers[0].(redis.Error); ok {
		if owner = movedTo(string(refused), node); owner == "" {
			return "", nil, refused
		}
	}
	return owner, nodesOf(answers[1], node), nil
}

// nodesOf returns the addresses of nodes in what one of them answered. A user without permission to ask learns of none.
func nodesOf(answer any, by string) (nodes []string) {
	slots, _ := answer.([]any)
	for _, slot := range slots {
		if slot, _ := slot.([]any); len(slot) > 2 {
			for _, at := range slot[2:] { // after the first and the last slot
				if at, _ := texts(at).([]any); len(at) > 1 {
					host, _ := at[0].(string)
					nodes = append(nodes, hostOf(by, host, strconv.FormatInt(number(at[1]), 10)))
				}
			}
		}
	}
	return nodes
}

// movedTo returns the node that a rejection by another one names, or "".
func movedTo(said, by string) string {
	part := strings.Fields(said)
	if len(part) != 3 || part[0] != "MOVED" {
		return ""
	}
	host, port, err := net.SplitHostPort(part[2])
	if err != nil {
		return ""
	}
	return hostOf(by, host, port)
}

// hostOf returns the address of a node that another one names. One that does not know its own host leaves it out.
func hostOf(by, host, port string) string {
	if host == "" {
		host, _, _ = net.SplitHostPort(by)
	}
	return net.JoinHostPort(host, port)
}
