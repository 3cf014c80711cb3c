package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/tools"
)

// wrongValues says which values of a call do not exist, one a line, and what came of it.
func wrongValues(tool, what string, wrong []string) string {
	return tool + ": " + what + "\n- " + strings.Join(lines.First(wrong, mostTold, len(wrong) >= mostWrong), "\n- ")
}

const (
	// mostWrong is how many values that do not exist are found at once, and mostTold how many lines tell them.
	mostWrong = 8
	mostTold  = 3
)

// checkIgnoredFilters refuses values that Dixa may ignore where they do not exist: its answer would be one to another question.
func (v *values) checkIgnoredFilters(ctx context.Context, args *tools.Arguments) error {
	var found []string
	for _, r := range v.call.tool.References(args) {
		if !r.Ignored || len(found) >= mostWrong {
			continue
		}
		if verdict := v.check(ctx, r); verdict.wrong {
			found = append(found, r.Argument+": "+verdict.said)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return unknownFilters(v.call.tool.Name, found)
}

// emptyAnswer refuses an answer that is empty because a filter names what does not exist. It says which filters could not
// be checked.
func (v *values) emptyAnswer(ctx context.Context, args *tools.Arguments, out tools.Output) (unchecked string, err error) {
	if v.call.tool.Level > dixaclient.Read || out.Next != "" || args.PageKey != "" || args.MessageID != "" {
		return "", nil
	}
	references := slices.DeleteFunc(v.call.tool.References(args), func(r dixaclient.Reference) bool {
		return r.InPath && getters[r.Thing].op != nil && r.Thing != dixaclient.AgentThing // Dixa answers these with 404
	})
	if len(references) == 0 || !foundNothing(out.Body) {
		return "", nil
	}
	var found, open []string
	for _, r := range references {
		switch verdict := v.check(ctx, r); {
		case verdict.wrong && len(found) < mostWrong:
			found = append(found, r.Argument+": "+verdict.said)
		case verdict.unchecked && len(open) < mostWrong:
			open = append(open, r.Argument+": "+verdict.said)
		}
	}
	if len(found) > 0 {
		v.call.record.Reason = "a filter names what does not exist"
		return "", errors.New(wrongValues(v.call.tool.Name, "nothing was found, and a filter names what does not exist:", found) + "\nCorrect it or leave it out.")
	}
	return strings.Join(open, "; "), nil
}

// foundNothing tells whether an answer is an empty list, or a metric of nothing.
func foundNothing(body []byte) bool {
	const longest = 4096 // a longer answer holds something
	if len(body) > longest {
		return false
	}
	var envelope struct{ Data json.RawMessage }
	data := bytes.TrimSpace(body)
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &envelope); err != nil {
			return false
		}
		data = bytes.TrimSpace(envelope.Data)
	}
	var list []json.RawMessage
	var metric dixaclient.MetricData
	switch {
	case len(data) == 0, string(data) == "null":
		return true
	case data[0] == '[':
		return json.Unmarshal(data, &list) == nil && len(list) == 0
	case data[0] == '{' && json.Unmarshal(data, &metric) == nil && metric.Aggregates != nil:
		return !slices.ContainsFunc(metric.Aggregates, func(a dixaclient.AggregateValue) bool {
			n, isNumber := a.Value.(float64)
			return !isNumber || n != 0
		})
	}
	return false
}

// diagnose finds out which values of a request Dixa refused with 400 or 404, which does not say it itself. What is outside
// the agent's bound is left as it is: it is answered like what does not exist.
func (v *values) diagnose(ctx context.Context, args *tools.Arguments, err error) error {
	var e *dixaclient.Error
	if _, refused := errors.AsType[*refusal](err); refused || v.call.tool.Task() || !errors.As(err, &e) || e.Status != http.StatusBadRequest && e.Status != http.StatusNotFound || e.Effect != dixaclient.NotDone || e.Err != nil {
		return err
	}
	fine := map[string]bool{}
	for _, r := range v.call.tool.References(args) {
		argument, _, _ := strings.Cut(r.Name, ".")
		verdict := v.check(ctx, r)
		if verdict.wrong && len(e.Wrong) < mostWrong {
			e.Wrong = append(e.Wrong, r.Argument+": "+verdict.said)
		}
		if was, before := fine[argument]; !before || was {
			fine[argument] = !verdict.wrong && !verdict.unchecked
		}
	}
	for argument, is := range fine {
		if is {
			e.Right = append(e.Right, argument)
		}
	}
	return err
}
