package dixaclient

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dixa-mcp/internal/base/safetext"
)

// Effect is what is known about a failed call's effect in Dixa.
type Effect uint8

const (
	// NotDone: Dixa refused it, or it was never sent.
	NotDone Effect = iota
	// Unknown: it was sent, and nothing tells whether Dixa did it.
	Unknown
	// MaybeBefore: the last attempt was refused as if an earlier one, whose answer was lost, had done it.
	MaybeBefore
)

// String gives one word for records.
func (e Effect) String() string {
	return [...]string{NotDone: "not_done", Unknown: "unknown", MaybeBefore: "unknown"}[e]
}

// Error is a call that Dixa did not answer with success.
type Error struct {
	Op        *Spec
	Status    int    // HTTP status of the last answer, 0 when there was none
	RequestID string // Dixa's id of the last request, for its support; "" if there was none
	Message   string // Dixa's message, if any
	Token     string // such as "token 2 of 3": which it was sent with, where there are several
	Effect    Effect
	Attempts  int
	Err       error // what broke, when there was no answer or no readable one

	// Wrong says, after a 400 or 404, what is wrong with arguments by what was looked up; it replaces the likely causes.
	Wrong []string
	// Tool is the name under which the reader of the error made the call; "" for the operation's.
	Tool string
	// Tools says with which tools the reader of the error does what an operation does, "" for none; nil: with the operation.
	Tools func(operation string) string
	// Giving says which arguments of the reader's tool give an argument of the operation, none for none; nil: that of the same name.
	Giving func(argument string) []string
	// Right are the arguments whose values were looked up and exist: they are no likely causes.
	Right []string
}

// IsNotFound reports whether Dixa answered that what a call names does not exist (404).
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Unwrap gives what broke.
func (e *Error) Unwrap() error { return e.Err }

// Error says in one line what happened, what was not done or is not known, and what to try.
func (e *Error) Error() string {
	parts := []string{e.happened()}
	if e.Op.Level > Read {
		parts = append(parts, e.effect())
	}
	if hint := e.hint(); hint != "" {
		parts = append(parts, hint)
	}
	return cmp.Or(e.Tool, e.Op.Name) + ": " + strings.Join(parts, " ")
}

// happened returns what went wrong, as one sentence.
func (e *Error) happened() string {
	var s string
	switch {
	case e.Status == 0 && e.Attempts == 0:
		s = "it was not sent: " + e.cause()
	case e.Status == 0:
		s = "no answer from Dixa: " + e.cause()
	case e.Err != nil:
		s = fmt.Sprintf("Dixa answered %d, but %s", e.Status, e.cause())
	case e.Message != "":
		s = fmt.Sprintf("Dixa answered %d: %s", e.Status, e.Message)
	default:
		s = fmt.Sprintf("Dixa answered %d", e.Status)
	}
	if e.Attempts > 1 {
		s += fmt.Sprintf(" (after %d attempts)", e.Attempts)
	}
	return strings.TrimSuffix(s, ".") + "."
}

// cause returns what broke, as one line.
func (e *Error) cause() string { return safetext.Brief(fmt.Sprint(e.Err), briefCause) }

// effect returns what is known about the effect of a write, and where to look if that is not enough.
func (e *Error) effect() string {
	switch e.Effect {
	case Unknown:
		return "It is not known whether Dixa did it." + e.look()
	case MaybeBefore:
		return "An earlier attempt, whose answer was lost, may have done it already." + e.look()
	}
	return "Nothing was changed."
}

// look returns with which operation to check what was done.
func (e *Error) look() string {
	return " Check" + e.clause(" with %s", e.Op.LookWith) + " before you try again."
}

// clause returns words about the tools with which the reader does what an operation does; "" where there are none.
func (e *Error) clause(format, operation string) string {
	if operation != "" && e.Tools != nil {
		operation = e.Tools(operation)
	}
	if operation == "" {
		return ""
	}
	return fmt.Sprintf(format, operation)
}

// hint returns what to try next, "" where what happened says it already.
func (e *Error) hint() string {
	switch {
	case e.Status == 0 && e.Attempts == 0:
		return "" // what is said before is about this side
	case e.Op == readAttachment:
		return e.fileHint()
	case errors.Is(e.Err, errTooLarge):
		return "Ask for less at a time."
	case e.Status == 400:
		return "Dixa does not say which argument it means." + e.causes()
	case e.Status == 401 || e.Status == 403:
		return e.sentWith() + "Usual causes: the token was not made with version \"Dixa API\", was not made by an administrator, has expired or was deleted, or the user who made it may not do this."
	case e.Status == 404 && e.Effect == NotDone:
		return "What an id names does not exist, or no longer." + e.causes()
	case e.Status == 409 && e.Effect == NotDone:
		return "It conflicts with the present state: read it again first."
	case e.Status == 429:
		return "Others may be using the same token. Try again in a minute."
	case e.Status >= 300 && e.Status < 400:
		return "Redirects are not followed, since the token would travel with them. Check the base URL."
	case (e.Effect == NotDone || e.Op.Level == Read) && (e.Status >= 500 || e.Err != nil):
		return "Try again later."
	}
	return ""
}

// sentWith tells an operator with several tokens which one to look at.
func (e *Error) sentWith() string {
	if e.Token == "" {
		return ""
	}
	return "It was sent with " + e.Token + ". "
}

// InputError is a request that was refused before anything was sent.
type InputError struct {
	Operation string
	Field     string // the argument's name, "" when it is the combination that is wrong
	Problem   string
}

// Error names the operation, the argument and what is allowed.
func (e *InputError) Error() string {
	s := e.Problem
	if e.Field != "" {
		s = e.Field + " " + s
	}
	if e.Operation != "" {
		s = e.Operation + ": " + s
	}
	if !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s + " Nothing was sent."
}

// BusyError is returned for a call whose deadline is before its slot under a rate limit.
type BusyError struct {
	Operation string
	Wait      time.Duration // until its slot
	Left      time.Duration // until its deadline
}

// Error says how long the call would wait, and when to try again.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s: the rate limit delays this call by %s, but its deadline is in %s. Nothing was sent. Try again in %s.",
		e.Operation, seconds(e.Wait), seconds(e.Left), seconds(max(e.Wait-e.Left, time.Second)))
}

func seconds(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
