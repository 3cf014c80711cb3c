package schemas

import (
	"strings"
	"unicode/utf8"

	"dixa-mcp/internal/base/vocabulary"
)

// Nearest returns the one of the given words that was probably meant, or ""
// when none is near. Case, "_", "-", "." and spaces do not count. A few wrong,
// missing, added or swapped letters are near; failing that, the only one that
// contains word, or is contained in it. Of equally near ones it is the first.
func Nearest(word string, of []string) string {
	const longest = 64 // a longer word is no mistyped name, and comparing costs
	meant := []rune(vocabulary.Fold(word))
	if len(word) > longest || len(meant) == 0 {
		return ""
	}
	best, least := "", min(5, (len(meant)+1)/3)+1
	for _, candidate := range of {
		if utf8.RuneCountInString(candidate) > 2*longest {
			continue
		}
		if d := distance(meant, []rune(vocabulary.Fold(candidate))); d < least {
			best, least = candidate, d
		}
	}
	if best != "" {
		return best
	}
	return onlyContaining(string(meant), of)
}

func onlyContaining(word string, of []string) string {
	const shortest = 4 // shorter ones are part of too many
	found := ""
	for _, candidate := range of {
		c := vocabulary.Fold(candidate)
		if min(len(c), len(word)) < shortest || !strings.Contains(c, word) && !strings.Contains(word, c) {
			continue
		}
		if found != "" {
			return ""
		}
		found = candidate
	}
	return found
}

// Distance returns how many letters of one word must be changed, added, removed or swapped with their neighbour to make the
// other.
func Distance(a, b string) int { return distance([]rune(a), []rune(b)) }

// distance returns how many letters must be changed, added, removed or swapped with
// their neighbour to turn a into b (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
