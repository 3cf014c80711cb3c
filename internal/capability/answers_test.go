package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswers(t *testing.T) {
	file := func(answers string) []byte {
		return []byte("version: 1\nagents: {a: {" + answers + "access: {tags: read}}}")
	}
	parsed := func(answers string) *Rules {
		r, err := Parse("f", file(answers))
		require.NoError(t, err)
		return r
	}
	for given, want := range map[string]Answers{"": AnswersText, "answers: text, ": AnswersText, "answers: ids, ": AnswersIDs, "answers: json, ": AnswersJSON} {
		a, err := parsed(given).Agent("a")
		require.NoError(t, err)
		require.Equal(t, want, a.Answers())
		require.Equal(t, want == AnswersJSON, a.InJSON())
	}
	for given, want := range map[string]string{
		"answers: jsn, ":    `agents.a.answers: must be one of text, ids, json, not "jsn"; did you mean "json"?`,
		"answers: [json], ": "agents.a.answers: must be text, not a list",
		"answers: true, ":   "agents.a.answers: must be text, not true or false",
	} {
		_, err := Parse("f", file(given))
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, []string{"a gets its answers as text → json"}, Diff(parsed(""), parsed("answers: json, ")))
	require.Empty(t, Diff(parsed(""), parsed("answers: text, ")))
}
