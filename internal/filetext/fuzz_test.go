package filetext

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// A file of any content, name and type becomes a readable text, an image as it is, or a sentence that says why not.
func FuzzRead(f *testing.F) {
	for _, kind := range []string{"image/png", "image/jpeg", "image/gif", "image/webp"} {
		f.Add("a", kind, encodedOr(kind))
	}
	f.Add("a.html", "text/html", []byte("<p>Hi<script>x</script>"))
	f.Add("a.txt", "text/plain; charset=utf-16", []byte("\xff\xfeH\x00i\x00"))
	f.Add("a.csv", "", []byte("=1+1;\xe9"))
	f.Add("a.svg", "image/svg+xml", []byte("<svg onload=x>"))
	f.Fuzz(func(t *testing.T, name, declared string, body []byte) {
		if bytes.Contains(body, []byte("%PDF")) {
			t.Skip("it is read in another process, which FuzzPDF tries")
		}
		got, err := Read(t.Context(), name, declared, body)
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
			require.True(t, utf8.ValidString(err.Error()), "%q", err)
			return
		}
		require.True(t, utf8.ValidString(got.Text))
		if got.Image != nil {
			require.True(t, images[got.Type])
			require.Equal(t, body, got.Image)
			require.Positive(t, got.Width*got.Height)
		}
	})
}

// encodedOr returns the first bytes of an image.
func encodedOr(kind string) []byte {
	return map[string][]byte{
		"image/png":  []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"),
		"image/jpeg": []byte("\xff\xd8\xff\xc0\x00\x11\x08\x00\x01\x00\x01\x03"),
		"image/gif":  []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"),
		"image/webp": []byte("RIFF\x1a\x00\x00\x00WEBPVP8 \x0e\x00\x00\x00\x00\x00\x00\x9d\x01*\x01\x00\x01\x00"),
	}[kind]
}
