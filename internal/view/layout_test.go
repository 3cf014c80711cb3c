package view

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/vocabulary"
)

// A value that is not repeated is there once for each value of the field beside it, and again where an answer begins later.
func TestLayoutSaysWhatIsTheSameOnce(t *testing.T) {
	const body = `{"data":[{"by":{"name":"Ann","email":"a@example.com"},"n":1},{"by":{"name":"Ann","email":"a@example.com"},"n":2},` +
		`{"by":{"name":"Ann","email":"b@example.com"},"n":3},{"by":{"name":"Ann","email":"a@example.com"},"n":4},{"n":5}]}`
	o := Options{SkipArg: true, Layout: NewLayout("by.name= by.email^by.name= n=")}
	require.Equal(t, "Ann · a@example.com · 1\nAnn · 2\nAnn · b@example.com · 3\nAnn · 4\n5\n5 in all.\n", asText(t, body, o))
	o.Skip = 3
	require.Equal(t, "Ann · a@example.com · 4\n5\n2 in all.\n", asText(t, body, o))
	o = Options{Layout: NewLayout("by.name= by.email^by.name= n=").Under("results")}
	require.Equal(t, "Ann · a@example.com · 1\nAnn · 2\n2 in all.\n",
		asText(t, `{"data":{"results":[{"by":{"name":"Ann","email":"a@example.com"},"n":1},{"by":{"name":"Ann","email":"a@example.com"},"n":2}]}}`, o))
}

// The members of an object are one fact, its names in words; in quotation marks are those that could be taken for anything else.
func TestLayoutOfAnObjectWithFreeNames(t *testing.T) {
	o := Options{Layout: NewLayout("name= times{}=waits"), Fields: Fields{"times": Trusted}, Words: map[string]*vocabulary.Set{"times": vocabulary.Channels}}
	require.Equal(t, "A · waits Chat 60, Email 43200, \"x · y\" 1, Phone a, b\n",
		asText(t, `{"data":{"name":"A","times":{"WidgetChat":60,"Email":43200,"x · y":1,"PstnPhone":["a","b"]}}}`, o))
	o.Fields = nil
	require.Equal(t, "A · waits \"Contact Form\" 1\n", asText(t, `{"data":{"name":"A","times":{"ContactForm":1}}}`, o), "an outsider's")
}

// Lists show one field of the objects in an array; an answer that is one object shows all.
func TestLayoutOfObjectsInAList(t *testing.T) {
	o := Options{Layout: NewLayout("id= filters[by]=filters filters.by= filters.about="), Words: map[string]*vocabulary.Set{"filters.by": vocabulary.Kinds},
		Fields: Fields{"filters": Trusted}}
	require.Equal(t, "a · filters Queue id, tag\n", asText(t, `{"data":[{"id":"a","filters":[{"by":"QueueId","about":"x"},{"about":"y"},{"by":"tag"}]}]}`, o))
	require.Equal(t, "a\n", asText(t, `{"data":[{"id":"a","filters":[{"about":"x"}]}]}`, o), "none has the field")
	require.Equal(t, "a\nfilters:\n  Queue id · x\n", asText(t, `{"data":{"id":"a","filters":[{"by":"QueueId","about":"x"}]}}`, o))
}

func TestLayoutShows(t *testing.T) {
	l := NewLayout("name= -secret kind._type= ~more")
	for path, shown := range map[string]bool{
		"name": true, "secret": false, "secret.inside": false, "other": true, "_type": false, "other._type": false, "kind._type": true, "more": true,
	} {
		require.Equal(t, shown, l.Shows(path), path)
	}
	l = l.Without("name")
	require.False(t, l.Shows("name"))
}

// Text has the word of a fact that a tool composes, JSON its value.
func TestFactsHaveWords(t *testing.T) {
	parts := []Part{{Name: "events", Items: []Item{{Facts: []Fact{{Key: "event", Value: "TagAdded", Word: "Tag added"}}}}}}
	for form, want := range map[Form]string{AsText: "Tag added\n", AsJSON: `{"events":{"event":"TagAdded"}}`} {
		r, err := RenderParts(t.Context(), parts, Options{Form: form})
		require.NoError(t, err)
		require.Equal(t, want, r.Text)
	}
}

// Where the years go back, each time has its year: a reader could not tell it from the lines before.
func TestYearsOfTimesInNoOrder(t *testing.T) {
	o := Options{Layout: NewLayout("at=")}
	require.Equal(t, "Wed 24 Aug 2022 23:12\nFri 5 Aug 12:36\nThu 26 Sep 2024 15:45\nFri 27 Sep 15:45\n4 in all.\nTimes: Europe/Copenhagen\n",
		asText(t, `{"data":[{"at":"2022-08-24T21:12:00Z"},{"at":"2022-08-05T10:36:00Z"},{"at":"2024-09-26T13:45:00Z"},{"at":"2024-09-27T13:45:00Z"}]}`, o))
	require.Equal(t, "Thu 26 Sep 2024 15:45\nWed 24 Aug 2022 23:12\nFri 5 Aug 2022 12:36\nThu 26 Sep 2024 15:45\n4 in all.\nTimes: Europe/Copenhagen\n",
		asText(t, `{"data":[{"at":"2024-09-26T13:45:00Z"},{"at":"2022-08-24T21:12:00Z"},{"at":"2022-08-05T10:36:00Z"},{"at":"2024-09-26T13:45:00Z"}]}`, o))
}
