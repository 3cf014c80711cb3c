package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"dixa-mcp/internal/base/plainjson"
)

// line writes a record as JSON without reflection, which took a tenth of the CPU time of a call. It writes what encoding/json
// would, byte for byte, without HTML escapes.
type line struct {
	b   []byte
	err error
}

// appendJSON appends the record as it is in the file, with milliseconds in its time.
func (r *Record) appendJSON(b []byte) ([]byte, error) {
	l := &line{b: append(b, '{')}
	l.key("time")
	l.b = append(r.Time.UTC().AppendFormat(append(l.b, '"'), timeLayout), '"')
	l.key("seq")
	l.b = strconv.AppendUint(l.b, r.Seq, 10)
	l.key("event")
	l.quote(string(r.Event))
	l.text("call", r.Call)
	l.text("agent", r.Agent)
	l.text("key", r.Key)
	l.text("person", r.Person)
	l.number("bound", int(r.Bound))
	l.text("client", r.Client)
	l.text("session", r.Session)
	l.text("tool", r.Tool)
	l.text("access", r.Access)
	l.text("level", r.Level)
	l.arguments(r.Arguments)
	if len(r.Names) > 0 {
		l.value("names", r.Names)
	}
	l.text("decision", r.Decision)
	l.text("rule", r.Rule)
	l.text("step", r.Step)
	l.text("job", r.Job)
	l.text("reason", r.Reason)
	l.text("confirm", r.Confirm)
	l.text("approval", r.Approval)
	l.text("approver", r.Approver)
	l.text("approverKey", r.ApproverKey)
	l.text("sender", r.Sender)
	if r.Edited != nil {
		l.value("edited", r.Edited)
	}
	l.text("fileDigest", r.FileDigest)
	l.operations(r.Operations)
	l.number("withheld", r.Withheld)
	l.number("tokens", r.Tokens)
	l.number("repeated", r.Repeated)
	l.text("outcome", r.Outcome)
	l.text("text", r.Text)
	l.text("run", r.Run)
	l.text("follows", r.Follows)
	if len(r.Heads) > 0 {
		l.value("heads", r.Heads)
	}
	if len(r.Removed) > 0 {
		l.value("removed", r.Removed)
	}
	l.text("prev", r.Prev)
	l.text("hash", r.Hash)
	return append(l.b, '}'), l.err
}

func (l *line) operations(all []Operation) {
	if len(all) == 0 {
		return
	}
	l.key("operations")
	l.b = append(l.b, '[')
	for i, o := range all {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = append(l.b, '{')
		l.key("operation")
		l.quote(o.Operation)
		l.number("status", o.Status)
		l.text("request", o.Request)
		l.key("ms")
		l.b = strconv.AppendInt(l.b, o.Millis, 10)
		l.number("attempts", o.Attempts)
		l.key("outcome")
		l.quote(o.Outcome)
		l.text("error", o.Error)
		l.text("message", o.Message)
		l.text("attachment", o.Attachment)
		l.text("host", o.Host)
		l.number("bytes", o.Bytes)
		l.b = append(l.b, '}')
	}
	l.b = append(l.b, ']')
}

// key begins a member of the object that is being written.
func (l *line) key(name string) {
	if l.b[len(l.b)-1] != '{' {
		l.b = append(l.b, ',')
	}
	l.b = append(append(append(l.b, '"'), name...), `":`...)
}

// text writes a member, unless it is empty.
func (l *line) text(name, value string) {
	if value != "" {
		l.key(name)
		l.quote(value)
	}
}

// number writes a member, unless it is 0.
func (l *line) number(name string, value int) {
	if value != 0 {
		l.key(name)
		l.b = strconv.AppendInt(l.b, int64(value), 10)
	}
}

// quote writes a string. What is not plain ASCII is left to encoding/json.
func (l *line) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			l.marshal(s)
			return
		}
	}
	l.b = append(append(append(l.b, '"'), s...), '"')
}

// arguments writes the arguments, unless there are none. What was not reduced here may be any text.
func (l *line) arguments(a Arguments) {
	if a.IsZero() {
		return
	}
	l.key("arguments")
	if a.values != nil {
		l.b = append(l.b, a.text...)
		return
	}
	b := bytes.NewBuffer(l.b)
	if err := json.Compact(b, a.text); err != nil {
		l.err = fmt.Errorf("arguments: %w", err)
	}
	l.b = b.Bytes()
}

// value writes a member that most records do not have.
func (l *line) value(name string, value any) {
	l.key(name)
	l.marshal(value)
}

func (l *line) marshal(value any) {
	text, err := plainjson.Marshal(value)
	if err != nil && l.err == nil {
		l.err = err
	}
	l.b = append(l.b, text...)
}
