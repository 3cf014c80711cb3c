package tools

import (
	"context"
	"encoding/json"
	"fmt"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
)

// Dixa answers an operation on many items with success even if every item failed. What an agent gets instead counts,
// names what failed, and says what to send again.

// bulkReport is that answer.
type bulkReport struct {
	Succeeded int               `json:"succeeded"`
	Failed    int               `json:"failed,omitzero"`
	Retry     string            `json:"retry,omitzero"`
	Failures  []bulkFailure     `json:"failures,omitzero"`
	Results   []json.RawMessage `json:"results,omitzero"`
}

// bulkFailure is one item that failed. Position counts from 1 in the order of Dixa's answer.
type bulkFailure struct {
	Position   int    `json:"position,omitzero"`
	ID         string `json:"id,omitzero"`
	LanguageID string `json:"languageId,omitzero"`
	Filename   string `json:"originalFilename,omitzero"`
	Error      string `json:"error"`
}

// bulk marks a tool whose answer is one outcome an item.
func bulk(t *Tool) { t.partial(readOutcomes) }

// partial marks a tool whose answer has the errors beside the results.
func partial(t *Tool) { t.partial(readPartialErrors) }

// partial makes a report of what the tool answers.
func (t *Tool) partial(read func([]byte) (bulkReport, error)) {
	run := t.run
	t.View.SkipArg, t.args = false, func() *schemas.Schema { return schemas.For(t.in) }
	t.run = func(ctx context.Context, c *dixaclient.Client, in any) (Output, error) {
		out, err := run(ctx, c, in)
		if err != nil || len(out.Body) == 0 {
			return out, err
		}
		report, err := read(out.Body)
		if err != nil {
			return out, fmt.Errorf("%s was carried out, but which items failed cannot be read: %w; look before you try again", t.Name, err)
		}
		if report.Failed > 0 {
			report.Retry = "only what is under failures; the rest is done"
		}
		out.Done, out.Failed = report.Succeeded, report.Failed
		out.Body, err = json.Marshal(report)
		return out, err
	}
}

func readOutcomes(body []byte) (bulkReport, error) {
	var answer struct {
		Data []dixaclient.BulkOutcome[json.RawMessage] `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return bulkReport{}, err
	}
	var r bulkReport
	for i, o := range answer.Data {
		if o.Error == nil {
			r.Succeeded++
			r.Results = append(r.Results, o.Data)
			continue
		}
		r.Failed++
		r.Failures = append(r.Failures, bulkFailure{Position: i + 1, ID: o.Error.ID, Error: o.Error.Message})
	}
	return r, nil
}

func readPartialErrors(body []byte) (bulkReport, error) {
	var answer struct {
		Data          []json.RawMessage `json:"data"`
		PartialErrors []struct {
			LanguageID string `json:"languageId"`
			Filename   string `json:"originalFilename"`
			Message    string `json:"message"`
		} `json:"partialErrors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return bulkReport{}, err
	}
	r := bulkReport{Succeeded: len(answer.Data), Failed: len(answer.PartialErrors), Results: answer.Data}
	for _, e := range answer.PartialErrors {
		r.Failures = append(r.Failures, bulkFailure{LanguageID: e.LanguageID, Filename: e.Filename, Error: e.Message})
	}
	return r, nil
}
