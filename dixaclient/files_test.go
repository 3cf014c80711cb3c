package dixaclient

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answers is a transport that notes what it is asked and answers as told.
type answers struct {
	asked  []*http.Request
	answer func(*http.Request) *http.Response
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r)
	return a.answer(r), nil
}

func answering(status int, body io.Reader, headers ...string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
	for i := 0; i+1 < len(headers); i += 2 {
		res.Header.Set(headers[i], headers[i+1])
	}
	return res
}

func filesClient(t *testing.T, transport http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Config{Token: StaticToken("the-token"), Files: FileHost{Transport: transport}})
	require.NoError(t, err)
	return c
}

func attached(address string) AttachmentIn {
	return AttachmentIn{ConversationRef: ConversationRef{ConversationID: 7}, MessageID: "11b95893-0514-4606-a5d8-1880172b3a55", Number: "#1/1", URL: address}
}

// Files are fetched from Dixa's own host alone, whatever tricks are in an address.
func TestFilesOfOtherHosts(t *testing.T) {
	a := &answers{answer: func(*http.Request) *http.Response { return answering(200, strings.NewReader("x")) }}
	c := filesClient(t, a)
	for _, address := range []string{
		"", "files.dixa.io/private/1", "//files.dixa.io/private/1", "http://files.dixa.io/private/1", "ftp://files.dixa.io/1", "file:///etc/passwd",
		"https://evil.example/1", "https://files.dixa.io.evil.example/1", "https://evil.example/files.dixa.io", "https://evilfiles.dixa.io/1",
		"https://files.dixa.io@evil.example/1", "https://evil.example@files.dixa.io/1", "https://user:pass@files.dixa.io/1", "https://@files.dixa.io/1",
		"https://files.dixa.io:443/1", "https://files.dixa.io:8443/1", "https://files.dixa.io:/1", "https://files.dixa.io./1",
		"https://xn--fles-2pa.dixa.io/1", "https://f\u0131les.dixa.io/1", "https://files.dixa.\u0456o/1", "https://files\u3002dixa.io/1",
		"https://evil.example\\@files.dixa.io/1", "https://files.dixa.io\\.evil.example/1", "https:\\\\files.dixa.io/1", "https:files.dixa.io/1",
		"https://files.dixa.io%2eevil.example/1", "https://files.dixa.io%00.evil.example/1", "https://127.0.0.1/1", "https://[::1]/1",
		"https://169.254.169.254/latest/meta-data", "https://dev.dixa.io/v1/endusers", "javascript:alert(1)", "https://files.dixa.io\r\nHost: evil/1",
	} {
		_, err := c.ReadAttachment(t.Context(), attached(address))
		require.ErrorAs(t, err, new(*FileError), "%q", address)
	}
	require.Empty(t, a.asked)

	f, err := c.ReadAttachment(t.Context(), attached("https://FILES.dixa.io/private/a%20b?x=1#part"))
	require.NoError(t, err)
	require.Equal(t, "x", string(f.Bytes))
	require.Equal(t, "https://FILES.dixa.io/private/a%20b?x=1", a.asked[0].URL.String())
}

// The token, and everything else that says who asks, stays away from the host of files.
func TestFilesAreAskedForWithoutTheToken(t *testing.T) {
	a := &answers{answer: func(r *http.Request) *http.Response {
		if r.URL.Path == "/1" {
			return answering(302, strings.NewReader(""), "Location", "/2")
		}
		return answering(200, strings.NewReader("x"), "Content-Type", "image/png; charset=x")
	}}
	f, err := filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
	require.NoError(t, err)
	require.Equal(t, File{Host: "files.dixa.io", Type: "image/png", Bytes: []byte("x")}, f)
	require.Len(t, a.asked, 2)
	for _, r := range a.asked {
		require.Equal(t, "GET", r.Method)
		require.Nil(t, r.Body)
		for name, values := range r.Header {
			require.Equal(t, "User-Agent", name)
			require.NotContains(t, fmt.Sprint(values), "token")
		}
	}
}

// A redirect is held to the same host as the address itself.
func TestRedirectsOfFiles(t *testing.T) {
	for _, to := range []string{"https://evil.example/1", "http://files.dixa.io/1", "//evil.example/1", "https://files.dixa.io:444/1", "https://x@files.dixa.io/1", "https://10.0.0.1/", "http://[::1", "/again"} {
		a := &answers{answer: func(*http.Request) *http.Response { return answering(302, strings.NewReader(""), "Location", to) }}
		_, err := filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
		require.ErrorContains(t, err, "redirects", to)
		require.LessOrEqual(t, len(a.asked), maxRedirects+1)
		for _, r := range a.asked {
			require.Equal(t, "https://files.dixa.io", r.URL.Scheme+"://"+r.URL.Host, to)
		}
	}
}

// endless is a body that never ends, and counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// A file is read up to its maximum size, whatever its length is said to be, and never decompressed beyond it.
func TestFilesThatAreTooLarge(t *testing.T) {
	body := &endless{}
	a := &answers{answer: func(*http.Request) *http.Response {
		res := answering(200, body, "Content-Length", "10")
		res.ContentLength = 10
		return res
	}}
	_, err := filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
	require.ErrorIs(t, err, errFileTooLarge)
	require.ErrorContains(t, err, "Do not try again")
	require.Less(t, body.read, 3*MaxFile)

	for size, fits := range map[int]bool{MaxFile: true, MaxFile + 1: false} {
		a.answer = func(*http.Request) *http.Response { return answering(200, bytes.NewReader(make([]byte, size))) }
		f, err := filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
		require.Equal(t, fits, err == nil, "%d: %v", size, err)
		require.Equal(t, fits, len(f.Bytes) == size)
	}

	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = io.CopyN(z, &endless{}, 200<<20)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	a.answer = func(*http.Request) *http.Response {
		return answering(200, bytes.NewReader(packed.Bytes()), "Content-Encoding", "br")
	}
	_, err = filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
	require.ErrorContains(t, err, "in the encoding br")
	a.answer = func(*http.Request) *http.Response { // as the transport undoes it
		r, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
		require.NoError(t, err)
		return answering(200, r)
	}
	_, err = filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
	require.ErrorIs(t, err, errFileTooLarge)
}

// A host that does not give the file out is told of in words.
func TestFilesThatAreNotGiven(t *testing.T) {
	for _, status := range []int{204, 304, 400, 401, 403, 404, 409, 429, 500} {
		a := &answers{answer: func(*http.Request) *http.Response { return answering(status, strings.NewReader("<html>secret</html>")) }}
		_, err := filesClient(t, a).ReadAttachment(t.Context(), attached("https://files.dixa.io/1"))
		require.ErrorContains(t, err, fmt.Sprintf("Dixa answered %d, but not with the file", status))
		require.NotContains(t, err.Error(), "secret")
		require.NotContains(t, err.Error(), "token")
		require.NotContains(t, err.Error(), "base URL")
		require.Equal(t, status == 429 || status == 500, strings.Contains(err.Error(), "Try again"), err.Error())
		require.Len(t, a.asked, 1)
	}
}

// silentHost answers when its request ends.
type silentHost struct{}

func (silentHost) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A host that does not answer is not waited for longer than one attempt.
func TestFilesThatTakeTooLong(t *testing.T) {
	c, err := New(Config{Token: StaticToken("x"), AttemptTimeout: 10 * time.Millisecond, Files: FileHost{Transport: silentHost{}}})
	require.NoError(t, err)
	_, err = c.ReadAttachment(context.Background(), attached("https://files.dixa.io/1"))
	require.ErrorContains(t, err, "it took longer")
}

// A name server cannot lead a connection into the network.
func TestPublicAddresses(t *testing.T) {
	for a, public := range map[string]bool{
		"1.1.1.1": true, "2606:4700::1111": true, "13.224.1.2": true, "::ffff:13.224.1.2": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false,
		"0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false, "192.0.2.1": false,
		"::": false, "::1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:10.0.0.1": false, "::ffff:127.0.0.1": false,
		"::127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::1": false, "2001::1": false, "2001:db8::1": false, "fec0::1": false,
		"::ffff:0:7f00:1": false, "::ffff:0:a9fe:a9fe": false, "64:ff9b:1::a00:1": false, "100:0:0:1::1": false, "3fff::1": false, "5f00::1": false, "4000::1": false,
		"192.88.99.1": false, "169.254.170.2": false, "fd00:ec2::254": false, "fe80::1%eth0": false,
	} {
		require.Equal(t, public, isPublic(netip.MustParseAddr(a)), a)
		err := publicOnly("tcp", netip.AddrPortFrom(netip.MustParseAddr(a), 443).String(), nil)
		require.Equal(t, public, err == nil, a)
	}
	require.Error(t, publicOnly("tcp", "localhost:443", nil))
	_, err := newFileTransport().RoundTrip(must(t, "https://127.0.0.1:1/"))
	require.ErrorContains(t, err, "not public")
	_, err = newFileTransport().RoundTrip(must(t, "https://localhost:1/"))
	require.ErrorContains(t, err, "not public")
}

func must(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	require.NoError(t, err)
	return r
}

// The address of the host itself is checked when a client is made.
func TestFileHosts(t *testing.T) {
	for _, bad := range []string{"http://files.dixa.io", "https://", "https://a@files.dixa.io", "https://files.dixa.io/x", "https://files.dixa.io?x", "files.dixa.io"} {
		_, err := New(Config{Token: StaticToken("x"), Files: FileHost{URL: bad}})
		require.ErrorContains(t, err, "the address of files", bad)
	}
}
