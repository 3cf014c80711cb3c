package clients

// Field is a key of an [Object] with its value: a string, bool, int, []string or Object.
type Field struct {
	Key   string
	Value any
}

// Object is an object whose keys have an order.
type Object []Field

// Get returns the value of a key, or nil.
func (o Object) Get(key string) any {
	for _, f := range o {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// Edit is a change of a configuration file: an object that belongs at a path. If ListKey is set, the path leads to a list,
// whose item with the same value of that key is the one to replace.
type Edit struct {
	Path    []string
	NewPath []string // the path if the parent of its last key exists
	Value   Object
	ListKey string
}

// Launch is the command with which a client starts this program.
type Launch struct {
	Command string
	Args    []string
	Env     Object
}

// Start returns the edits with which the client starts this program. A token is asked for if the client can ask for it.
func (c Client) Start(l Launch, needsToken bool) []Edit {
	s := c.Stdio
	o := append(Object{}, s.Before...)
	if s.Args == "" {
		o = append(o, Field{s.Command, append([]string{l.Command}, l.Args...)})
	} else {
		o = append(o, Field{s.Command, l.Command}, Field{s.Args, l.Args})
	}
	var inputs []Edit
	if needsToken && s.Prompts {
		l.Env = Object{{"DIXA_API_TOKEN", "${input:dixa-api-token}"}}
		inputs = prompt("dixa-api-token", "Dixa API token")
	}
	if len(l.Env) > 0 {
		o = append(o, Field{s.Env, l.Env})
	}
	return append([]Edit{c.edit(append(o, s.After...))}, inputs...)
}

// Connect returns the edits with which the client connects to an address. An insecure address is one beyond this machine
// without TLS.
func (c Client) Connect(address string, insecure bool) []Edit {
	r := c.Remote
	if r.Bridge {
		args := []string{"-y", "mcp-remote", address, "--header", "Authorization:${DIXA_MCP_AUTHORIZATION}"}
		if insecure {
			args = append(args, "--allow-http") // which mcp-remote wants for http:// beyond localhost
		}
		return c.Start(Launch{"npx", args, Object{{"DIXA_MCP_AUTHORIZATION", r.Value}}}, false)
	}
	o := append(append(Object{}, r.Before...), Field{r.URL, address})
	if r.Token != "" {
		o = append(o, Field{r.Token, Variable})
	} else {
		o = append(o, Field{r.Headers, Object{{"Authorization", r.Value}}})
	}
	edits := []Edit{c.edit(append(o, r.After...))}
	if r.Prompts {
		edits = append(edits, prompt("dixa-mcp-key", "Key of the dixa-mcp agent")...)
	}
	return edits
}

// edit returns the edit of the client's entry.
func (c Client) edit(o Object) Edit {
	e := Edit{Path: append(c.Path[:len(c.Path):len(c.Path)], Entry), Value: o}
	if c.NewPath != nil {
		e.NewPath = append(c.NewPath[:len(c.NewPath):len(c.NewPath)], Entry)
	}
	return e
}

// prompt returns the edit by which VS Code asks its user for a value, so that it is in no file.
func prompt(id, description string) []Edit {
	return []Edit{{Path: []string{"inputs"}, ListKey: "id", Value: Object{{"type", "promptString"}, {"id", id}, {"description", description}, {"password", true}}}}
}

// Key says where the key of an agent goes.
func (c Client) Key() string {
	switch r := c.Remote; {
	case r.Prompts:
		return c.Title + " asks for the agent's key."
	case r.Bridge:
		return "Replace " + Placeholder + " with the key. npx is part of Node.js. " + c.Title + " itself sends no header: mcp-remote does."
	case r.Value == "Bearer "+Placeholder:
		return "Replace " + Placeholder + " with the key: no way is documented by which " + c.Title + " reads a header from the environment, so the key is in the configuration."
	}
	return "Set " + Variable + " to the agent's key in the environment in which " + c.Title + " starts."
}
