package console

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/records"
)

// exportAtOnce is how many records of an export are read at a time, and exportFor how long the browser may take for them.
const (
	exportAtOnce = 500
	exportFor    = time.Minute
)

// exportPages give away records as they are in the files, and check these.
type exportPages struct {
	config    *Config
	records   recordPages
	verifying sync.Mutex
}

// exporter writes records in one form.
type exporter interface {
	add(records.Found) error
	end() error
}

// form is a form of an export.
type form struct {
	name, kind string // of the file, and its media type
	to         func(io.Writer) exporter
}

var (
	asCSV       = form{"dixa-mcp-records.csv", "text/csv; charset=utf-8", func(w io.Writer) exporter { return &csvExport{w: csv.NewWriter(w)} }}
	asJSONLines = form{"dixa-mcp-records.jsonl", "application/jsonl; charset=utf-8", func(w io.Writer) exporter { return lineExport{w} }}
)

// export returns the page that downloads what a filter picks, newest first. A download that cannot be completed is broken off, so that
// nobody takes it for whole.
func (e *exportPages) export(f form) func(*visit) {
	return func(v *visit) {
		q, problem := e.records.query(v, readFilter(v.URL.Query()))
		if problem != "" {
			v.problem(http.StatusUnprocessableEntity, problem)
			return
		}
		if err := e.config.Records.Update(v.Context()); err != nil {
			v.broken("the records cannot be indexed", err)
			return
		}
		v.ResponseWriter.Header().Set("Content-Type", f.kind)
		v.ResponseWriter.Header().Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
		if err := e.write(v.Context(), v.ResponseWriter, f.to(v.ResponseWriter), q); err != nil {
			e.config.Log.Error("console: an export was broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

func (e *exportPages) write(ctx context.Context, w http.ResponseWriter, to exporter, q records.Query) error {
	slow := http.NewResponseController(w)
	for after, more := "", true; more; {
		if err := slow.SetWriteDeadline(time.Now().Add(exportFor)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		var found []records.Found
		var err error
		if found, more, err = e.config.Records.Find(ctx, q, after, exportAtOnce); err != nil {
			return err
		}
		for _, f := range found {
			if err := to.add(f); err != nil {
				return err
			}
			after = f.ID
		}
		more = more && len(found) > 0
	}
	return to.end()
}

// lineExport writes records as they are in the files, so that their hashes can be checked.
type lineExport struct{ w io.Writer }

func (e lineExport) add(f records.Found) error {
	_, err := e.w.Write(append(f.Text, '\n'))
	return err
}

func (lineExport) end() error { return nil }

// csvExport writes records as a table.
type csvExport struct {
	w     *csv.Writer
	begun bool
}

var csvColumns = []string{"time", "event", "agent", "person", "key", "tool", "access", "level", "decision", "rule", "outcome", "conversations", "approval", "approver", "requests", "milliseconds", "tokens", "call", "text", "hash"}

func (e *csvExport) add(f records.Found) error {
	if err := e.begin(); err != nil {
		return err
	}
	waited := int64(0)
	for _, o := range f.Operations {
		waited += o.Millis
	}
	says := f.Record.Text
	if says == "" {
		says = audit.Sentence(f.Record, audit.Verb{})
	}
	row := []string{
		f.Time.UTC().Format("2006-01-02T15:04:05.000Z"), string(f.Event), f.Agent, f.Person, f.Key, f.Tool, f.Access, f.Level, f.Decision, f.Rule, f.Outcome,
		strings.Join(f.Conversations(), " "), f.Approval, f.Approver, strconv.Itoa(len(f.Operations)), strconv.FormatInt(waited, 10), strconv.Itoa(f.Tokens), f.Call, says, f.Hash,
	}
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return e.w.Write(row)
}

func (e *csvExport) begin() error {
	if e.begun {
		return nil
	}
	e.begun = true
	return e.w.Write(csvColumns)
}

func (e *csvExport) end() error {
	if err := e.begin(); err != nil {
		return err
	}
	e.w.Flush()
	return e.w.Error()
}

// harmless keeps spreadsheets from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// verified is the page that says whether records were altered.
type verified struct {
	audit.Report
	Took string
}

// verify checks all records, one person at a time.
func (e *exportPages) verify(v *visit) {
	if !e.verifying.TryLock() {
		v.problem(http.StatusConflict, "The records are being checked already. Try again in a minute.")
		return
	}
	defer e.verifying.Unlock()
	slow := http.NewResponseController(v.ResponseWriter)
	if err := slow.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		v.broken("the records cannot be checked", err)
		return
	}
	begun := time.Now()
	report, err := e.config.Verify()
	if err != nil {
		v.broken("the records cannot be checked", err)
		return
	}
	v.show(http.StatusOK, "verify.html", "/records", "Are the records as they were written?", false, verified{report, fmt.Sprintf("%.1f s", time.Since(begun).Seconds())})
}
