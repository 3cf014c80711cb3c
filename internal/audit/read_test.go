package audit

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadStopsWhenTold(t *testing.T) {
	dir, now := folder(t), clock()
	sample(t, Options{Dir: dir, Now: now})
	sample(t, Options{Dir: dir, Now: now})
	enough, seen := errors.New("enough"), 0
	err := Read(dir, func(Record) error {
		if seen++; seen == 3 {
			return enough
		}
		return nil
	})
	require.Equal(t, enough, err)
	require.Equal(t, 3, seen)
	require.ErrorIs(t, Read(filepath.Join(dir, "none"), nil), os.ErrNotExist)
}

func TestReadPassesOverWhatIsNoRecordAndSaysSo(t *testing.T) {
	path := sample(t, Options{Dir: folder(t)}).path
	lines := readLines(t, path)
	writeLines(t, path, lines[0], []byte("{"), lines[2], []byte(""), lines[7])
	seen := 0
	err := Read(path, func(Record) error { seen++; return nil })
	require.ErrorContains(t, err, filepath.Base(path)+":2: ")
	require.ErrorContains(t, err, "(and 1 more)")
	require.Equal(t, 3, seen)
}

func TestFilter(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	r := Record{
		Time: at(5), Event: EventOutcome, Agent: "triage", Key: "triage-1", ApproverKey: "37a2b925", Tool: "close_conversation", Access: "write", Decision: Allowed,
		Arguments: Unreduced(json.RawMessage(`{"conversationId":1234,"agentId":"77","filter":{"csidFilter":[1,88]}}`)),
	}
	refused := Record{Time: at(5), Event: EventRefused, Access: "read"}
	for _, test := range []struct {
		name string
		f    Filter
		r    Record
		want bool
	}{
		{"all", Filter{}, r, true},
		{"agent", Filter{Agent: "triage"}, r, true},
		{"another agent", Filter{Agent: "support"}, r, false},
		{"key", Filter{Key: "triage-1"}, r, true},
		{"an approver's key", Filter{Key: "37a2b925"}, r, true},
		{"another key", Filter{Key: "triage-2"}, r, false},
		{"tool", Filter{Tool: "close_conversation", Writes: true}, r, true},
		{"another tool", Filter{Tool: "close"}, r, false},
		{"conversation", Filter{Conversation: "1234"}, r, true},
		{"conversation in a list", Filter{Conversation: "88"}, r, true},
		{"part of an id", Filter{Conversation: "123"}, r, false},
		{"another argument", Filter{Conversation: "77"}, r, false},
		{"no arguments", Filter{Conversation: "1234"}, refused, false},
		{"since then", Filter{Since: at(5)}, r, true},
		{"since later", Filter{Since: at(6)}, r, false},
		{"until later", Filter{Until: at(6)}, r, true},
		{"until then", Filter{Until: at(5)}, r, false},
		{"writes", Filter{Writes: true}, refused, false},
		{"refused", Filter{Refused: true}, refused, true},
		{"not refused", Filter{Refused: true}, r, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.f.Match(test.r))
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"time":"2026-11-22T12:00:00.000Z","seq":1,"event":"start","hash":"ab"}` + "\n{"))
	f.Add([]byte("\n\n,\"hash\":\"\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := partPath(t.TempDir(), runName(noon, 1), 1)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_ = Read(path, func(Record) error { return nil }) // most inputs are no records; it must only not panic
		report, err := Verify(path)
		require.NoError(t, err)
		require.Zero(t, report.Records, "no input has the right hash")
		lastRecord(path)
	})
}
