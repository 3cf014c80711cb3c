package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/records"
)

// recordPage is one call, with all its records.
type recordPage struct {
	audit.Record  // the last of the call
	Says          string
	At            *moment
	Conversations []string
	Arguments     string // as recorded, indented
	Named         []value
	Requests      []audit.Operation
	Waited        int64 // ms
	Others        []recordLine
	Altered       []string
	Place         string // file and number
}

// show shows one call: arguments as recorded, the decision with the line of the file, requests and their durations.
func (r recordPages) show(v *visit) {
	if _, err := r.update(v.Context()); err != nil {
		v.broken("the records cannot be indexed", err)
		return
	}
	found, ok, err := r.config.Records.Get(v.Context(), v.PathValue("id"))
	if err != nil {
		v.broken("the record cannot be read", err)
		return
	}
	if !ok {
		v.problem(http.StatusNotFound, "There is no such record. It may have been removed because it is no longer kept.")
		return
	}
	all := []records.Found{found}
	if found.Call != "" {
		if all, _, err = r.config.Records.Find(v.Context(), records.Query{Call: found.Call}, "", 500); err != nil {
			v.broken("the records of the call cannot be read", err)
			return
		}
	}
	v.show(http.StatusOK, "record.html", "/records", "Record", false, r.page(v, found, all))
}

func (r recordPages) page(v *visit, found records.Found, all []records.Found) *recordPage {
	p := &recordPage{Record: found.Record, Says: found.Record.Text, At: v.at(found.Time), Conversations: found.Conversations(), Requests: found.Operations}
	if p.Says == "" {
		p.Says = audit.Sentence(found.Record, audit.Verb{})
	}
	var b bytes.Buffer
	if !found.Arguments.IsZero() && json.Indent(&b, found.Arguments.JSON(), "", "  ") == nil {
		p.Arguments = b.String()
	}
	for path, name := range found.Names {
		p.Named = append(p.Named, value{Name: path, Text: name})
	}
	slices.SortFunc(p.Named, func(a, b value) int { return cmp.Compare(a.Name, b.Name) })
	for _, o := range p.Requests {
		p.Waited += o.Millis
	}
	for _, f := range all {
		if f.Altered != "" {
			p.Altered = append(p.Altered, f.Altered)
		}
	}
	if len(all) > 1 {
		p.Others = r.lines(v, all)
	}
	p.Place = found.File
	return p
}
