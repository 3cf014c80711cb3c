package webhook

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddress(t *testing.T) {
	ips := map[string]string{"mcp.example.com": "93.184.216.34", "intern.example.com": "10.1.2.3", "both.example.com": "10.1.2.3 2606:2800:21f::1"}
	lookup := func(_ context.Context, _, host string) (all []netip.Addr, err error) {
		for ip := range strings.FieldsSeq(ips[host]) {
			all = append(all, netip.MustParseAddr(ip))
		}
		if all == nil {
			err = errors.New("no such host")
		}
		return all, err
	}
	for text, want := range map[string]string{
		"https://mcp.example.com":             here,
		"https://mcp.example.com/":            here,
		here:                                  here,
		here + "/":                            here,
		"https://mcp.example.com:8443/dixa":   "https://mcp.example.com:8443/dixa" + Path,
		"https://unknown.example.com":         "https://unknown.example.com" + Path,
		"https://both.example.com":            "https://both.example.com" + Path,
		"https://93.184.216.34":               "https://93.184.216.34" + Path,
		"http://mcp.example.com":              "https://",
		"https://localhost:8080":              "public internet",
		"https://127.0.0.1":                   "public internet",
		"https://10.0.0.7":                    "public internet",
		"https://[::1]":                       "public internet",
		"https://169.254.169.254":             "public internet",
		"https://intern.example.com":          "public internet",
		"https://mcp":                         "public internet",
		"https://mcp.local":                   "public internet",
		"https://mcp.internal.":               "public internet",
		"mcp.example.com":                     "such as https://",
		"ftp://mcp.example.com":               "such as https://",
		"https://anna:secret@mcp.example.com": "such as https://",
		"https://mcp.example.com?x=1":         "such as https://",
		"https://":                            "such as https://",
	} {
		got, err := Address(t.Context(), text, false, lookup)
		if strings.HasSuffix(want, Path) {
			require.NoError(t, err, text)
			require.Equal(t, want, got)
		} else {
			require.ErrorContains(t, err, want, text)
		}
	}
	got, err := Address(t.Context(), "http://127.0.0.1:8080", true, lookup)
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8080"+Path, got)
}
