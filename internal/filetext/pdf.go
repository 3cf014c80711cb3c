package filetext

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/ledongthuc/pdf"
)

// A PDF comes from anybody, and a reader of PDFs can be made to loop, to recurse until the stack is full, or to take all
// memory; none of this can be stopped inside a process. So a PDF is read by this program in a process of its own, which has
// nothing but the file, and is ended when it takes too long or too much.

// childMark names the one variable in the environment of that process. Its value is how long the process may live.
const childMark = "DIXA_MCP_READS_A_PDF"

// MaxMemory is how many bytes the processes that read PDFs may take together. The memory limit of a container must leave room for
// them: where it does not, a document could have the server itself ended.
const MaxMemory = maxReaders * pdfMemory

const (
	maxReaders = 2
	pdfMemory  = 128 << 20 // bytes of the process
	pdfStack   = 32 << 20  // bytes of a stack in it
	pdfText    = 1 << 20   // bytes of text; the rest of a longer document is not read
	pdfPages   = 500
)

// pdfTime is how long a document may take to read. Tests shorten it.
var pdfTime = 8 * time.Second

// Exit codes of the process.
const (
	exitUnreadable = 3
	exitLocked     = 4
	exitMemory     = 5
	exitTime       = 6
)

// readers limits how many of these processes run at a time.
var readers = make(chan struct{}, maxReaders)

// readPDF returns the text of a PDF.
func readPDF(ctx context.Context, body []byte) (text, note string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*pdfTime) // with waiting
	defer cancel()
	select {
	case readers <- struct{}{}:
		defer func() { <-readers }()
	case <-ctx.Done():
		return "", "", refuse("too many PDFs are being read; try again")
	}
	program, err := self()
	if err != nil {
		return "", "", fmt.Errorf("the PDF cannot be read here: %w", err)
	}
	ctx, cancel = context.WithTimeout(ctx, pdfTime)
	defer cancel()
	out := &limited{most: pdfText}
	err = readerOf(ctx, program, body, out).Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	some := len(bytes.TrimSpace(out.Bytes())) > 0
	switch {
	case out.Len() >= pdfText:
		return out.String(), "the document is longer, and the rest is not read", nil
	case ctx.Err() != nil && some:
		return out.String(), "the rest of the document takes too long to read", nil
	case ctx.Err() != nil:
		return "", "", refuse("the PDF takes too long to read")
	case ended && exit.ExitCode() == exitLocked:
		return "", "", refuse("the PDF is locked with a password")
	case ended && exit.ExitCode() == exitMemory:
		return "", "", refuse("the PDF takes too much memory to read")
	case ended:
		return "", "", refuse("the PDF is damaged, or of a kind that cannot be read")
	case err != nil:
		return "", "", fmt.Errorf("the PDF cannot be read here: %w", err)
	case !some:
		return "", "", refuse("the PDF has no text: its pages may be pictures, such as a scan")
	}
	return out.String(), "", nil
}

// self returns the path of this program. On Linux, it leads to the program that runs even after an upgrade has replaced its file.
func self() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return os.Executable()
}

// readerOf returns the process that reads a PDF, in which this program begins again: see init. Its directory is that of the
// server: a container need not have one for temporary files.
func readerOf(ctx context.Context, program string, body []byte, out io.Writer) *exec.Cmd {
	c := exec.CommandContext(ctx, program)
	c.Args, c.Env = []string{program}, []string{childMark + "=" + (pdfTime + time.Second).String()}
	c.Stdin, c.Stdout = bytes.NewReader(body), out
	c.WaitDelay = time.Second
	return c
}

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	most int
}

// Write never fails: what is too much is dropped.
func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), max(0, l.most-l.Len()))])
	return len(p), nil
}

// init reads the PDF and ends the process, where this is the process that reads a PDF. It is here, and not in main, so that no program that reads PDFs
// can forget it: one that did would start itself again and again.
func init() {
	life := os.Getenv(childMark)
	if life == "" {
		return
	}
	left, err := time.ParseDuration(life)
	if err != nil {
		os.Exit(exitTime)
	}
	time.AfterFunc(left, func() { os.Exit(exitTime) }) // the server that would end it may have been killed
	debug.SetMaxStack(pdfStack)
	debug.SetMemoryLimit(pdfMemory / 2)
	go watchMemory()
	os.Exit(readPDFHere(os.Stdin, os.Stdout))
}

// watchMemory ends the process when it has taken too much.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	for range time.Tick(5 * time.Millisecond) {
		if metrics.Read(sample); sample[0].Value.Uint64() > pdfMemory {
			os.Exit(exitMemory)
		}
	}
}

// readPDFHere writes the text of a PDF, page by page, and returns the exit code.
func readPDFHere(in io.Reader, out io.Writer) int {
	body, err := io.ReadAll(in)
	if err != nil {
		return exitUnreadable
	}
	switch err := writeText(out, body); {
	case errors.Is(err, pdf.ErrInvalidPassword):
		return exitLocked
	case err != nil:
		return exitUnreadable
	}
	return 0
}

// writeText writes the text of a PDF. The library panics at what it does not expect: then the page is left out, or the
// document is an error.
func writeText(out io.Writer, body []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the PDF is damaged: %v", p)
		}
	}()
	r, err := pdf.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	pages, unreadable, written := min(r.NumPage(), pdfPages), 0, 0
	for n := 1; n <= pages && written < pdfText; n++ {
		glyphs, err := glyphsOf(r.Page(n))
		if err != nil {
			unreadable++
			continue
		}
		page := appendPage(nil, glyphs)
		if _, err := out.Write(page); err != nil {
			return err
		}
		written += len(page)
	}
	if pages > 0 && unreadable == pages {
		return errors.New("no page can be read")
	}
	return nil
}

// glyphsOf returns the characters of a page, with their places.
func glyphsOf(p pdf.Page) (glyphs []pdf.Text, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the page is damaged: %v", p)
		}
	}()
	if p.V.IsNull() {
		return nil, nil
	}
	for _, g := range p.Content().Text {
		if g.S != "" && g.S != "\n" && !math.IsNaN(g.X+g.Y+g.W+g.FontSize) && !math.IsInf(g.X+g.Y+g.W+g.FontSize, 0) {
			glyphs = append(glyphs, g)
		}
	}
	return glyphs, nil
}
