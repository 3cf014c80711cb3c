package dixaclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"
)

// streamSilence is how long a stream may send nothing. It has no limit as a whole, but its context.
const streamSilence = 2 * time.Minute

// errLeft is a loop over a stream that its caller left.
var errLeft = errors.New("the caller wanted no more rows")

// Stream carries out an operation that answers with a bare list and gives its rows one by one, as they come; the list
// is never held whole. A row has the bytes that Dixa sent and is valid until the next one. An error, of the kinds that
// [Op.Do] has, comes last and with a nil row. A list that breaks off is an error, too: a loop without an error has seen
// every row. Leaving the loop ends the request.
//
// A request is repeated only as long as none of its rows was given. It fails when two minutes bring no byte, and at a
// row larger than [Config].MaxAnswer.
func (o *Op[In, Out]) Stream(ctx context.Context, c *Client, in In) iter.Seq2[json.RawMessage, error] {
	return c.rows(ctx, o.Spec, &in)
}

// rows gives the rows of an answer. It takes no types, since each method of [Op] is compiled for all operations.
func (c *Client) rows(ctx context.Context, op *Spec, in any) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		left := false
		call := &Call{Op: op, In: in}
		call.Row = func(row json.RawMessage) error {
			if left = !yield(row, nil); left {
				return errLeft
			}
			return nil
		}
		if err := c.run(ctx, call); err != nil && !left {
			yield(nil, err)
		}
	}
}

// limit gives an attempt its time: as a whole, or to a stream between two bytes, with the timer for that.
func (c *Client) limit(ctx context.Context, call *Call) (context.Context, *time.Timer, func()) {
	if call.Row == nil {
		ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("%w than %s", errSlow, c.timeout))
		return ctx, nil, cancel
	}
	ctx, cancel := context.WithCancelCause(ctx)
	silence := time.AfterFunc(streamSilence, func() { cancel(fmt.Errorf("%w than %s for the next byte", errSlow, streamSilence)) })
	return ctx, silence, func() {
		silence.Stop()
		cancel(nil)
	}
}

// stream hands out the rows of a success. What was handed out cannot be taken back, so then it is not repeated.
func (c *Client) stream(ctx context.Context, call *Call, res *http.Response, silence *time.Timer) (again bool, _ *Error) {
	n := 0
	err := eachRow(&audible{res.Body, silence, &call.Upstream}, c.maxAnswer, func(row json.RawMessage) error {
		n++
		return call.Row(c.withoutTokens(row))
	})
	if err == nil || errors.Is(err, errLeft) {
		return false, nil
	}
	again, e := broken(ctx, call, err, false)
	e.Err = fmt.Errorf("its list broke off after %d rows: %w", n, e.Err)
	return again && n == 0 && !errors.Is(err, errTooLarge), e
}

// audible lets the timer run only while a reader waits for bytes: a slow reader is no silence.
type audible struct {
	io.Reader
	silence *time.Timer
	waited  *time.Duration // for bytes, in sum
}

func (a *audible) Read(p []byte) (int, error) {
	a.silence.Reset(streamSilence)
	defer a.silence.Stop()
	defer since(time.Now(), a.waited)
	return a.Reader.Read(p)
}

var errNotRows = errors.New("it is not the documented JSON list")

// eachRow reads a JSON array and nothing else, and hands over its elements one at a time. An element with what comes before
// it has at most this many bytes.
func eachRow(r io.Reader, most int64, each func(json.RawMessage) error) error {
	src := &bounded{Reader: r, most: most}
	d := json.NewDecoder(src)
	if t, err := d.Token(); err != nil {
		return rowError(err)
	} else if t != json.Delim('[') {
		return errNotRows
	}
	var row json.RawMessage // one buffer for all
	for src.from = d.InputOffset(); d.More(); src.from = d.InputOffset() {
		if err := d.Decode(&row); err != nil {
			return rowError(err)
		}
		if err := each(row); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // anything but the closing bracket
		return rowError(err)
	}
	switch _, err := d.Token(); { // behind it: nothing, and the answer's proper end
	case err == nil:
		return errNotRows
	case err != io.EOF:
		return rowError(err)
	}
	return nil
}

// rowError keeps what was sent out of an error: it can be a customer's text.
func rowError(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return errNotRows
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

// bounded reads no further than most bytes behind from.
type bounded struct {
	io.Reader
	most, from, read int64
}

func (b *bounded) Read(p []byte) (int, error) {
	room := b.from + b.most - b.read
	if room <= 0 {
		return 0, fmt.Errorf("%w (one row has more than %d bytes)", errTooLarge, b.most)
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), room)])
	b.read += int64(n)
	return n, err
}
