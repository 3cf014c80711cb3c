// Package contract judges HTTP requests and answers against Dixa's OpenAPI documents. It is test support: only
// tests import it.
//
// The documents are not part of this repository. Tests find them through the environment variable DIXA_CONTRACT
// and are skipped without it. They are read with the patches of patch.go and unions.go, since in some places
// they contradict themselves or what Dixa sends; everything else is taken by the letter: unknown parameters and
// properties, wrong types and formats, missing bodies and undocumented statuses are errors.
package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// EnvFolder names the environment variable that holds the directory with openapi-v1.json, openapi-exports.json and
// endpoints.tsv.
const EnvFolder = "DIXA_CONTRACT"

// Contract is what Dixa documents of its API, patched and indexed. It is immutable and safe for concurrent use.
type Contract struct {
	operations []Operation
	routes     map[string][]*route // by method, most specific first
	rows       []Row
}

// Load returns the contract in the directory named by DIXA_CONTRACT. It skips the test when that is not set and fails
// it when the directory cannot be read. The documents are parsed once a process.
func Load(t testing.TB) *Contract {
	t.Helper()
	if os.Getenv(EnvFolder) == "" {
		t.Skipf("%[1]s is not set: point it at a directory with openapi-v1.json, openapi-exports.json and endpoints.tsv "+
			"to test against Dixa's contract, for example %[1]s=/path/to/dixa go test ./...", EnvFolder)
	}
	c, err := loadOnce()
	if err != nil {
		t.Fatalf("read Dixa's contract from %s: %v", EnvFolder, err)
	}
	return c
}

var loadOnce = sync.OnceValues(func() (*Contract, error) { return read(os.Getenv(EnvFolder)) })

// documents are the files of the contract and the patches that each needs.
var documents = []struct {
	file    string
	patches []patch
}{
	{"openapi-v1.json", v1Patches},
	{"openapi-exports.json", exportsPatches},
}

func read(folder string) (*Contract, error) {
	c := &Contract{routes: map[string][]*route{}}
	for _, d := range documents {
		doc, err := readDocument(filepath.Join(folder, d.file), d.patches)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.file, err)
		}
		if err := c.add(doc); err != nil {
			return nil, fmt.Errorf("%s: %w", d.file, err)
		}
	}
	for _, routes := range c.routes {
		slices.SortFunc(routes, bySpecificity)
	}
	rows, err := readRows(filepath.Join(folder, "endpoints.tsv"))
	if err != nil {
		return nil, fmt.Errorf("endpoints.tsv: %w", err)
	}
	c.rows = rows
	return c, nil
}

func readDocument(path string, patches []patch) (*openapi3.T, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	p := &patcher{doc: doc}
	for _, patch := range patches {
		patch(p)
	}
	return doc, p.err()
}

// add indexes the operations of one document, in the order of their paths.
func (c *Contract) add(doc *openapi3.T) error {
	if len(doc.Servers) != 1 {
		return fmt.Errorf("%d servers, want one", len(doc.Servers))
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		for method, op := range doc.Paths.Value(path).Operations() {
			o, err := newOperation(doc.Servers[0].URL, method, path, op)
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.operations = append(c.operations, o)
			c.routes[method] = append(c.routes[method], newRoute(o))
		}
	}
	slices.SortFunc(c.operations, byPath)
	return nil
}

// Operations returns all operations of both documents, sorted by host, path and method.
func (c *Contract) Operations() []Operation { return slices.Clone(c.operations) }

// Rows returns the rows of endpoints.tsv in their order: what the project calls each operation.
func (c *Contract) Rows() []Row { return slices.Clone(c.rows) }

// Examples returns every example of a body in the documents, of requests and of answers, in the order of
// Operations. A few contradict their own schema.
func (c *Contract) Examples() []Example {
	var all []Example
	for _, o := range c.operations {
		all = append(all, o.examples()...)
	}
	return all
}

// Example is one body that a document shows.
type Example struct {
	Operation Operation
	Status    int    // of the answer; 0 for a request
	Name      string // among several of the same place; may be empty
	Body      json.RawMessage
}
