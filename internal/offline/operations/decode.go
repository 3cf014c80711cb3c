package operations

import "dixa-mcp/internal/offline/body"

// bodies reads the bodies of all operations.
var bodies = body.Reader{
	Unions: unions,
	Lists:  map[string]string{"searchChannel": searchNames, "offerAlgorithm": offerAlgorithms},
}

// decode reads the body of a request. Without a body it is an error.
func decode[T any](c *call) (v T, err error) {
	err = c.Decode(bodies, &v)
	return v, err
}

// decodeOptional decodes the body of an operation whose body may be absent.
func decodeOptional[T any](c *call) (v T, err error) {
	if !c.HasBody() {
		return v, nil
	}
	return decode[T](c)
}
