package capability

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecordsKept(t *testing.T) {
	const rest = "\nagents: {a: {access: {tags: read}}}"
	parse := func(given string) *Rules {
		r, err := Parse("/etc/dixa/f.yaml", []byte("version: 1\n"+given+rest))
		require.NoError(t, err)
		return r
	}
	kept := parse("records: {keep: 400d}").RecordsKept()
	require.Equal(t, 400*24*time.Hour, kept.For)
	require.Equal(t, "records.keep (f.yaml:2)", kept.Rule)
	require.Equal(t, "for 400 days", kept.String())
	require.Zero(t, parse("").RecordsKept().For)
	require.Equal(t, "without end", parse("").RecordsKept().String())

	for given, want := range map[string]string{
		"{keep: 0d}":    `2:17: records.keep: must be a number of days from 1d to 3650d, such as 90d, not "0d"`,
		"{keep: 3651d}": `not "3651d"`,
		"{keep: 090d}":  `not "090d"`,
		"{keep: 12h}":   `not "12h"`,
		"{keep: -1d}":   `not "-1d"`,
		"{keep: 90}":    "must be text, not a number",
		"{}":            "records.keep: is missing",
		"400d":          "records: must be a mapping, not text",
		"{kept: 90d}":   `records.kept: unknown key`,
	} {
		_, err := Parse("f", []byte("version: 1\nrecords: "+given+rest))
		require.ErrorContains(t, err, want, given)
	}

	for _, test := range []struct{ old, new, both string }{
		{"", "records: {keep: 1d}", "without end"},
		{"records: {keep: 1d}", "", "without end"},
		{"records: {keep: 1d}", "records: {keep: 90d}", "for 90 days"},
		{"records: {keep: 90d}", "records: {keep: 1d}", "for 90 days"},
	} {
		require.Equal(t, test.both, Both(parse(test.old), parse(test.new)).RecordsKept().String(), "until the new file is in force, nothing is removed early")
		changes := Compare(parse(test.old), parse(test.new))
		require.Len(t, changes, 1)
		require.Contains(t, changes[0].Text, "records are kept ")
	}
}

func TestArchiveKept(t *testing.T) {
	const rest = "\nagents: {a: {access: {tags: read}}}"
	parse := func(given string) *Rules {
		r, err := Parse("/etc/dixa/f.yaml", []byte("version: 1\n"+given+rest))
		require.NoError(t, err)
		return r
	}
	kept := parse("archive: {keep: 30d}").ArchiveKept()
	require.Equal(t, 30*24*time.Hour, kept.For)
	require.Equal(t, "archive.keep (f.yaml:2)", kept.Rule)
	kept = parse("").ArchiveKept()
	require.Equal(t, 90*24*time.Hour, kept.For)
	require.Empty(t, kept.Rule)
	_, err := Parse("f", []byte("version: 1\narchive: {keep: 0d}"+rest))
	require.ErrorContains(t, err, `archive.keep: must be a number of days from 1d to 3650d, such as 90d, not "0d"`)
	for _, test := range []struct{ old, new, both, change string }{
		{"", "archive: {keep: 1d}", "for 90 days", "the archive keeps conversations for 90 days → for 1 day"},
		{"archive: {keep: 100d}", "", "for 100 days", "the archive keeps conversations for 100 days → for 90 days"},
	} {
		require.Equal(t, test.both, Both(parse(test.old), parse(test.new)).ArchiveKept().String())
		changes := Compare(parse(test.old), parse(test.new))
		require.Len(t, changes, 1)
		require.Equal(t, test.change, changes[0].Text)
	}
	require.Empty(t, Compare(parse(""), parse("archive: {keep: 90d}")))
}
