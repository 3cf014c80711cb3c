package tools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/view"
)

// FindToolsIn says what tools are looked for by.
type FindToolsIn struct {
	What string `json:"what" check:"min=1" jsonschema_description:"what you want to do, such as tag a conversation"`
}

// CallToolIn is a call of another tool.
type CallToolIn struct {
	Tool      string         `json:"tool" check:"min=1"`
	Arguments map[string]any `json:"arguments,omitzero"`
}

// The two tools that agents see whose surface is discover. They are of no group and in no capability file, and [All] does not
// have them.
var (
	FindTools = finder()
	CallTool  = caller()
)

// mostFound is how many tools an answer of find_tools has.
const mostFound = 5

// Found is a tool as find_tools shows it to one agent.
type Found struct {
	Name, Description, Arguments string
	Level                        dixaclient.Level
}

func finder() *Tool {
	t := task("find_tools", "searched its tools", "Find tools for conversations, customers, queues, tags, articles, reports and whatever else there is in Dixa. Gives the five that fit best, with their arguments, for call_tool.",
		nil, nil, func(_ context.Context, r *Reads, in FindToolsIn) (Output, error) {
			part := view.Part{Name: "tools", List: true}
			for _, f := range r.Find(in.What, mostFound) {
				part.Items = append(part.Items, f.item())
			}
			if len(part.Items) == 0 {
				return Output{Parts: []view.Part{view.Sentence("none", "No tool that you may call fits these words. Say in English what is to be done and with what, such as: tag a conversation. You may call tools for: "+strings.Join(r.Groups(), ", ")+".")}}, nil
			}
			return Output{Parts: []view.Part{part}}, nil
		})
	t.Group = "discover"
	return t
}

// caller makes the tool by which others are called. What a client is told of it is true of the tool that does the most.
func caller() *Tool {
	t := task("call_tool", "called a tool", "Call a tool that find_tools found.", nil, nil, func(context.Context, *Reads, CallToolIn) (Output, error) {
		return Output{}, errors.New("call_tool carries nothing out itself")
	})
	t.Group, t.Level, t.Destructive, t.Idempotent = "discover", dixaclient.Send, true, false
	return t
}

// item shows a tool as a model calls it.
func (f *Found) item() view.Item {
	level := view.Fact{Key: "level", Own: true}
	if f.Level > dixaclient.Read {
		level.Value = f.Level.String()
	}
	return view.Item{Facts: []view.Fact{
		{Key: "tool", Value: f.Name, Own: true},
		{Key: "does", Value: f.Description, Own: true},
		level,
		{Key: "arguments", Value: "(" + f.Arguments + ")", Own: true},
	}}
}

// Any finds a tool, also one that only agents see whose surface is discover.
func Any(name string) (*Tool, bool) {
	switch name {
	case FindTools.Name:
		return FindTools, true
	case CallTool.Name:
		return CallTool, true
	}
	return ByName(name)
}

// Called reads the arguments of call_tool. The arguments of the tool that it calls are as they came: that tool checks them.
func Called(raw json.RawMessage) (name string, arguments json.RawMessage, err error) {
	if arguments, raw = apart(raw); raw == nil {
		raw = json.RawMessage("{}")
	}
	var in CallToolIn
	if err := CallTool.Schema().Decode(raw, &in); err != nil {
		return "", nil, err
	}
	if in.Tool == FindTools.Name || in.Tool == CallTool.Name {
		return "", nil, &dixaclient.InputError{Operation: CallTool.Name, Field: "tool", Problem: in.Tool + " is called by itself, not with call_tool"}
	}
	if arguments == nil && len(in.Arguments) > 0 { // a call without what was given would do something else
		return "", nil, &dixaclient.InputError{Operation: CallTool.Name, Field: "arguments", Problem: "must be one JSON object"}
	}
	return in.Tool, arguments, nil
}

// apart takes the one object that is named arguments out of the arguments of call_tool, and leaves an empty one in its place. As
// with other tools, it may be written as a text that holds the object. What has another form stays as it is.
func apart(raw json.RawMessage) (arguments, rest json.RawMessage) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(trimmed) {
		return nil, raw
	}
	rest = append(rest, '{')
	for name, value := range jsonscan.Members(trimmed) {
		if arguments == nil && jsonscan.Unquote(name) == "arguments" {
			if arguments = object(value); arguments != nil {
				value = []byte("{}")
			}
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(append(append(append(rest, '"'), name...), `":`...), value...)
	}
	return arguments, append(rest, '}')
}

// object returns a JSON object, also one that is in a JSON string, and nil for everything else.
func object(value []byte) json.RawMessage {
	if value[0] == '"' {
		value = bytes.TrimSpace([]byte(jsonscan.Unquote(value[1 : len(value)-1])))
	}
	if len(value) == 0 || value[0] != '{' {
		return nil
	}
	return value
}
