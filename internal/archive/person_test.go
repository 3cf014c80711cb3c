package archive_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

func TestNamesAddress(t *testing.T) {
	for _, text := range []string{"anna@example.org", "Write to ANNA@Example.org.", `{"to":["anna@example.org"]}`, "<anna@example.org>", "mailto:anna@example.org?x", "anna@example.org, b",
		"johanna@example.org and anna@example.org", "-anna@example.org", "é anna@example.org"} {
		require.True(t, archive.NamesAddress(text, "anna@example.org"), text)
	}
	for _, text := range []string{"", "johanna@example.org", "anna@example.organic", "anna@example.org.uk", "x.anna@example.org", "a-anna@example.org", "anna@example", "x+anna@example.org"} {
		require.False(t, archive.NamesAddress(text, "anna@example.org"), text)
	}
	require.True(t, archive.FieldsName([]byte(`{"a":[{"b":"line\nanna@example.org"}],"c":1}`), "anna@example.org"), "an escape in JSON is no part of the address")
	require.False(t, archive.FieldsName([]byte(`{"a":["johanna@example.org"]}`), "anna@example.org"))
	require.False(t, archive.FieldsName(nil, "anna@example.org"))
	require.True(t, archive.NamesAddress("call +4511112222.", "+4511112222"))
	require.False(t, archive.NamesAddress("call +45111122223", "+4511112222"))
	require.False(t, archive.NamesAddress("anything", ""))
}
