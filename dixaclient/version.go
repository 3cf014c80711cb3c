package dixaclient

import (
	"fmt"
	"reflect"
	"strings"
)

// Version selects between the two versions of Dixa's API. They have the same operations, host and tokens; their paths
// differ in the first segment, and v1 requires some values that beta fills in. The Exports API has one version only.
type Version string

// The versions of Dixa's API. The zero Version means V1.
const (
	V1   Version = "v1"
	Beta Version = "beta"
)

// path returns the path of an operation, which is written with /v1, in this version of the API.
func (v Version) path(s *Spec) string {
	if v != Beta || s.Host != API {
		return s.Path
	}
	return "/beta" + strings.TrimPrefix(s.Path, "/v1")
}

// stricter is implemented by requests of which v1 requires more than beta does, beyond fields with the tag v1.
type stricter interface{ CheckV1() error }

// requirements reports what is missing from in (a pointer to the request) in v1: fields with the tag v1:"required", and
// what CheckV1 says.
func (s *Spec) requirements(in any) error {
	v := reflect.ValueOf(in).Elem()
	for _, f := range s.plan().fields {
		if f.v1 && isZero(v.FieldByIndex(f.index)) {
			return &InputError{Operation: s.Name, Field: f.argument, Problem: "is required; only the beta version of Dixa's API fills it in"}
		}
	}
	if c, ok := in.(stricter); ok {
		return s.inputError(c.CheckV1())
	}
	return nil
}

// RequiredInV1 lists the optional arguments that are required in v1 of Dixa's API.
func (s *Spec) RequiredInV1() []string {
	var names []string
	for _, f := range s.plan().fields {
		if f.v1 {
			names = append(names, f.argument)
		}
	}
	return names
}

// checkVersion returns the version that a configuration means.
func checkVersion(v Version) (Version, error) {
	switch v {
	case "", V1:
		return V1, nil
	case Beta:
		return Beta, nil
	}
	return "", fmt.Errorf("the API version must be %s or %s, not %q", V1, Beta, string(v))
}
