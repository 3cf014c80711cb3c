package tools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
	"dixa-mcp/schemas"
)

// exportedRows is how many rows of an export a model gets. It never pages through the others: a person fetches them.
const exportedRows = 20

var exports = group("exports",
	export(d.ExportConversations, "exported conversations", "Number of conversations in a time window, and the first 20; csids asks for some by number. To get all, a person runs the command in more."),
	export(d.ExportMessages, "exported messages", "Number of messages in a time window, and the first 20; no internal notes. To get all, a person runs the command in more."),
)

// export makes the tool of an export: its rows are counted as they stream by, and the first are kept.
func export[In, Row any](op d.Op[In, []Row], did, description string) *Tool {
	t := tool(op, did, description, named, showing(view.Rows))
	t.View.SkipArg, t.args = false, schemas.Of[In]
	t.run = func(ctx context.Context, c *d.Client, in any) (Output, error) {
		o := Output{More: "to get all, a person runs: " + exportCommand(op.Spec.Name, in)}
		body := []byte{'['}
		for row, err := range op.Stream(ctx, c, *in.(*In)) {
			if errors.Is(err, context.DeadlineExceeded) && o.Total > exportedRows { // what was counted is worth more than an error
				o.More = "there are more, which time was too short to count; " + o.More
				break
			}
			if err != nil {
				return Output{}, err
			}
			if o.Total++; o.Total <= exportedRows {
				body = append(append(body, row...), ',')
			}
		}
		o.Body = append(bytes.TrimSuffix(body, []byte(",")), ']')
		return o, nil
	}
	return t
}

// exportCommand returns the command line that fetches what in (a pointer to the request) asks for.
func exportCommand(operation string, in any) string {
	what := strings.TrimPrefix(operation, "export_")
	words := []string{"dixa-mcp export", what}
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch value := v.Field(i).Interface().(type) {
		case d.Millis:
			if !value.IsZero() {
				words = append(words, "--"+kebab(name), value.Time.String())
			}
		case []int32:
			if len(value) > 0 {
				list, _ := json.Marshal(value) // numbers always marshal
				words = append(words, "--"+kebab(name), strings.Trim(string(list), "[]"))
			}
		}
	}
	return fmt.Sprintf("%s --out %s.jsonl", strings.Join(words, " "), what)
}

// kebab writes an argument's name as flags are: updated-after.
func kebab(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
