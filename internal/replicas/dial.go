package replicas

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// connections is the maximum number of connections at a time.
const connections = 32

// dial connects to the server at an address, and finds out whether it is part of a cluster. No error contains the
// password, or anything of an address that cannot be parsed.
func dial(ctx context.Context, address string) (client redis.UniversalClient, addr string, err error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, "", errors.New("the address of the Redis cannot be read: it must look like redis://user:password@host:6379, or rediss:// with TLS")
	}
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = callTimeout, callTimeout, callTimeout, callTimeout
	o.MaxRetries, o.DialerRetries = -1, 1
	o.PoolSize, o.MaxActiveConns, o.PipelinePoolSize = connections, connections, -1
	o.ContextTimeoutEnabled = true
	single := redis.NewClient(o)
	info, err := single.Info(ctx, "cluster").Result()
	if err != nil {
		return nil, "", errors.Join(unusable(o.Addr, err), single.Close())
	}
	if !strings.Contains(info, "cluster_enabled:1") {
		return single, o.Addr, nil
	}
	// All keys have the same hash tag, so that one node has them all.
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		Protocol: o.Protocol, DisableIdentity: true, MaintNotificationsConfig: o.MaintNotificationsConfig,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, PoolTimeout: o.PoolTimeout,
		MaxRetries: -1, DialerRetries: 1, PoolSize: connections, MaxActiveConns: connections, PipelinePoolSize: -1, ContextTimeoutEnabled: true,
	}), o.Addr, single.Close()
}

func unusable(addr string, err error) error {
	return fmt.Errorf("the Redis at %s cannot be used: %s. Check --redis, that the server runs, and that it accepts this user and password", addr, plain(err))
}

// plain returns the text of an error in one line. Errors of the Redis client contain addresses, never passwords.
func plain(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
