// Package filetext turns files that customers sent into what a model can read: text, or an image as it is.
//
// The content of a file decides what it is, and what it is said to be must agree. PDFs are read in a process of their own.
package filetext

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"dixa-mcp/internal/view"
)

// Content is what is in a file: a text, or an image.
type Content struct {
	Type   string // MIME type, as the content shows
	Text   string
	Image  []byte // nil for a text
	Width  int    // of an image, in pixels
	Height int
	Note   string // what a reader must know beside it; "" for nothing
}

// Error says in a sentence why a file is not shown.
type Error struct{ Problem string }

// Error returns the sentence.
func (e *Error) Error() string { return e.Problem }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Readable says what can be read, for people and models.
const Readable = "PNG, JPEG, GIF and WebP images, PDFs, and texts such as TXT, CSV, HTML and JSON"

// Read reads a file with a name, and the type that its host declares, "" for none. The error is an [*Error] if the file
// cannot be shown.
func Read(ctx context.Context, name, declared string, body []byte) (Content, error) {
	kind := sniff(body)
	if !agrees(kind, declared) {
		return Content{}, refuse("it is declared as %s, and its content is %s", wordFor(declared), kind)
	}
	switch {
	case len(body) == 0:
		return Content{}, refuse("it is empty")
	case images[kind]:
		return readImage(kind, body)
	case kind == pdfType:
		text, note, err := readPDF(ctx, body)
		if err != nil {
			return Content{}, err
		}
		return Content{Type: kind, Text: text, Note: note}, nil
	case isText(kind):
		text, err := decodeText(body)
		if err != nil {
			return Content{}, err
		}
		if isHTML(kind, declared, name) {
			return Content{Type: "text/html", Text: view.Text(text)}, nil
		}
		return Content{Type: textType(declared), Text: text}, nil
	}
	return Content{}, refuse("files of the type %s cannot be read here; what can be: %s", kind, Readable)
}

const pdfType = "application/pdf"

// images are the types that clients pass on to models. SVG is none of them: it is a text that can hold programs.
var images = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// sniff returns the MIME type that the content shows.
func sniff(body []byte) string {
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(body)) // its results parse
	return kind
}

// generic are declared types that say nothing.
var generic = map[string]bool{"": true, "application/octet-stream": true, "binary/octet-stream": true, "application/x-download": true, "application/force-download": true}

// agrees reports whether a declared type fits the content.
func agrees(kind, declared string) bool {
	switch {
	case generic[declared], kind == declared:
		return true
	case images[kind]:
		return kind == "image/jpeg" && (declared == "image/jpg" || declared == "image/pjpeg")
	case kind == pdfType:
		return declared == "application/x-pdf"
	case isText(kind):
		return isText(declared) || declared == "image/svg+xml"
	}
	return !images[declared] && declared != pdfType && !isText(declared)
}

// isText reports whether a type is that of a text.
func isText(kind string) bool {
	if strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") && kind != "image/svg+xml" || strings.HasSuffix(kind, "+json") {
		return true
	}
	return textTypes[kind]
}

// textTypes are types of texts whose names do not say so.
var textTypes = map[string]bool{"application/json": true, "application/xml": true, "application/csv": true, "application/x-ndjson": true,
	"application/yaml": true, "application/x-yaml": true, "message/rfc822": true, "application/ics": true}

func isHTML(kind, declared, name string) bool {
	if declared == "image/svg+xml" || strings.EqualFold(path.Ext(name), ".svg") {
		return false // as the text that it is
	}
	ext := strings.ToLower(path.Ext(name))
	return kind == "text/html" || declared == "text/html" || declared == "application/xhtml+xml" || generic[declared] && (ext == ".html" || ext == ".htm")
}

// textType returns the declared type of a text if it is a common one. Whoever sends a file declares its type, and answers give it
// as a word of ours: another one is plain text.
func textType(declared string) string {
	if textTypes[declared] || strings.HasPrefix(declared, "text/") && commonTexts[declared[len("text/"):]] || declared == "image/svg+xml" {
		return declared
	}
	return "text/plain"
}

// wordFor names a declared type, which whoever sent the file chose, in our own words.
func wordFor(declared string) string {
	if images[declared] || declared == pdfType || textType(declared) == declared {
		return declared
	}
	return "another type"
}

var commonTexts = map[string]bool{"calendar": true, "css": true, "csv": true, "html": true, "javascript": true, "markdown": true, "rtf": true,
	"tab-separated-values": true, "vcard": true, "x-vcard": true, "xml": true, "yaml": true}

// decodeText returns a text in UTF-8: what is none, and has no mark of UTF-16, is taken for Windows-1252, as old programs
// write CSV.
func decodeText(body []byte) (string, error) {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(string(body[:min(3, len(body))]), "\xef\xbb\xbf"):
		body = body[3:]
	case strings.HasPrefix(string(body[:min(2, len(body))]), "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(string(body[:min(2, len(body))]), "\xfe\xff"):
		order = binary.BigEndian
	}
	switch {
	case order != nil:
		units := make([]uint16, 0, len(body)/2)
		for i := 2; i+1 < len(body); i += 2 {
			units = append(units, order.Uint16(body[i:]))
		}
		return string(utf16.Decode(units)), nil
	case utf8.Valid(body):
		return string(body), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(body)
	if err != nil {
		return "", errors.Join(refuse("its text is in an encoding that cannot be read"), err)
	}
	return string(text), nil
}
