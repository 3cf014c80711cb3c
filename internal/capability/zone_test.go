package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTimezone(t *testing.T) {
	const rest = "\nagents: {a: {access: {tags: read}}}"
	r, err := Parse("f", []byte("version: 1\ntimezone: America/New_York"+rest))
	require.NoError(t, err)
	require.Equal(t, "America/New_York", r.Timezone().String())
	r, err = Parse("f", []byte("version: 1"+rest))
	require.NoError(t, err)
	require.Nil(t, r.Timezone())

	for given, want := range map[string]string{
		"Europe/Copenhagn": `2:11: timezone: "Europe/Copenhagn" is not a time zone; write an IANA name such as Europe/Copenhagen or UTC; did you mean "Europe/Copenhagen"?`,
		"Copenhagen":       `did you mean "Europe/Copenhagen"?`,
		"Local":            `"Local" is not a time zone`,
		`""`:               `"" is not a time zone`,
		"+02:00":           `"+02:00" is not a time zone`,
		"../../etc/passwd": "is not a time zone",
		"2":                "must be text, not a number",
		"[UTC]":            "must be text, not a list",
	} {
		_, err := Parse("f", []byte("version: 1\ntimezone: "+given+rest))
		require.ErrorContains(t, err, want, given)
	}
}
