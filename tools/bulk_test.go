package tools

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// What became of many items is counted and named, whatever mix of success and failure Dixa answers.
func TestBulkReports(t *testing.T) {
	const (
		notes  = `{"conversationId":1,"items":[{"message":"a"},{"message":"b"}]}`
		images = `{"images":[{"filename":"a.png","base64":"iVBORw0KGgo="}]}`
		done   = `{"_type":"BulkActionSuccess","data":{"id":"n","message":"<b>"}}`
		failed = `{"_type":"BulkActionFailure","error":{"id":"x","message":"no","_type":"NotFound","field":"phone"}}`
	)
	for _, c := range []struct{ name, tool, arguments, dixa, want string }{
		{"all done", "add_notes", notes, `{"data":[` + done + `,` + done + `]}`,
			`{"succeeded":2,"results":[{"id":"n","message":"<b>"},{"id":"n","message":"<b>"}]}`},
		{"mixed", "add_notes", notes, `{"data":[` + done + `,` + failed + `]}`,
			`{"succeeded":1,"failed":1,"retry":"only what is under failures; the rest is done",` +
				`"failures":[{"position":2,"id":"x","message":"no","_type":"NotFound","field":"phone"}],"results":[{"id":"n","message":"<b>"}]}`},
		{"all failed", "add_notes", notes, `{"data":[` + failed + `,{"_type":"BulkActionFailure"}]}`,
			`{"failed":2,"retry":"all of it; nothing was done",` +
				`"failures":[{"position":1,"id":"x","message":"no","_type":"NotFound","field":"phone"},{"position":2}]}`},
		{"beside the results, mixed", "upload_article_images", images,
			`{"data":[{"originalFilename":"a.png","url":"u"}],"partialErrors":[{"originalFilename":"b.png","message":"too large","code":400}]}`,
			`{"succeeded":1,"failed":1,"retry":"only what is under failures; the rest is done",` +
				`"failures":[{"originalFilename":"b.png","message":"too large","code":400}],"results":[{"originalFilename":"a.png","url":"u"}]}`},
		{"beside the results, all done", "upload_article_images", images, `{"data":[{"originalFilename":"a.png","url":"u"}],"partialErrors":[]}`,
			`{"succeeded":1,"results":[{"originalFilename":"a.png","url":"u"}]}`},
		{"beside the results, all failed", "upload_article_images", images, `{"partialErrors":[{"originalFilename":"a.png","message":"no"}]}`,
			`{"failed":1,"retry":"all of it; nothing was done","failures":[{"originalFilename":"a.png","message":"no"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := answer(t, c.tool, c.arguments, says(c.dixa))
			require.NoError(t, err)
			require.JSONEq(t, c.want, got)
		})
	}
	for tool, arguments := range map[string]string{"add_notes": notes, "upload_article_images": images} {
		for _, empty := range []string{`{}`, `{"data":[]}`, `{"data":null}`, `{"data":[],"partialErrors":[]}`} {
			got, err := answer(t, tool, arguments, says(empty))
			require.NoError(t, err)
			require.JSONEq(t, `{"note":"done; Dixa reported no outcome for any item"}`, got, empty)
		}
		_, err := answer(t, tool, arguments, says(`{"data":{}}`))
		require.ErrorContains(t, err, tool+" was carried out, but which items failed cannot be read")
	}
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}
