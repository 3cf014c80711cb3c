package contract

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Row is one line of endpoints.tsv: one tool and the operation behind it.
type Row struct {
	Tool       string
	Level      string // read, write, send or erase
	Group      string
	Method     string
	Path       string // template with /v1
	Host       string // scheme and host
	Idempotent bool
	Paginated  bool
	GuideRow   int // row among the 39 of Dixa's reference guide; 0 for none
	Summary    string
	Notes      string
	Deprecated bool // as Notes begins by saying
}

const rowHeader = "tool\tlevel\tgroup\tmethod\tpath\thost\tidempotent\tpaginated\tguide_row\tsummary\tnotes"

func readRows(path string) ([]Row, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(data), "\r\n"), "\n")
	if got := strings.TrimRight(lines[0], "\r"); got != rowHeader {
		return nil, fmt.Errorf("header is %q, want %q", got, rowHeader)
	}
	var rows []Row
	for i, line := range lines[1:] {
		row, err := parseRow(strings.TrimRight(line, "\r"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func parseRow(line string) (Row, error) {
	f := strings.Split(line, "\t")
	if len(f) != strings.Count(rowHeader, "\t")+1 {
		return Row{}, fmt.Errorf("%d columns", len(f))
	}
	r := Row{
		Tool: f[0], Level: f[1], Group: f[2], Method: f[3], Path: f[4], Host: f[5],
		Idempotent: f[6] == "yes",
		Paginated:  !strings.HasPrefix(f[7], "no"), // "no (time window)" of the exports is no paging either
		Summary:    f[9], Notes: f[10],
		Deprecated: strings.HasPrefix(f[10], "deprecated"),
	}
	if f[8] != "" {
		n, err := strconv.Atoi(f[8])
		if err != nil {
			return Row{}, fmt.Errorf("guide_row: %w", err)
		}
		r.GuideRow = n
	}
	return r, nil
}
