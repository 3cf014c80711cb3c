// Package lines cuts and counts lists for messages that are read as a whole.
package lines

import "fmt"

// First returns the first of some lines, at most that many. Where there are more, the last one says how many; atLeast says that
// not all of them were found.
func First(all []string, most int, atLeast bool) []string {
	if len(all) <= most && !atLeast {
		return all
	}
	shown := min(len(all), most-1)
	more := fmt.Sprintf("and %d more", len(all)-shown)
	if atLeast {
		more = fmt.Sprintf("and at least %d more", max(len(all)-shown, 1))
	}
	return append(all[:shown:shown], more)
}

// Counted returns a number of things: "1 item", "3 items".
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
