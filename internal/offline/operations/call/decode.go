package call

// Decode reads the body of a request. Without a body it is an error.
func Decode[T any](c *Call) (v T, err error) {
	err = c.Decode(c.Bodies, &v)
	return v, err
}

// DecodeOptional decodes the body of an operation whose body may be absent.
func DecodeOptional[T any](c *Call) (v T, err error) {
	if !c.HasBody() {
		return v, nil
	}
	return Decode[T](c)
}
