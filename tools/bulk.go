package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
)

// Dixa answers an operation on many items with success even if every item failed. What an agent gets instead counts,
// names what failed, and says what to send again.

// bulkReport is that answer.
type bulkReport struct {
	Succeeded int               `json:"succeeded,omitzero"`
	Failed    int               `json:"failed,omitzero"`
	Retry     string            `json:"retry,omitzero"`
	Failures  []bulkError       `json:"failures,omitzero"`
	Results   []json.RawMessage `json:"results,omitzero"`
	Note      string            `json:"note,omitzero"`
}

// bulkError is why an item failed, with all that Dixa says of it: message, often id and _type. Where Dixa answers item
// by item, position counts them from 1.
type bulkError map[string]json.RawMessage

// noOutcomes says that Dixa called a request a success and listed no outcome of any item.
const noOutcomes = "done; Dixa reported no outcome for any item"

// bulk marks a tool whose answer is one outcome an item.
func bulk(t *Tool) { t.reportItems(readOutcomes) }

// partialErrors marks a tool whose answer has the errors beside the results.
func partialErrors(t *Tool) { t.reportItems(readPartialErrors) }

// reportItems makes the tool answer with a report of which items succeeded and which failed.
func (t *Tool) reportItems(read func([]byte) (bulkReport, error)) {
	run := t.run
	t.View.SkipArg, t.args = false, func() *schemas.Schema { return schemas.For(t.in) }
	t.run = func(ctx context.Context, c *dixaclient.Client, in any) (Output, error) {
		out, err := run(ctx, c, in)
		if err != nil || len(out.Body) == 0 {
			return out, err
		}
		report, err := read(out.Body)
		if err != nil {
			return out, fmt.Errorf("%s was carried out, but which items failed cannot be read: %w; check before you try again", t.Name, err)
		}
		switch {
		case report.Failed == 0 && report.Succeeded == 0:
			report.Note = noOutcomes
		case report.Failed > 0 && report.Succeeded > 0:
			report.Retry = "only what is under failures; the rest is done"
		case report.Failed > 0:
			report.Retry = "all of it; nothing was done"
		}
		out.Done, out.Failed = report.Succeeded, report.Failed
		out.Body, err = json.Marshal(report)
		return out, err
	}
}

func readOutcomes(body []byte) (bulkReport, error) {
	var answer struct {
		Data []struct {
			Type  string          `json:"_type"`
			Data  json.RawMessage `json:"data"`
			Error bulkError       `json:"error"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return bulkReport{}, err
	}
	var r bulkReport
	for i, o := range answer.Data {
		if o.Error == nil && o.Type != "BulkActionFailure" {
			r.Succeeded++
			r.Results = append(r.Results, o.Data)
			continue
		}
		failure := bulkError{"position": json.RawMessage(strconv.Itoa(i + 1))}
		maps.Copy(failure, o.Error)
		r.Failed++
		r.Failures = append(r.Failures, failure)
	}
	return r, nil
}

func readPartialErrors(body []byte) (bulkReport, error) {
	var answer struct {
		Data          []json.RawMessage `json:"data"`
		PartialErrors []bulkError       `json:"partialErrors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return bulkReport{}, err
	}
	return bulkReport{Succeeded: len(answer.Data), Failed: len(answer.PartialErrors), Failures: answer.PartialErrors, Results: answer.Data}, nil
}
