package schemas

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

type reachable struct {
	Email string   `json:"email,omitzero" contact:"email"`
	Phone string   `json:"phone,omitzero" contact:"phone"`
	Own   string   `json:"own,omitzero" contact:"number"`
	Cc    []string `json:"cc,omitzero" contact:"email"`
}

func TestContacts(t *testing.T) {
	s := Of[reachable]()
	for _, c := range []struct{ given, want string }{
		{`{"email":" mailto:anna@example.com "}`, `{"email":"anna@example.com"}`},
		{`{"email":"MailTo:anna@example.com"}`, `{"email":"anna@example.com"}`},
		{`{"email":"\u200banna@\u00adexample.com\u2060"}`, `{"email":"anna@example.com"}`},
		{`{"email":"Anna <anna@example.com>"}`, `{"email":"Anna <anna@example.com>"}`},
		{`{"cc":["mailto:a@example.com","b@example.com"]}`, `{"cc":["a@example.com","b@example.com"]}`},
		{`{"phone":"tel:+45 12 34-56 78"}`, `{"phone":"+4512345678"}`},
		{`{"phone":"\u202a+4512345678\u202c"}`, `{"phone":"+4512345678"}`},
		{`{"phone":"0045 12345678"}`, `{"phone":"+4512345678"}`},
		{`{"phone":"+44 (0)20 7946 0958"}`, `{"phone":"+442079460958"}`},
		{`{"phone":"(+33) 639-98-1000"}`, `{"phone":"+33639981000"}`},
		{`{"phone":"+45\u00a012\u200934\u00a056\u00a078"}`, `{"phone":"+4512345678"}`},
		{`{"own":"12 34 56 78"}`, `{"own":"12 34 56 78"}`},
		{`{"own":"+45 12 34 56 78"}`, `{"own":"+4512345678"}`},
		{`{"own":"support@email.dixa.io"}`, `{"own":"support@email.dixa.io"}`},
		{`{"phone":""}`, `{"phone":""}`},
	} {
		got, err := s.Normalize(json.RawMessage(c.given))
		require.NoError(t, err, c.given)
		require.Equal(t, c.want, string(got), c.given)
	}
	for _, given := range []string{"12345678", "12 34 56 78", "+45 12 34 56 78 ext 9", "+0123456789", "anna@example.com", "+", "00"} {
		args, err := json.Marshal(map[string]string{"phone": given})
		require.NoError(t, err)
		_, err = s.Normalize(args)
		require.ErrorContains(t, err, "a phone number with its country code, such as +4512345678", given)
	}
}

func TestContactTagsRefused(t *testing.T) {
	require.Panics(t, func() {
		Of[struct {
			N int `json:"n" contact:"phone"`
		}]().JSON()
	})
	require.Panics(t, func() {
		Of[struct {
			S string `json:"s" contact:"fax"`
		}]().JSON()
	})
}

// A number that was normalized stays what it is, and nothing is added to it.
func FuzzContacts(f *testing.F) {
	for _, s := range []string{"tel:+45 12 34 56 78", "0045", "+44 (0)20", "mailto:", "\u202a+45", "‐+4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		once := plainNumber(s)
		require.LessOrEqual(t, len(once), len(s))
		if isE164(once) {
			require.Equal(t, once, plainNumber(once))
		}
	})
}
