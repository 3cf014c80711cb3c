package dixaclient

// CustomAttributeValue is the value of a custom attribute on a conversation or an end user; Value is a string, or the
// path of the chosen option as a list of strings.
type CustomAttributeValue struct {
	ID         UUID   `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Value      any    `json:"value"`
}
