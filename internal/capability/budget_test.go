package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBudget(t *testing.T) {
	a := agentWith(t, `    budget:
      requests_per_second: 0.5
      requests_per_day: 864000
      writes_per_hour: 1
      writes_per_day: 2
      sends_per_hour: 3
      sends_per_day: 4
      erases_per_hour: 5
      erases_per_day: 6
      rows_per_hour: 7
`)
	require.Equal(t, Budget{false, 0.5, 864000, 1, 2, 3, 4, 5, 6, 7, 7}, a.Budget())
	require.Equal(t, Budget{RequestsPerSecond: 10, RowsPerHour: DefaultRowsPerHour}, agentWith(t, "    budget: {requests_per_second: 10}\n").Budget())
	require.Equal(t, Budget{RowsPerHour: DefaultRowsPerHour}, agentWith(t, "").Budget())
}

func TestParseRefusesBudget(t *testing.T) {
	const number, whole = "must be a number above 0 and at most 10, such as 2 or 0.5: Dixa takes no more", "must be a whole number above 0, such as 200"
	for _, c := range []struct{ text, want string }{
		{"[1]", "f:8:13: agents.a.budget: must be a mapping, not a list"},
		{"{writes: 5}", "f:8:14: agents.a.budget.writes: unknown key"},
		{"{sends_per_minute: 5}", `f:8:14: agents.a.budget.sends_per_minute: unknown key; did you mean "sends_per_hour"?`},
		{"{requests_per_second: 10.5}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_second: 0}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_second: .inf}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_second: .nan}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_second: \"5\"}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_second: 0x5}", "f:8:35: agents.a.budget.requests_per_second: " + number},
		{"{requests_per_day: 864001}", "f:8:14: agents.a.budget.requests_per_day: must be at most 864000: Dixa takes no more"},
		{"{writes_per_hour: 0}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: -1}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: 1.5}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: 010}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: 1_000}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: [5]}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: 99999999999999999999}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
		{"{writes_per_hour: ~}", "f:8:31: agents.a.budget.writes_per_hour: " + whole},
	} {
		_, err := Parse("f", []byte(known+"    budget: "+c.text+"\n"))
		require.EqualError(t, err, c.want)
	}
}

// Rows of the archive are bounded without a word in the file, so that a larger bound widens, and the lower one holds until a change is
// in force.
func TestRowsPerHour(t *testing.T) {
	with := func(budget string) *Rules { return mustParse(t, known+"    access: {tags: read}\n"+budget) }
	none, few, many := with(""), with("    budget: {rows_per_hour: 10}\n"), with("    budget: {rows_per_hour: 5000}\n")
	require.Equal(t, []Change{{Text: "a: budget rows_per_hour also counts what Dixa answers", Narrows: true}, {Text: "a: budget rows_per_hour 1000 → 5000", Widens: true}}, Compare(none, many))
	require.Equal(t, []Change{{Text: "a: budget rows_per_hour also counts what Dixa answers", Narrows: true}, {Text: "a: budget rows_per_hour 1000 → 10", Narrows: true}}, Compare(none, few))
	require.Equal(t, []Change{{Text: "a: budget rows_per_hour no longer counts what Dixa answers", Widens: true}, {Text: "a: budget rows_per_hour 5000 → 1000", Narrows: true}}, Compare(many, none))
	for _, c := range []struct {
		old, new *Rules
		want     int
	}{{none, many, 1000}, {many, none, 1000}, {few, none, 10}, {none, few, 10}, {many, few, 10}, {few, many, 10}} {
		a, err := Both(c.old, c.new).Agent("a")
		require.NoError(t, err)
		require.Equal(t, c.want, a.Budget().RowsPerHour)
		require.Equal(t, c.want, a.Budget().RecordsPerHour, "counted as soon as one of both says so")
	}
	require.Equal(t, []string{"agents.a.budget.rows_per_hour"}, Removed(few, none))
	require.Empty(t, Removed(none, few))
	require.Empty(t, agentWith(t, "").Budget().Words())
	require.Equal(t, []string{"10 rows per hour"}, agentWith(t, "    budget: {rows_per_hour: 10}\n").Budget().Words())
}
