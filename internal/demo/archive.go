package demo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Archive fills an archive with the program at path, and finds messages in it by their words. It leaves nothing behind.
func Archive(ctx context.Context, path string, out io.Writer, width int) error {
	state, err := os.MkdirTemp("", "dixa-mcp-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	fmt.Fprintf(out, "\nFor people, with a copy of the last days: dixa-mcp archive sync --offline --since 6d --state DIR\n")
	stop, err := fill(ctx, path, state)
	if err != nil {
		return err
	}
	defer stop()
	s := &session{ctx: ctx, out: out, width: columns(width)}
	s.headline("Who wrote about a refund and the bank? All messages of six days are searched, and nothing is asked of Dixa")
	s.paragraph("$ dixa-mcp archive search 'refund* bank' --limit 3 --state DIR")
	var stderr bytes.Buffer
	search, _ := plain(&stderr)(ctx, path, nil, []string{"archive", "search", "refund* bank", "--limit", "3", "--state", state})
	found, err := search.Output()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, stderr.String())
	}
	for line := range strings.Lines(string(found)) {
		s.paragraph(line)
	}
	return nil
}

// fill starts a sync, and returns when it has the messages. Conversations take longer: the Exports API answers one request every six seconds.
// stop ends it, which a sync survives at any moment.
func fill(ctx context.Context, path, state string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	sync, _ := plain(nil)(ctx, path, nil, []string{"archive", "sync", "--offline", "--since", "6d", "--state", state})
	progress, err := sync.StderrPipe()
	if err == nil {
		err = sync.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	stop = func() {
		cancel()
		_ = sync.Wait() // it was killed, or said before what failed
	}
	var said []string
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "conversations of ") { // messages come first
			return stop, nil
		}
	}
	stop()
	return nil, errors.New("the archive was not filled:\n" + strings.Join(said, "\n"))
}
