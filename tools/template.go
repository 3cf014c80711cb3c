package tools

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	d "dixa-mcp/dixaclient"
)

// quickResponse is the text of a quick response for one conversation.
type quickResponse struct {
	name     string
	language string // of the text; "" where Dixa does not say it
	wanted   string // the conversation's language, where the text is in another
	text     string
}

// placeholder is how Dixa writes in templates what it fills in.
var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`) })

// templateReader reads templates for one conversation.
type templateReader struct {
	reads        *Reads
	tool         string // that is called
	conversation d.ConversationRef
	as           d.ActingAgent
}

// quickResponse reads a template and fills it in, in the conversation's language where there is a translation. What cannot be
// filled in is refused: nothing may be sent with it.
func (t *templateReader) quickResponse(ctx context.Context, id d.UUID) (*quickResponse, error) {
	refused := func(format string, args ...any) error {
		return &d.InputError{Operation: t.tool, Field: "template", Problem: fmt.Sprintf(format, args...)}
	}
	found, err := t.find(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, refused("names no template that there is")
	case found.Type != "QuickResponse":
		return nil, refused("names an automatic reply, which is not for Dixa agents to send; give a quick response or text")
	}
	conversation := d.Conversation{}
	if t.reads.Granted(d.GetConversation.Spec) {
		a, err := d.GetConversation.Do(ctx, t.reads.Client, d.GetConversationIn{ConversationRef: t.conversation})
		if err != nil {
			return nil, err
		}
		conversation = a.Value
	}
	q := &quickResponse{name: found.Name, text: found.Content, wanted: conversation.Language}
	if in := translationFor(conversation.Language, found.Translations); in != nil {
		q.language, q.wanted, q.text = in.Locale, "", in.Content
	}
	missing, err := q.fill(ctx, map[string]func(context.Context) (string, string, error){
		"requester_firstname": func(ctx context.Context) (string, string, error) {
			return t.customerName(ctx, conversation.RequesterID)
		},
		"agent_firstname": func(ctx context.Context) (string, string, error) { return t.agentName(ctx) },
		"csid": func(context.Context) (string, string, error) {
			return strconv.FormatInt(t.conversation.ConversationID, 10), "", nil
		},
	})
	switch {
	case err != nil:
		return nil, err
	case len(missing) > 0:
		return nil, refused("has what cannot be filled in: %s; give the text instead", strings.Join(missing, ", "))
	case canonical(q.text) == "":
		return nil, refused("has no text in this language; give text")
	}
	q.text = canonical(q.text)
	return q, nil
}

// find returns a template by its id, nil where there is none.
func (t *templateReader) find(ctx context.Context, id d.UUID) (*d.Template, error) {
	for page, err := range d.ListTemplates.Pages(ctx, t.reads.Client, d.ListTemplatesIn{Page: d.Page{PageLimit: 50}}) {
		if err != nil {
			return nil, err
		}
		for i := range page.Value {
			if strings.EqualFold(string(page.Value[i].ID), string(id)) {
				return &page.Value[i], nil
			}
		}
	}
	return nil, nil
}

// translationFor returns the translation into a language, such as da or en-US, nil where there is none that is in use. Failing
// the very one, it is that of the language alone, or the only one of any country.
func translationFor(language string, all []d.TemplateTranslation) *d.TemplateTranslation {
	parts := func(locale string) (whole, first string) {
		whole = strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
		first, _, _ = strings.Cut(whole, "-")
		return whole, first
	}
	wanted, first := parts(language)
	if wanted == "" {
		return nil
	}
	var plain *d.TemplateTranslation
	var others []*d.TemplateTranslation
	for i := range all {
		whole, its := parts(all[i].Locale)
		switch {
		case all[i].IsDeactivated || its != first:
		case whole == wanted:
			return &all[i]
		case whole == first:
			plain = &all[i]
		default:
			others = append(others, &all[i])
		}
	}
	if plain == nil && len(others) == 1 && wanted == first {
		plain = others[0]
	}
	return plain
}

// fill puts values in place of the placeholders in the text, and lists those that have none, with the reason.
func (q *quickResponse) fill(ctx context.Context, values map[string]func(context.Context) (value, why string, err error)) (missing []string, err error) {
	filled := map[string]string{}
	for _, m := range placeholder().FindAllStringSubmatch(q.text, -1) {
		name := m[1]
		if _, done := filled[name]; done || slices.ContainsFunc(missing, func(s string) bool { return strings.HasPrefix(s, "{{"+name+"}}") }) {
			continue
		}
		value, why := "", "not known here"
		if read, ok := values[name]; ok {
			if value, why, err = read(ctx); err != nil {
				return nil, err
			}
		}
		if value == "" {
			missing = append(missing, "{{"+name+"}} ("+why+")")
			continue
		}
		filled[name] = value
	}
	if len(missing) > 0 {
		return missing, nil
	}
	q.text = placeholder().ReplaceAllStringFunc(q.text, func(whole string) string { return filled[placeholder().FindStringSubmatch(whole)[1]] })
	if strings.Contains(q.text, "{{") {
		missing = append(missing, "{{ without an end")
	}
	return missing, nil
}

// customerName returns the customer's first name, or why there is none to address them by.
func (t *templateReader) customerName(ctx context.Context, id d.UUID) (name, why string, err error) {
	switch {
	case !t.reads.Granted(d.GetConversation.Spec):
		return "", "get_conversation is not granted", nil
	case !t.reads.Granted(d.GetEndUser.Spec):
		return "", "get_end_user is not granted", nil
	case id == "":
		return "", "the conversation has no customer", nil
	}
	a, err := d.GetEndUser.Do(ctx, t.reads.Client, d.EndUserRef{UserID: id})
	if err != nil {
		return "", "", err
	}
	if name = strings.TrimSpace(a.Value.FirstName); !isFirstName(name) {
		return "", "the customer has no first name that can be written to them", nil
	}
	return name, "", nil
}

// agentName returns the first name of the Dixa agent in whose name a message is sent.
func (t *templateReader) agentName(ctx context.Context) (name, why string, err error) {
	var found d.Agent
	id := d.UUID(t.as)
	switch {
	case id == "":
		return "", "no agentId says in whose name", nil
	case t.reads.Granted(d.GetAgent.Spec):
		a, err := d.GetAgent.Do(ctx, t.reads.Client, d.AgentRef{AgentID: id})
		if err != nil {
			return "", "", err
		}
		found = a.Value
	case t.reads.Granted(d.ListAgents.Spec):
		for page, err := range d.ListAgents.Pages(ctx, t.reads.Client, d.ListAgentsIn{Page: d.Page{PageLimit: 50}}) {
			if err != nil {
				return "", "", err
			}
			if i := slices.IndexFunc(page.Value, func(a d.Agent) bool { return strings.EqualFold(string(a.ID), string(id)) }); i >= 0 {
				found = page.Value[i]
				break
			}
		}
	default:
		return "", "neither get_agent nor list_agents is granted", nil
	}
	if name = strings.TrimSpace(found.FirstName); name == "" {
		return "", "the Dixa agent has no first name", nil
	}
	return name, "", nil
}

// isFirstName reports whether a text that a customer chose is a name and nothing else: it is put into a text that is sent.
func isFirstName(name string) bool {
	return name != "" && len([]rune(name)) <= 40 && !strings.ContainsFunc(name, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsMark(c) && !strings.ContainsRune(" -'’.", c)
	})
}
