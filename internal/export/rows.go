package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/plainjson"
)

// extra is the last column of a CSV file: what Dixa sends and does not document, as a JSON object.
const extra = "extra"

// columns returns the columns of a CSV file, in the order in which Dixa documents the fields.
func columns(what string) []string {
	row := reflect.TypeFor[dixaclient.ExportedConversation]()
	if what == Messages {
		row = reflect.TypeFor[dixaclient.ExportedMessage]()
	}
	var names []string
	for _, f := range reflect.VisibleFields(row) {
		names = append(names, f.Tag.Get("json"))
	}
	return append(names, extra)
}

// writer writes rows as lines of JSON, or as CSV.
type writer struct {
	*bufio.Writer
	csv     *csv.Writer // nil: lines of JSON
	columns []string
	excel   bool
}

// CheckName returns an error if no file of this name can be written, with excel one for Excel.
func CheckName(file string, excel bool) error {
	_, err := newWriter(io.Discard, file, Conversations, excel)
	return err
}

// newWriter takes the format from the name of the file. With excel, a CSV file begins with a byte order mark and its
// phone numbers are not guarded.
func newWriter(to io.Writer, file, what string, excel bool) (*writer, error) {
	w := &writer{Writer: bufio.NewWriterSize(to, 64<<10)}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".jsonl":
		if excel {
			return nil, fmt.Errorf("--excel requires a CSV file: --out %s must end in .csv", file)
		}
		return w, nil
	case ".csv":
		w.csv, w.columns, w.excel = csv.NewWriter(w.Writer), columns(what), excel // csv shares the buffer
		return w, nil
	}
	return nil, fmt.Errorf("--out %s: the name must end in .jsonl (one row a line, as Dixa sends it) or .csv", file)
}

// header writes what comes before the rows.
func (w *writer) header() error {
	if w.csv == nil {
		return nil
	}
	if w.excel { // without it, Excel reads the file in the code page of the machine
		_, _ = w.WriteString(byteOrderMark) // its error stays and comes again
	}
	return w.csv.Write(w.columns)
}

func (w *writer) row(raw json.RawMessage) error {
	if w.csv != nil {
		return w.csv.Write(w.record(raw))
	}
	if bytes.ContainsAny(raw, "\r\n") { // between tokens; in texts they are escaped
		raw = compact(raw)
	}
	_, _ = w.Write(raw) // its error stays and comes again
	return w.WriteByte('\n')
}

// record returns the cells of a row. A row that is not an object goes into the last column.
func (w *writer) record(raw json.RawMessage) []string {
	cells, last := make([]string, len(w.columns)), len(w.columns)-1
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		cells[last] = string(compact(raw))
		return cells
	}
	for i, name := range w.columns[:last] {
		cells[i] = w.cell(name, fields[name])
		delete(fields, name)
	}
	if len(fields) > 0 {
		text, _ := plainjson.Marshal(fields) // it was JSON
		cells[last] = string(text)
	}
	return cells
}

// cell returns one value as text. A text that a spreadsheet would take for a formula is guarded, since customers write
// texts; numbers and other JSON values cannot be one.
func (w *writer) cell(column string, raw json.RawMessage) string {
	s := text(raw)
	if len(raw) == 0 || raw[0] != '"' || w.excel && strings.HasSuffix(column, "_number") && phone().MatchString(s) {
		return s
	}
	return Guard(s)
}

// text returns a JSON string as it is, nothing for null, and anything else as JSON.
func text(raw json.RawMessage) string {
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return ""
	case raw[0] != '"':
		return string(compact(raw))
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is a JSON string
	return s
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	_ = json.Compact(&b, raw) // it is JSON
	return b.Bytes()
}

// ids are the ids of a window's rows, 64 bits of hash each: among a million, two share one with a chance of
// one in 37 million.
type ids map[uint64]struct{}

var seed = maphash.MakeSeed()

func (s ids) has(id string) bool {
	_, ok := s[maphash.String(seed, id)]
	return ok
}

// add takes an id; rows without one have none to know them by.
func (s ids) add(id string) {
	if id != "" {
		s[maphash.String(seed, id)] = struct{}{}
	}
}

// idOf returns a row's id, or "" if it has none.
func idOf(raw []byte) string {
	var row struct{ ID json.RawMessage }
	_ = json.Unmarshal(raw, &row)                         // a row that is no object has none
	return strings.ReplaceAll(text(row.ID), "\r\n", "\n") // as the CSV reader does
}

// readIDs reads the ids back from rows as writer wrote them.
func (w *writer) readIDs(from io.Reader) (ids, error) {
	found := ids{}
	if w.csv != nil {
		r := csv.NewReader(from)
		r.FieldsPerRecord, r.ReuseRecord = -1, true
		for {
			cells, err := r.Read()
			if err == io.EOF {
				return found, nil
			}
			if err != nil {
				return nil, err
			}
			found.add(unguard(cells[0])) // id is the first column
		}
	}
	r := bufio.NewReader(from)
	for {
		line, err := r.ReadBytes('\n')
		found.add(idOf(line))
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
