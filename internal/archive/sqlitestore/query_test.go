package sqlitestore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
)

func TestQuery(t *testing.T) {
	archivetest.Queries(t, func(t *testing.T) archivetest.Opened {
		dir := t.TempDir()
		s := Open(dir)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return archivetest.Opened{First: s, Open: func() archive.Store { return Open(dir) }, Bytes: func(t *testing.T) []byte { return onDisk(t, dir) }}
	})
}
