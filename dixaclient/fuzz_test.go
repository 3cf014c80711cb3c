package dixaclient

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpguts"
)

func FuzzPageKey(f *testing.F) {
	for _, s := range []string{"", "/v1/endusers?pageKey=abc", "https://evil.example/x/?a=b&pageKey=cGFnZQ%3D%3D:", "?pageKey=%zz", "?pageKey=a+b", "?&&pageKey"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		key := pageKey(next)
		require.LessOrEqual(t, len(key), len(next))
		again := pageKey("/v1/things?" + url.Values{"pageKey": {key}}.Encode())
		require.Equal(t, key, again, "what is sent is what was named")
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2021-12-01T12:46:36.581Z[GMT]", "2021-12-01T12:46Z[GMT]", "2021-12-01", "2021-12-01T12:46:36.123456789+02:00[Europe/Paris]", "", "["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var read Time
		require.NoError(t, read.UnmarshalJSON([]byte(text)))
		at, err := ParseTime(text)
		if err != nil {
			require.True(t, at.IsZero())
			return
		}
		if year := at.Year(); year < 0 || year > 9999 {
			return // a zone can push a time out of what RFC 3339 writes
		}
		again, err := ParseTime(at.String())
		require.NoError(t, err)
		require.Equal(t, at.String(), again.String())
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"data":[{"id":1}],"meta":{"next":"?pageKey=a"}}`, `[{"id":"x"}]`, `{"data":{"id":1,"parts":[{"size":"x"}]}}`, "<html>", "", "null", `{"data":[[]],"meta":[]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		check := func(_ any, call *Call, err error) {
			if err != nil {
				require.Nil(t, call.Raw)
				return
			}
			require.Equal(t, string(call.Raw), strings.TrimSpace(body), "the answer is kept as it came")
		}
		check(decodeInto(oneThing, body))
		check(decodeInto(manyThings, body))
		check(decodeInto(bareThings, body))
		check(decodeInto(ListMessages, body))
	})
}

func FuzzCleanToken(f *testing.F) {
	for _, s := range []string{"", "eyJ.a", "Bearer eyJ", " bearer  eyJ\n", "Bearer Bearer", "a b", "a\r\nX: y", "“a”"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pasted string) {
		token, err := CleanToken(pasted)
		if err != nil {
			require.Empty(t, token)
			_, other := CleanToken("\x00")
			_, none := CleanToken("")
			require.Contains(t, []string{other.Error(), none.Error()}, err.Error(), "nothing of the token is in the error")
			return
		}
		again, err := CleanToken(token)
		require.NoError(t, err)
		require.Equal(t, token, again)
		require.True(t, httpguts.ValidHeaderFieldValue(token))
	})
}

// No id, whatever it is, leaves its segment of the path: not as it is sent, and not for a server that decodes it.
func FuzzRequestPath(f *testing.F) {
	for _, s := range []string{testUUID, "..", "../agents", "a/b", "%2e%2e%2f", `a\b`, "+4512345678", "{id}", "a@b.c", "ø", "a?b", "a#b", ".", "a\x00", "..;"} {
		f.Add(s, int64(1))
	}
	f.Add(testUUID, int64(-1))
	f.Fuzz(func(t *testing.T, text string, number int64) {
		for _, s := range Operations() {
			if !strings.Contains(s.Path, "{") {
				continue
			}
			for i := range s.plan().fields {
				tryPath(t, s, i, text, number)
			}
		}
	})
}

// tryPath gives one path variable a value, and the others one that fits.
func tryPath(t *testing.T, s *Spec, i int, text string, number int64) {
	f := s.plan().fields[i]
	if f.in != "path" {
		return
	}
	in := reflect.New(s.In())
	fill(s, in)
	if v := in.Elem().FieldByIndex(f.index); v.Kind() == reflect.String {
		v.SetString(text)
	} else {
		v.SetInt(number)
	}
	r, err := s.Request(in.Interface())
	if err != nil {
		require.Contains(t, err.Error(), "Nothing was sent")
		return
	}
	u, err := url.Parse("https://dixa.example" + r.Path)
	require.NoError(t, err)
	require.Equal(t, "dixa.example", u.Host)
	require.Empty(t, u.RawQuery+u.Fragment)
	template := strings.Split(s.Path, "/")
	require.Equal(t, strings.Count(u.Path, "/"), len(template)-1)
	require.Equal(t, u.JoinPath().Path, u.Path, "no . or .. to resolve")
	for j, segment := range strings.Split(u.Path, "/") {
		if strings.HasPrefix(template[j], "{") {
			require.NotEmpty(t, segment)
		} else {
			require.Equal(t, template[j], segment)
		}
	}
}
