// Package dixamcp holds the default capability file.
package dixamcp

import _ "embed"

// DefaultCapabilities is capabilities.yaml, the capability file that is in force when none is named.
//
//go:embed capabilities.yaml
var DefaultCapabilities []byte
