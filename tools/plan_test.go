package tools

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

// Steps that change several things in the same way are one sentence, where the first of them is.
func TestStepsThatSayTheSame(t *testing.T) {
	came := "erased, as Dixa confirms"
	steps := []Step{
		{Each: "conversation", What: "conversation 1", Before: "Open", After: "Closed"}, {Each: "conversation", What: "conversation 1", After: "erase", said: &came},
		{Each: "conversation", What: "conversation 2", After: "erase"}, {What: "customer", After: "erase"},
		{Each: "conversation", What: "conversation 3", After: "erase", said: &came}, {Each: "conversation", What: "conversation 4", After: "erase", Same: true},
		{What: "tag a", After: "added"}, {What: "tag a", After: "added"},
	}
	require.Equal(t, map[int]string{
		0: "conversation 1: Open → Closed", 1: "conversations 1, 3: erased, as Dixa confirms", 2: "conversation 2: erase", 3: "customer: erase",
		5: "conversation 4: erase, no change", 6: "tag a: added", 7: "tag a: added",
	}, maps.Collect(Said(steps)))
	for range Said(steps) {
		break
	}
	require.Equal(t, "conversation 3: erased, as Dixa confirms", steps[4].String())
}
