package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A place behind the end is refused with the places that there are, and the last of these still shows something.
func TestPlacesBehindTheEnd(t *testing.T) {
	long := strings.Repeat("word ", 600)
	list := fmt.Sprintf(`{"data":[{"n":"one"},{"n":%q,"id":"x","ok":true}]}`, long)
	single := fmt.Sprintf(`{"data":{"id":"x","text":%q,"n":12}}`, long)
	for name, c := range map[string]struct {
		body string
		o    Options
		want string // "" where it is inside
	}{
		"skip":               {list, Options{SkipArg: true, Skip: 2}, "skip must be 0 to 1, not 2: the list of 2 ends there"},
		"far":                {list, Options{SkipArg: true, Skip: 900}, "skip must be 0 to 1, not 900: the list of 2 ends there"},
		"last":               {list, Options{SkipArg: true, Skip: 1}, ""},
		"empty":              {`{"data":[]}`, Options{SkipArg: true, Skip: 3}, ""},
		"offset":             {list, Options{SkipArg: true, Skip: 1, Offset: 9000}, "offset must be 0 to %d, not 9000: item 2 of the list ends there"},
		"offset of one":      {single, Options{Offset: 9000}, "offset must be 0 to %d, not 9000: the answer ends there"},
		"page":               {list, Options{PageLimit: true, Skip: 2}, "pageKey goes on behind the end of its page: give a key as an answer gave it, or begin again without pageKey"},
		"place in a page":    {list, Options{PageLimit: true, Skip: 1, Offset: 9000}, "pageKey goes on behind the end of its page: give a key as an answer gave it, or begin again without pageKey"},
		"another page":       {list, Options{PageLimit: true, Skip: 2, NextKey: "k"}, ""},
		"newest of a thread": {list, Options{Kind: Messages, Newest: true, SkipArg: true, Skip: 2}, "skip must be 0 to 1, not 2: the list of 2 ends there"},
	} {
		for form := range AsText + 1 {
			t.Run(fmt.Sprint(name, form), func(t *testing.T) {
				o := c.o
				o.Form, o.MaxTokens = form, 300
				r, err := Render(t.Context(), []byte(c.body), o)
				if c.want == "" {
					require.NoError(t, err)
					require.NotEmpty(t, r.Text)
					return
				}
				var outside *OutsideError
				require.ErrorAs(t, err, &outside)
				require.Equal(t, strings.ReplaceAll(c.want, "%d", fmt.Sprint(outside.Most)), err.Error())
				require.Zero(t, r)
				if outside.Argument != "offset" {
					return
				}
				o.Offset = outside.Most
				r, err = Render(t.Context(), []byte(c.body), o)
				require.NoError(t, err)
				require.NotEmpty(t, r.Text)
				o.Offset++
				_, err = Render(t.Context(), []byte(c.body), o)
				require.Error(t, err)
			})
		}
	}
}
