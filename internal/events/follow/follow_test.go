package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// source has the events 0, 1, 2, … up to a number.
type source struct {
	events, batch int
	cursor        string
	done          context.CancelFunc
}

func (s *source) list(_ context.Context, cursor string) (b Batch, err error) {
	at, _ := strconv.Atoi(cursor)
	for ; at < s.events && len(b.Events) < s.batch; at++ {
		b.Events = append(b.Events, json.RawMessage(fmt.Sprintf(`{"eventId":"e%d","event":"ConversationClosed","conversation":%d,"time":"2026-11-30T10:00:00Z","tag":"secret"}`, at, at)))
	}
	b.Cursor = strconv.Itoa(at)
	return b, nil
}

func (s *source) await(ctx context.Context, cursor string) error {
	if at, _ := strconv.Atoi(cursor); at == s.events {
		s.done()
	}
	return ctx.Err()
}

func number(t *testing.T, event json.RawMessage) int {
	var ids Ids
	require.NoError(t, json.Unmarshal(event, &ids))
	return int(ids.Conversation)
}

func follower(t *testing.T, s *source) *Follower {
	return &Follower{
		List: s.list, Await: s.await, Attempts: 3, Log: func(string, ...any) {}, Now: time.Now,
		Keep:  func(c string) error { s.cursor = c; return nil },
		Bury:  func(Dead) error { return nil },
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// However often it is stopped, and whatever fails for a while, each event is handed on in order and at least once, but for those that never can be.
func TestEachEventAtLeastOnce(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		s := &source{events: 30, batch: 1 + r.IntN(4)}
		handed, dead, never := map[int]int{}, map[string]int{}, r.IntN(30)
		last := -1
		for runs := 0; ; runs++ {
			require.Less(t, runs, 10_000)
			ctx, cancel := context.WithCancel(t.Context())
			s.done = cancel
			f := follower(t, s)
			f.Hand = func(_ context.Context, e json.RawMessage) error {
				n := number(t, e)
				require.LessOrEqual(t, n, last+1, "none is passed over")
				switch {
				case n == never:
					last = max(last, n)
					return errors.New("never")
				case r.IntN(10) == 0:
					cancel() // killed before
					return nil
				case r.IntN(4) == 0 && handed[n] == 0:
					return errors.New("not now")
				}
				handed[n]++
				last = max(last, n)
				if r.IntN(10) == 0 {
					cancel() // killed after
				}
				return nil
			}
			f.Attempts = 50
			f.Bury = func(d Dead) error { dead[d.EventID]++; return nil }
			require.NoError(t, f.Run(ctx, s.cursor))
			cancel()
			if s.cursor == "30" {
				break
			}
		}
		for n := range 30 {
			if n != never {
				require.Positive(t, handed[n], n)
			}
		}
		require.Len(t, dead, 1)
		require.Positive(t, dead[fmt.Sprintf("e%d", never)])
	})
}

// Failures are tried again with growing pauses. A dead letter has ids and no text.
func TestDeadLetters(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &source{events: 1, batch: 1, done: cancel}
	f := follower(t, s)
	var pauses []time.Duration
	f.Pause = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
	f.Attempts = 9
	f.Hand = func(context.Context, json.RawMessage) error {
		return errors.New("the program ended with exit status 3")
	}
	var text []byte
	f.Bury = func(d Dead) (err error) { text, err = json.Marshal(d); return err }
	require.NoError(t, f.Run(ctx, ""))
	require.Equal(t, []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 60e9, 60e9}, pauses)
	require.Contains(t, string(text), `{"eventId":"e0","event":"ConversationClosed"`)
	require.Contains(t, string(text), "exit status 3")
	require.NotContains(t, string(text), "secret")
	require.Equal(t, "1", s.cursor)
}

// A list that fails is tried again; what cannot be changed ends the run.
func TestListFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &source{events: 1, batch: 1, done: cancel}
	f := follower(t, s)
	fails, handed := 3, 0
	f.List = func(ctx context.Context, c string) (Batch, error) {
		if fails--; fails >= 0 {
			return Batch{}, errors.New("frozen")
		}
		return s.list(ctx, c)
	}
	f.Hand = func(context.Context, json.RawMessage) error { handed++; return nil }
	require.NoError(t, f.Run(ctx, ""))
	require.Equal(t, 1, handed)
	f.List = func(context.Context, string) (Batch, error) { return Batch{}, fmt.Errorf("%w: not granted", ErrFinal) }
	require.ErrorIs(t, f.Run(t.Context(), ""), ErrFinal)
}

// A program gets the event as it is, its own arguments, and nothing about this program.
func TestCommand(t *testing.T) {
	if os.Getenv("FOLLOW_CHILD") != "" {
		child()
	}
	dir := t.TempDir()
	marker, end := filepath.Join(dir, "shell"), filepath.Join(dir, "end")
	event := json.RawMessage(`{"tag":"$(touch ` + marker + `); echo ${DIXA_API_TOKEN}"}`)
	var out bytes.Buffer
	run := func(how string, timeout time.Duration) error {
		out.Reset()
		c := Command{Args: []string{os.Args[0], "-test.run=^TestCommand$", "$(touch " + marker + ")"}, Timeout: timeout, Stdout: &out,
			Env: []string{"FOLLOW_CHILD=" + how, "DIXA_API_TOKEN=secret", "dixa_mcp_state=/x", "PATH=/nowhere", "FOLLOW_END=" + end}}
		return c.Run(t.Context(), event)
	}
	require.NoError(t, run("print", time.Minute))
	require.Contains(t, out.String(), string(event))
	require.NotContains(t, out.String(), "secret")
	require.NotContains(t, out.String(), "dixa_mcp_state")
	require.NoFileExists(t, marker)
	require.ErrorContains(t, run("fail", time.Minute), "exit status 3")
	require.ErrorContains(t, run("hang", 200*time.Millisecond), "did not end within 200ms")
	outputAfter = 50 * time.Millisecond
	t.Cleanup(func() { outputAfter = 5 * time.Second })
	require.NoError(t, run("leave", time.Minute), "it ended with 0, and what it left running has its output open")
	require.NoError(t, os.WriteFile(end, nil, 0o600))
	c := Command{Args: []string{filepath.Join(dir, "none")}, Timeout: time.Minute}
	require.ErrorIs(t, c.Run(t.Context(), event), ErrFinal)
}

// child is the program that is run.
func child() {
	switch os.Getenv("FOLLOW_CHILD") {
	case "fail":
		os.Exit(3)
	case "leave":
		left := exec.Command(os.Args[0], os.Args[1:]...)
		left.Env, left.Stdout = append(os.Environ(), "FOLLOW_CHILD=stay"), os.Stdout
		if left.Start() != nil {
			os.Exit(4)
		}
		os.Exit(0)
	case "stay":
		for range 1000 {
			if _, err := os.Stat(os.Getenv("FOLLOW_END")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		os.Exit(0)
	case "hang":
		time.Sleep(time.Hour) // a select without cases is a deadlock, with which Go ends
	}
	var in bytes.Buffer
	_, _ = in.ReadFrom(os.Stdin)
	fmt.Println(in.String(), os.Environ(), os.Args)
	os.Exit(0)
}
