package dixaclient

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestErrorTexts(t *testing.T) {
	lost := testOp[everyIn, None]("PUT /v1/things/{id}/tags/{tagId}/{key}", Write)
	for _, test := range []struct {
		e    Error
		want string
	}{
		{Error{Op: GetConversation.Spec, Status: 404, Message: "The requested resource could not be found", Attempts: 1},
			"get_conversation: Dixa answered 404: The requested resource could not be found. What an id names does not exist, or no longer. Likely causes:\n- conversationId: the conversation does not exist"},
		{Error{Op: GetConversation.Spec, Status: 503, Attempts: 3, Effect: Unknown}, "get_conversation: Dixa answered 503 (after 3 attempts). Try again later."},
		{Error{Op: GetConversation.Spec, Attempts: 3, Effect: Unknown, Err: io.EOF}, "get_conversation: no answer from Dixa: EOF (after 3 attempts). Try again later."},
		{Error{Op: GetConversation.Spec, Status: 200, Attempts: 1, Effect: Unknown, Err: errTooLarge},
			"get_conversation: Dixa answered 200, but the answer is too large. Ask for less at a time."},
		{Error{Op: CloseConversation.Spec, Status: 400, Message: "Decoding failure in request.", Attempts: 1},
			"close_conversation: Dixa answered 400: Decoding failure in request. Nothing was changed. Dixa does not say which argument it means. Likely causes:\n- agentId: must be a Dixa agent's id, not an end user's; see list_agents"},
		{Error{Op: CloseConversation.Spec, Status: 500, Attempts: 1, Effect: Unknown},
			"close_conversation: Dixa answered 500. It is not known whether Dixa did it. Check with get_conversation before you try again."},
		{Error{Op: lost.Spec, Status: 409, Attempts: 2, Effect: MaybeBefore},
			"test_operation: Dixa answered 409 (after 2 attempts). An earlier attempt, whose answer was lost, may have done it already. Check before you try again."},
		{Error{Op: CloseConversation.Spec, Err: errors.New("the token cannot be read: sealed")},
			"close_conversation: it was not sent: the token cannot be read: sealed. Nothing was changed."},
	} {
		require.EqualError(t, &test.e, test.want)
		require.Equal(t, test.e.Err, errors.Unwrap(&test.e))
	}
	require.Equal(t, []string{"not_done", "unknown", "unknown"}, []string{NotDone.String(), Unknown.String(), MaybeBefore.String()})
}

func TestBusyErrorNeverAdvisesNoTime(t *testing.T) {
	e := &BusyError{Operation: "op", Wait: 1050 * time.Millisecond, Left: time.Second}
	require.ErrorContains(t, e, "Try again in 1s.")
}

func TestInputError(t *testing.T) {
	require.EqualError(t, &InputError{Problem: "email and phone exclude each other"}, "email and phone exclude each other. Nothing was sent.")
	require.EqualError(t, &InputError{Operation: "op", Field: "id", Problem: "must be positive"}, "op: id must be positive. Nothing was sent.")
}

func TestMessagesOfDixaAreCut(t *testing.T) {
	c := testClient(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"`+strings.Repeat("ø", 10_000)+`"}`)
	})
	_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
	require.ErrorContains(t, err, strings.Repeat("ø", 500)+"…")
	require.Less(t, utf8.RuneCountInString(err.Error()), 700)
}

func TestRedirectsAreRefused(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		sent := 0
		c := testClient(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			sent++
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, code)
		})
		for _, idempotent := range []bool{true, false} {
			err := callOnce(t.Context(), c, idempotent)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, NotDone, e.Effect)
			require.Equal(t, code, e.Status)
			require.ErrorContains(t, err, "Redirects are not followed, since the token would travel with them. Check the base URL.")
		}
		require.Equal(t, 2, sent)
	}
}

// Whatever goes wrong, the token is not in what is said about it.
func TestTokenIsInNoError(t *testing.T) {
	echo := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://"+r.Header.Get("Authorization")+"@dixa.example/%zz")
			w.WriteHeader(code)
		}
	}
	for _, code := range []int{200, 302, 400, 401, 404, 409} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := callOnce(ctx, testClient(t, Config{}, echo(code)), false)
		cancel()
		if code == 200 {
			require.NoError(t, err)
			continue
		}
		require.Error(t, err)
		require.NotContains(t, err.Error(), testToken)
		var e *Error
		require.ErrorAs(t, err, &e)
		b, _ := json.Marshal(e.Message)
		require.NotContains(t, string(b), testToken)
	}
}
