package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Keys that expire within 14 days fail the check of keys, each with what to do.
func TestDoctorNamesKeysThatExpire(t *testing.T) {
	p := newPlace(t)
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
	doctor := func(days int) outcome {
		expires := time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)
		file := p.write("capabilities.yaml", "version: 1\nstdio: [local]\nagents:\n  local: {allow: [get_organization]}\n"+
			"  keyed: {allow: [get_organization], keys: [{id: k-1, sha256: "+digest+"01, expires: "+expires+"}, {id: k-2, sha256: "+digest+"02}]}\n")
		return p.run("doctor", "--offline", "--capabilities", file)
	}
	o := doctor(13)
	require.Equal(t, 1, o.code)
	require.Contains(t, o.stdout, "✗ keys             the key k-1 of keyed expires on ")
	require.Contains(t, o.stdout, "make a new one with dixa-mcp key new --agent keyed")
	require.NotContains(t, o.stdout, "k-2")
	o = doctor(20)
	require.Zero(t, o.code, o.stdout)
	require.Contains(t, o.stdout, "✓ keys             none expires within 14 days\n")
}
