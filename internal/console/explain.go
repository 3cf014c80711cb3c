package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/internal/gate"
	"dixa-mcp/tools"
)

// maxArguments bounds the arguments of a call that is explained, in bytes.
const maxArguments = 12 << 10

// explainPages say what would become of a call.
type explainPages struct{ config *Config }

// explained is the page that says what would become of a call.
type explained struct {
	Token             string
	Agents, Tools     []string
	Agent, Tool, Args string
	Problem           string // with what was asked
	Answer            *gate.Explanation
}

// ask shows the form.
func (p explainPages) ask(v *visit) {
	q := v.URL.Query()
	p.show(v, http.StatusOK, explained{Agent: q.Get("agent"), Tool: q.Get("tool")})
}

// explain answers it. Nothing is sent to Dixa but the reads that a bound needs, as with dixa-mcp explain.
func (p explainPages) explain(v *visit) {
	e := explained{Agent: v.PostFormValue("agent"), Tool: strings.TrimSpace(v.PostFormValue("tool")), Args: strings.TrimSpace(v.PostFormValue("arguments"))}
	arguments := json.RawMessage(e.Args)
	if e.Args == "" {
		arguments = json.RawMessage("{}")
	}
	a, err := v.rules.Agent(e.Agent)
	_, known := tools.Any(e.Tool)
	switch {
	case err != nil:
		e.Problem = sentence(err.Error())
	case !known:
		e.Problem = "There is no tool of this name. Choose one of the list."
	case len(e.Args) > maxArguments:
		e.Problem = "The arguments are longer than 12 KiB."
	case !json.Valid(arguments):
		e.Problem = `The arguments must be a JSON object, such as {"conversationId": 1234}.`
	default:
		answer, err := p.config.Explain(v.Context(), gate.Request{Agent: a.Name, Tool: e.Tool, Arguments: arguments, Blind: v.who.Role != approvers})
		if err != nil {
			e.Problem = sentence(err.Error())
		} else {
			e.Answer = &answer
		}
	}
	status := http.StatusOK
	if e.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	p.show(v, status, e)
}

func (p explainPages) show(v *visit, status int, e explained) {
	e.Token = v.token("/explain")
	for _, a := range v.rules.Agents() {
		e.Agents = append(e.Agents, a.Name)
	}
	for _, t := range tools.All() {
		e.Tools = append(e.Tools, t.Name)
	}
	slices.Sort(e.Tools)
	v.show(status, "explain.html", "/explain", "What if", false, e)
}
