package address

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		in, host               string
		isLoopback, cannotBind bool
	}{
		{"localhost", "localhost", true, true},
		{"LocalHost:8080", "localhost", true, true},
		{"127.0.0.1", "127.0.0.1", true, true},
		{"127.1.2.3:80", "127.1.2.3", true, true},
		{"[::1]:8080", "::1", true, true},
		{"[::1]", "::1", true, true},
		{"::1", "::1", true, true},
		{"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", true, true},
		{"10.0.0.7:80", "10.0.0.7", false, true},
		{"0.0.0.0", "0.0.0.0", false, true},
		{":8080", "", false, false},
		{"", "", false, false},
		{"localhost.example.com", "localhost.example.com", false, false},
		{"127.0.0.1.example.com:80", "127.0.0.1.example.com", false, false},
		{"127.1", "127.1", false, false},
		{"2130706433", "2130706433", false, false},
		{"localhost.", "localhost.", false, false},
	} {
		host := Host(c.in)
		require.Equal(t, c.host, host, c.in)
		require.Equal(t, c.isLoopback, IsLoopback(host), c.in)
		require.Equal(t, c.cannotBind, CannotRebind(host), c.in)
	}
}

func TestIsConfidential(t *testing.T) {
	for text, want := range map[string]bool{"https://dixa.example": true, "http://127.0.0.1:9090": true, "http://[::1]": true, "http://localhost": true,
		"http://dixa.example": false, "http://10.0.0.1": false, "ftp://localhost": false, "localhost": false} {
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, IsConfidential(u), text)
	}
}
