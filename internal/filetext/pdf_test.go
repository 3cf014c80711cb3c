package filetext

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/race"
)

func TestMain(m *testing.M) {
	if os.Getenv(removedMark) != "" {
		if err := readRemoved(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

// hurry shortens how long a document may take to read. Documents that must be read keep their time: a test machine may be slow.
func hurry(t testing.TB) {
	before := pdfTime
	pdfTime = time.Second
	t.Cleanup(func() { pdfTime = before })
}

// document writes a PDF of objects, the first of which is its catalog.
func document(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

const (
	catalog = "<< /Type /Catalog /Pages 2 0 R >>"
	onePage = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
	aPage   = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
	aFont   = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
)

func contents(text string) string {
	return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text)
}

// packed is a stream that is larger once it is read.
func packed(text string, times int) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for range times {
		_, _ = z.Write([]byte(text)) // to memory
	}
	_ = z.Close()
	return fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", b.Len(), b.String())
}

func withPage(text string) []byte { return document(catalog, onePage, aPage, contents(text), aFont) }

// Text comes line by line from the top, with blanks where there are gaps.
func TestTextOfPDF(t *testing.T) {
	text, note, err := readPDF(t.Context(), withPage(`BT /F1 12 Tf 72 700 Td (Second letter) Tj ET BT /F1 12 Tf 72 720 Td (First 0.00) Tj 300 0 Td (right) Tj ET`))
	require.NoError(t, err)
	require.Empty(t, note)
	require.Equal(t, "First 0.00  right\nSecond letter\n\n", text)
}

// hostile are documents that are made to harm who reads them.
func hostile() map[string][]byte {
	nested := strings.Repeat("[", 1_000_000)
	return map[string][]byte{
		"nothing":                {},
		"a head alone":           []byte("%PDF-1.7\n"),
		"no trailer":             bytes.Replace(withPage("BT ET"), []byte("trailer"), []byte("tralier"), 1),
		"a table beyond its end": bytes.Replace(withPage("BT ET"), []byte("/Size 6"), []byte("/Size 999999999999"), 1),
		"a negative start":       bytes.Replace(withPage("BT ET"), []byte("startxref\n"), []byte("startxref\n-"), 1),
		"a root that is itself":  document("1 0 R"),
		"pages in a circle":      document(catalog, "<< /Type /Pages /Kids [2 0 R] /Count 9 >>"),
		"parents in a circle":    document(catalog, onePage, "<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>", contents("BT /F1 12 Tf (x) Tj ET")),
		"many pages":             document(catalog, "<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>", aPage, contents("BT (x) Tj ET"), aFont),
		"deep arrays":            document(catalog, onePage, nested),
		"deep arrays on a page":  withPage(nested),
		"deep dictionaries":      document(catalog, onePage, strings.Repeat("<< /A ", 700_000)),
		"deep arrays, packed":    document(catalog, onePage, aPage, packed(strings.Repeat("[", 1000), 10_000), aFont),
		"a bomb":                 document(catalog, onePage, aPage, packed("(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj\n", 1_000_000), aFont),
		"an endless string":      document(catalog, onePage, aPage, packed(strings.Repeat("(", 1000), 100_000), aFont),
		"wrong operators":        withPage("Q Q Q Tj TJ Tm Td BT ET q q"),
		"a length that lies":     document(catalog, onePage, aPage, "<< /Length 99999999 >>\nstream\nBT\nendstream", aFont),
		"a length in a circle":   document(catalog, onePage, aPage, "<< /Length 4 0 R >>\nstream\nBT\nendstream", aFont),
		"numbers out of range":   withPage("BT /F1 1e999 Tf 1e308 1e308 1e308 1e308 1e308 1e308 Tm (x) Tj ET"),
		"a font in a circle":     document(catalog, onePage, aPage, contents("BT /F1 12 Tf (x) Tj ET"), "<< /Type /Font /ToUnicode 5 0 R /Widths 5 0 R /Encoding 5 0 R >>"),
		"many objects in a row":  withPage(strings.Repeat("BT /F1 12 Tf (x) Tj ET ", 50_000)),
	}
}

// A hostile document is refused, or read in part, in bounded time and memory, and harms nobody but the process that reads it.
func TestHostilePDFs(t *testing.T) {
	race.Skip(t)
	hurry(t)
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			text, _, err := readPDF(t.Context(), body)
			if err != nil {
				require.ErrorAs(t, err, new(*Error))
				require.Empty(t, text)
			}
			require.LessOrEqual(t, len(text), pdfText)
			require.Less(t, time.Since(start), 3*pdfTime, "it must be ended, and soon")
		})
	}
}

// The process that reads a PDF gets nothing of this one's environment.
func TestPDFsAreReadWithoutSecrets(t *testing.T) {
	t.Setenv("DIXA_API_TOKEN", "the-token")
	t.Setenv("GODEBUG", "inittrace=1") // would write to stderr
	c := readerOf(t.Context(), "program", nil, nil)
	require.Equal(t, []string{childMark + "=9s"}, c.Env)
}

// PDFs are read where there is no directory for temporary files, as in a container without a system.
func TestPDFsAreReadWithoutATemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/does/not/exist")
	t.Setenv("TMP", "/does/not/exist")
	text, _, err := readPDF(t.Context(), withPage("BT /F1 12 Tf 72 700 Td (Hello) Tj ET"))
	require.NoError(t, err)
	require.Contains(t, text, "Hello")
}

// The process ends in time by itself: the server that started it may have been killed.
func TestPDFReadersEndWithoutTheServer(t *testing.T) {
	hurry(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*pdfTime) // by which another exit code comes
	defer cancel()
	program, err := self()
	require.NoError(t, err)
	c := readerOf(ctx, program, nil, nil)
	never, write, err := os.Pipe()
	require.NoError(t, err)
	defer func() { require.NoError(t, errors.Join(never.Close(), write.Close())) }()
	c.Stdin = never
	exit, ended := errors.AsType[*exec.ExitError](c.Run())
	require.True(t, ended)
	require.Equal(t, exitTime, exit.ExitCode())

	c = readerOf(t.Context(), program, nil, nil)
	c.Env = []string{childMark + "=forever"}
	exit, ended = errors.AsType[*exec.ExitError](c.Run())
	require.True(t, ended)
	require.Equal(t, exitTime, exit.ExitCode())
}

// The program that runs reads PDFs, also after its file was replaced or removed.
func TestPDFsAreReadAfterAnUpgrade(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // elsewhere the file is read by its name
	}
	program, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, program, 0o700))
	c := exec.CommandContext(t.Context(), path)
	c.Env = []string{removedMark + "=1"}
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "Hello")
}

// removedMark is set where TestMain stands for a server whose file is removed.
const removedMark = "FILETEXT_TEST_REMOVED"

func readRemoved() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Remove(program); err != nil {
		return err
	}
	text, _, err := readPDF(context.Background(), withPage("BT /F1 12 Tf 72 700 Td (Hello) Tj ET"))
	fmt.Println(text)
	return err
}

// FuzzPDF reads documents as customers could send them, in the process that they are read in.
func FuzzPDF(f *testing.F) {
	hurry(f)
	f.Add(withPage("BT /F1 12 Tf 72 700 Td (Hello) Tj ET"))
	for _, body := range hostile() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, _, err := readPDF(t.Context(), body)
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
		}
		require.LessOrEqual(t, len(text), pdfText)
	})
}
