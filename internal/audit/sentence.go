package audit

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Verb says in words what a tool does: {"closed", "close", "conversation {conversationId}"}. Names in braces are
// filled from the arguments, dotted for nested ones; one that is absent is left out.
type Verb struct {
	Past, Infinitive, Object string
}

// Sentence says in plain English who did what, what allowed or refused it, and what came of it. It takes nothing but
// the record and the tool's own words, so it holds no more than they do. A tool without words is called by its name.
func Sentence(r Record, v Verb) string {
	switch r.Event {
	case EventSignIn, EventSignInRefused, EventSignInEnded, EventClient:
		return printable(signIn(r))
	}
	if v == (Verb{}) {
		v = Verb{Past: "called", Infinitive: "call", Object: cmp.Or(r.Tool, "an unknown tool")}
	}
	object, named := fill(v.Object, r.Arguments, r.Names)
	if r.Job != "" {
		object += ", part of job " + r.Job
	}
	who := caller(r)
	tried := words(who, "tried to", v.Infinitive, object)
	switch {
	case r.Event == EventRefused || r.Decision == Refused || r.Outcome == OutcomeRefused:
		return printable(refusal(who, r, object, named))
	case r.Outcome == OutcomeWaiting:
		return printable(words(who, "wants to", v.Infinitive, object) + clauses(r.Reason))
	case r.Event == EventIntent:
		return printable(words(who, "is about to", v.Infinitive, object) + step(r.Step) + clauses(allowed(r.Rule)))
	case r.Outcome == OutcomeUnknown:
		return printable(tried + ": it is not known whether Dixa did it" + requests("", r.Operations, ""))
	case r.Outcome == OutcomeFailed:
		return printable(tried + clauses(allowed(r.Rule), cmp.Or(r.Reason, failure(r))) + requests("", r.Operations, "nothing was sent to Dixa"))
	case r.Outcome == OutcomeCancelled:
		return printable(tried + clauses(allowed(r.Rule), cancellation(r)) + requests("", r.Operations, "nothing was sent to Dixa"))
	}
	return printable(words(who, v.Past, object) + clauses(allowed(r.Rule), approved(r)) + requests("", r.Operations, ""))
}

// caller returns the agent, with the person for whom it acts, or the id of its credential if it has one.
func caller(r Record) string {
	who := cmp.Or(r.Agent, "an unknown caller")
	if r.Person != "" {
		return who + " for " + r.Person
	}
	switch r.Key {
	case "":
		return who
	case "oidc":
		return who + " (by a token)"
	}
	return who + " (key " + r.Key + ")"
}

func refusal(who string, r Record, object string, named bool) string {
	on := ""
	if named { // an object that names nothing in particular adds nothing to the tool's name
		on = refusedOn(object)
	}
	why := r.Reason
	if rule := bareRule(r.Rule); why == "" && rule != "" {
		why = "refused by " + rule
		if strings.Count(rule, ".") == 1 { // agents.<name>: no line speaks of it, so nothing grants it
			why = "not granted by " + rule
		}
	}
	return words(who, "was refused", cmp.Or(r.Tool, "an unknown tool"), on) + clauses(why) +
		requests("before that: ", r.Operations, "nothing was sent to Dixa")
}

// refusedOn joins a tool's name and its object: "on conversation 1234", but "in conversation 1234" where the object
// is "a message in conversation 1234".
func refusedOn(object string) string {
	first, rest, _ := strings.Cut(object, " ")
	if first == "in" { // "replied in conversation 1234"
		return object
	}
	if first != "a" && first != "an" && first != "the" {
		return "on " + object
	}
	all := strings.Fields(rest)
	for i, word := range all {
		switch word {
		case "in", "to", "on", "of", "for", "from", "with", "about":
			return strings.Join(all[i:], " ")
		}
	}
	return ""
}

func allowed(rule string) string {
	if rule = bareRule(rule); rule != "" {
		return "allowed by " + rule
	}
	return ""
}

// step says which step of a plan is meant.
func step(s string) string {
	place, operation, ok := strings.Cut(s, " ")
	if !ok {
		return ""
	}
	return ", step " + strings.ReplaceAll(place, "/", " of ") + ", " + operation
}

// approved returns who approved a call, and who had it carried out.
func approved(r Record) string {
	if r.Approver == "" {
		return ""
	}
	said := "approved by " + r.Approver
	if r.Edited != nil {
		said = "edited and " + said
	}
	switch r.Sender {
	case "":
		return said
	case r.Approver:
		return strings.Replace(said, "approved by", "approved and sent by", 1)
	}
	return said + ", sent by " + r.Sender
}

// bareRule returns a rule without its place in the file, which the record has.
func bareRule(rule string) string {
	rule, _, _ = strings.Cut(rule, " (")
	return rule
}

// count tells how many operations there are, how many of them were done, and whether for one of them it is not known. What a
// write read beside is not counted.
func count(r Record) (all, done int, unknown bool) {
	for _, o := range r.Operations {
		if o.Read && r.Event == EventOutcome {
			continue
		}
		all++
		switch o.Outcome {
		case OutcomeDone:
			done++
		case OutcomeUnknown:
			unknown = true
		}
	}
	return all, done, unknown
}

func failure(r Record) string {
	if all, done, _ := count(r); done > 0 {
		return fmt.Sprintf("but only %d of %d operations succeeded", done, all)
	}
	return "but it failed"
}

func cancellation(r Record) string {
	all, done, unknown := count(r)
	switch {
	case unknown:
		return "cancelled, and it is not known whether Dixa did it"
	case done > 0:
		return fmt.Sprintf("cancelled after %d of %d operations", done, all)
	}
	return "cancelled"
}

// clauses joins clauses to ": a, but b". It leaves out empty ones, and a "but" with nothing before it.
func clauses(all ...string) string {
	var kept []string
	for _, c := range all {
		if c != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return ": " + strings.TrimPrefix(strings.Join(kept, ", "), "but ")
}

// requests returns what Dixa answered, such as " (Dixa 204, 212 ms)", or none if nothing was sent.
func requests(before string, operations []Operation, none string) string {
	said := none
	switch n := len(operations); {
	case n == 1:
		said = before + request(operations[0])
	case n > 1:
		answers, millis, trouble := make([]string, n), int64(0), ""
		for i, o := range operations {
			answers[i] = "no answer"
			if o.Status != 0 {
				answers[i] = strconv.Itoa(o.Status)
			}
			millis += o.Millis
			if o.Error != "" {
				trouble = ": " + o.Error
			}
		}
		said = fmt.Sprintf("%s%d operations, Dixa %s, %d ms%s", before, n, strings.Join(counted(answers), ", "), millis, trouble)
	}
	if said == "" {
		return ""
	}
	return " (" + said + ")"
}

// counted returns a few answers one by one, and more as how often each came, so that a sentence stays one.
func counted(answers []string) (kept []string) {
	const few = 5
	if len(answers) <= few {
		return answers
	}
	times := map[string]int{}
	for _, a := range answers {
		if times[a]++; times[a] == 1 {
			kept = append(kept, a)
		}
	}
	for i, a := range kept {
		if times[a] > 1 {
			kept[i] = fmt.Sprintf("%s (%d times)", a, times[a])
		}
	}
	return kept
}

func request(o Operation) string {
	attempts := ""
	if o.Attempts > 1 {
		attempts = fmt.Sprintf(", %d attempts", o.Attempts)
	}
	if o.Status == 0 {
		return cmp.Or(o.Error, "no answer from Dixa") + attempts
	}
	said := fmt.Sprintf("Dixa %d, %d ms%s", o.Status, o.Millis, attempts)
	if o.Error != "" {
		said += ": " + o.Error
	}
	return said
}

// fill puts reduced arguments into the object of a verb, and tells whether there was anything to put in.
func fill(object string, arguments Arguments, names map[string]string) (filled string, named bool) {
	if !strings.Contains(object, "{") {
		return object, false
	}
	all := arguments.Values()
	var b strings.Builder
	for rest := object; rest != ""; {
		before, name, _ := strings.Cut(rest, "{")
		name, rest, _ = strings.Cut(name, "}")
		value := find(all, name)
		named = named || value != nil
		b.WriteString(before)
		if called := names[name]; called != "" && value != nil {
			fmt.Fprintf(&b, "%q (%s)", called, inWords(value))
		} else {
			b.WriteString(inWords(value))
		}
	}
	return words(b.String()), named
}

// find returns the value that a dotted name stands for, nil where there is none.
func find(value any, name string) any {
	for step := range strings.SplitSeq(name, ".") {
		fields, _ := value.(map[string]any)
		value = fields[step]
	}
	return value
}

func inWords(value any) string {
	const most = 3 // of a list
	switch v := value.(type) {
	case nil:
		return ""
	case map[string]any:
		return "(not recorded)"
	case []any:
		var items []string
		for _, item := range v[:min(len(v), most)] {
			items = append(items, inWords(item))
		}
		if len(v) > most {
			items = append(items, fmt.Sprintf("%d more", len(v)-most))
		}
		return strings.Join(items, ", ")
	}
	return fmt.Sprint(value)
}

// words joins with single spaces.
func words(all ...string) string {
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

// printable keeps a record from writing control characters to the terminal it is shown on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
