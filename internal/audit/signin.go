package audit

import "cmp"

// signIn returns the sentence of a record about a sign-in.
func signIn(r Record) string {
	with := func(words string) string {
		if r.Client == "" {
			return ""
		}
		return words + r.Client
	}
	to := ""
	if r.Agent != "" {
		to = "to " + r.Agent
	}
	switch r.Event {
	case EventClient:
		return words("the client", r.Client, "registered itself") + clauses(r.Reason)
	case EventSignInRefused:
		return words(cmp.Or(r.Person, "somebody"), "could not sign in", to, with("with ")) + clauses(r.Reason)
	case EventSignInEnded:
		return words("the sign-in of", cmp.Or(r.Person, "somebody"), to, with("with "), "ended") + clauses(r.Reason)
	}
	return words(cmp.Or(r.Person, "somebody"), "signed in", to, with("with "))
}
