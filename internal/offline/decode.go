package offline

import (
	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/wire"
)

// bodies reads the bodies of all operations.
var bodies = body.Reader{
	Unions: unions,
	Lists:  map[string]string{"searchChannel": searchNames, "offerAlgorithm": offerAlgorithms},
}

// decode reads the body of a request. Without a body it is an error.
func decode[T any](c *call) (T, error) {
	var v T
	if !c.hasBody() {
		return v, wire.ErrBody.Because("the operation needs a body")
	}
	if !c.isJSON() {
		return v, wire.ErrBody.Because("the Content-Type is not application/json")
	}
	if err := bodies.Read(c.Body, &v); err != nil {
		return v, wire.ErrBody.Because("body%v", err)
	}
	return v, nil
}

// decodeOptional decodes the body of an operation whose body may be absent.
func decodeOptional[T any](c *call) (v T, err error) {
	if !c.hasBody() {
		return v, nil
	}
	return decode[T](c)
}
