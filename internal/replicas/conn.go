package replicas

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// conn is one connection. It is used by one goroutine at a time.
type conn struct {
	redis.Conn
	net   net.Conn
	addr  string
	epoch int // of the client, when it was made
	used  time.Time
}

// command is one command of a request.
type command struct {
	name string
	args []any
}

// send sends commands together and returns their answers, of which some may be a [redis.Error], and the first of these. With any
// other error the connection cannot be used any more.
func (k *conn) send(ctx context.Context, list ...command) (answers []any, err error) {
	deadline, _ := ctx.Deadline()
	if err := k.net.SetWriteDeadline(deadline); err != nil {
		return nil, err
	}
	for _, c := range list {
		if err := k.Send(c.name, c.args...); err != nil {
			return nil, err
		}
	}
	if err := k.Flush(); err != nil {
		return nil, err
	}
	for range list {
		answer, failed := redis.ReceiveWithTimeout(k.Conn, max(1, time.Until(deadline)))
		if said := refusal(failed); said != "" {
			answer, err = redis.Error(said), cmp.Or(err, failed)
		} else if failed != nil {
			return nil, failed
		}
		answers = append(answers, answer)
	}
	return answers, err
}

// refusal returns the text of an error that the server answered with, or "".
func refusal(err error) string {
	var refused redis.Error
	_ = errors.As(err, &refused)
	return string(refused)
}

// elsewhere reports whether the server rejected a request because another one has the keys, or may write them. An older Redis
// reports what a script met in a text of its own.
func elsewhere(err error) bool {
	said := refusal(err)
	return strings.HasPrefix(said, "MOVED ") || strings.Contains(said, "READONLY ")
}

// texts returns an answer with strings for texts.
func texts(answer any) any {
	switch answer := answer.(type) {
	case []byte:
		return string(answer)
	case []any:
		for i := range answer {
			answer[i] = texts(answer[i])
		}
	}
	return answer
}
