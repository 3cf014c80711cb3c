package laws

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/golden"
	"dixa-mcp/tools"
)

const toolsIntroduction = `# Tools

Made by ` + "`make update-golden`" + ` from the tools themselves; do not edit it.

Each tool says whether it reads or writes, its level (**read**; **write**: colleagues see it, it can be put right; **send**:
it leaves the organization; **erase**: it cannot be undone), and the operation of Dixa behind it. What an agent may do is
decided by the [capability file](capabilities.md). A tool that is granted *only by name* is covered by no level. An argument
that is there *by name* reaches further than the level: only an agent whose file names it under ` + "`arguments`" + ` has it.
*acts_as* can fill in who acts.

The examples were made on the offline Dixa, on Monday 2 March 2026 at 10:00. Its ids are the same wherever it runs, so
` + "`--offline`" + ` behind a command shows its answer, with other dates, to an agent whose file grants the tool; what takes two commands needs
one that they share (` + "`dixa-mcp offline`" + `). Answers stand here as an agent gets them, but with line breaks, and cut at …
where they are long.

`

// The reference of tools is made from the tools and from what the offline Dixa answers to the examples.
func TestDocsTools(t *testing.T) {
	all := examples(t)
	var b strings.Builder
	b.WriteString(toolsIntroduction)
	for _, group := range tools.Groups() {
		fmt.Fprintf(&b, "- [%s](#%s):", group, group)
		for _, tool := range inGroup(group) {
			fmt.Fprintf(&b, " [%s](#%s)", tool.Name, tool.Name)
		}
		b.WriteString("\n")
	}
	for _, group := range tools.Groups() {
		fmt.Fprintf(&b, "\n## %s\n", group)
		for _, tool := range inGroup(group) {
			documentTool(t, &b, tool, all[tool.Name])
		}
	}
	golden.Equal(t, filepath.Join(repository(t), "docs", "tools.md"), []byte(b.String()))
}

func inGroup(group string) []*tools.Tool {
	return slices.DeleteFunc(tools.All(), func(t *tools.Tool) bool { return t.Group != group })
}

// documentTool writes the section of one tool.
func documentTool(t *testing.T, b *strings.Builder, tool *tools.Tool, e example) {
	t.Helper()
	marks := []string{tool.Access() + "s", "level **" + tool.Level.String() + "**"}
	for _, op := range tool.Operations {
		marks = append(marks, "`"+op.Method+" "+op.Path+"`")
		if op.Deprecated {
			marks = append(marks, "deprecated by Dixa")
		}
	}
	if tool.Named {
		marks = append(marks, "only by name")
	}
	if tool.Idempotent && tool.Access() == "write" {
		marks = append(marks, "twice is the same as once")
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n%s\n\n", tool.Name, strings.Join(marks, " · "), tool.Description)
	if rows := argumentRows(t, tool); rows != "" {
		fmt.Fprintf(b, "| argument | type | meaning |\n|---|---|---|\n%s\n", rows)
	}
	calls := rehearse(t, tool.Name, e)
	b.WriteString("```sh\n")
	for _, c := range calls {
		fmt.Fprintf(b, "dixa-mcp call %s", c.Tool)
		if a := string(c.Arguments); a != "{}" {
			fmt.Fprintf(b, " '%s'", strings.ReplaceAll(a, "'", `'\''`))
		}
		b.WriteString("\n")
	}
	answer, language := excerpt(calls[len(calls)-1].text), "json"
	if strings.HasSuffix(answer, "…") {
		language = "text"
	}
	fmt.Fprintf(b, "```\n\n```%s\n%s\n```\n", language, answer)
}

// argumentRows is the table of a tool's arguments, the fields of objects below their argument.
func argumentRows(t *testing.T, tool *tools.Tool) string {
	t.Helper()
	notes := map[string][]string{}
	for _, op := range tool.Operations {
		for _, named := range op.Named() {
			note := "*by name*"
			if !slices.Contains(named.Values, "*") {
				note = "`" + strings.Join(named.Values, "`, `") + "` " + note
			}
			notes[named.Argument] = append(notes[named.Argument], note)
		}
		for _, actor := range op.Actors() {
			notes[actor] = append(notes[actor], "*acts_as*")
		}
	}
	var rows strings.Builder
	schemaRows(t, &rows, "", tool.Schema().JSON(), notes)
	return rows.String()
}

// schemaRows writes the properties of an object schema in their order.
func schemaRows(t *testing.T, rows *strings.Builder, under string, schema json.RawMessage, notes map[string][]string) {
	t.Helper()
	type node struct {
		Type        string
		Format      string
		Description string
		Enum        []string
		Required    []string
		Properties  json.RawMessage
		Items       json.RawMessage
	}
	var object node
	require.NoError(t, json.Unmarshal(schema, &object))
	if object.Properties == nil {
		return
	}
	d := json.NewDecoder(bytes.NewReader(object.Properties))
	_, err := d.Token() // {
	require.NoError(t, err)
	for d.More() {
		key, err := d.Token()
		require.NoError(t, err)
		var raw json.RawMessage
		require.NoError(t, d.Decode(&raw))
		var n, items node
		require.NoError(t, json.Unmarshal(raw, &n))
		name, kind, inner, enum := under+key.(string), cmp.Or(n.Format, n.Type), raw, n.Enum
		if n.Items != nil {
			require.NoError(t, json.Unmarshal(n.Items, &items))
			kind, inner, enum = "array of "+items.Type, n.Items, items.Enum
		}
		var meaning []string
		if slices.Contains(object.Required, key.(string)) {
			meaning = append(meaning, "**required**")
		}
		if n.Description != "" {
			meaning = append(meaning, n.Description)
		}
		if enum != nil {
			meaning = append(meaning, "`"+strings.Join(enum, "` `")+"`")
		}
		if len(notes[name]) > 0 {
			meaning = append(meaning, strings.Join(notes[name], " or "))
		}
		fmt.Fprintf(rows, "| `%s` | %s | %s |\n", name, kind, strings.ReplaceAll(strings.Join(meaning, "; "), "|", `\|`))
		if n.Items != nil {
			name += "[]"
		}
		schemaRows(t, rows, name+".", inner, nil)
	}
}

// excerpt breaks an answer into lines between its values, and cuts it where it is long.
func excerpt(text string) string {
	const width, most = 100, 600
	var b strings.Builder
	column, inText, escaped := 0, false, false
	for i, r := range text {
		column++
		b.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = inText
		case r == '"':
			inText = !inText
		}
		if rest := utf8.RuneCountInString(text[i:]); i >= most && rest > 80 && (r == ',' && !inText || r == ' ' && i >= 2*most) {
			return b.String() + " …"
		}
		if r == ',' && !inText && column >= width {
			b.WriteByte('\n')
			column = 0
		}
	}
	return b.String()
}
