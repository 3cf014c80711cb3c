package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a run does not use is not initialized: no package allocates more than this when the program starts, but those that
// are named here.
func TestPackagesInitializeLittle(t *testing.T) {
	t.Parallel()
	const most = 128 << 10
	more := map[string]int{ // bytes
		"github.com/santhosh-tekuri/jsonschema/v6": 2 << 20, // mcp-go's; it reads its schemas of schemas
		"dixa-mcp/tools":            352 << 10, // the table of operations, which every server uses
		"github.com/ledongthuc/pdf": 256 << 10, // a table of glyphs
		"golang.org/x/net/html":     160 << 10, // a table of entities
	}
	o := finish(t, newPlace(t).command([]string{"GODEBUG=inittrace=1"}, "version"))
	require.Zero(t, o.code, o.stderr)
	lines := regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes`).FindAllStringSubmatch(o.stderr, -1)
	require.NotEmpty(t, lines, o.stderr)
	ours := 0     // of this program's packages together: regular expressions and templates wait for their first use
	postgres := 0 // of the packages for PostgreSQL together, which few runs use
	for _, line := range lines {
		n, err := strconv.Atoi(line[2])
		require.NoError(t, err)
		require.LessOrEqual(t, n, max(most, more[line[1]]), line[0])
		if strings.HasPrefix(line[1], "github.com/jackc/") {
			postgres += n
		}
		if strings.HasPrefix(line[1], "dixa-mcp/") {
			ours += n
		}
	}
	require.NotZero(t, ours, o.stderr)
	require.Less(t, ours, 600<<10, o.stderr)
	require.NotZero(t, postgres, o.stderr)
	require.Less(t, postgres, 64<<10, o.stderr)
}
