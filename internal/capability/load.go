package capability

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

const maxFile = 1 << 20 // bytes; a file for hundreds of agents is a tenth of it

// Load reads the capability file at path and parses it. The error is that of reading the file, or a [*FileError].
func Load(path string) (*Rules, error) { return LoadFor(dixaclient.V1, path) }

// LoadFor reads and parses the file as [Load] does, for agents that use this version of Dixa's API.
func LoadFor(version dixaclient.Version, path string) (*Rules, error) {
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	return ParseFor(version, path, data)
}

// Read returns the bytes of the capability file at path, of a file that is too large one byte more than it can have.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("capability file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("capability file: %w", err)
	}
	return data, nil
}

// Parse makes rules of a capability file's bytes for v1 of Dixa's API; name stands for the file in messages. The error is
// a [*FileError] that lists all problems.
func Parse(name string, data []byte) (*Rules, error) { return ParseFor(dixaclient.V1, name, data) }

// ParseFor makes rules as [Parse] does, for agents that use this version of Dixa's API.
func ParseFor(version dixaclient.Version, name string, data []byte) (*Rules, error) {
	if version == dixaclient.Beta {
		return parse(name, data, catalogBeta())
	}
	return parse(name, data, catalogV1())
}

// All files for a version of Dixa's API share one catalog, and with it the schemas, which are large and never change.
var (
	catalogV1   = sync.OnceValue(func() *catalog { return newCatalog(tools.All(), dixaclient.V1) })
	catalogBeta = sync.OnceValue(func() *catalog { return newCatalog(tools.All(), dixaclient.Beta) })
)

func parse(name string, data []byte, c *catalog) (*Rules, error) {
	root, problem := document(data)
	if problem != nil {
		return nil, &FileError{File: name, Problems: []Note{*problem}}
	}
	d := &decoder{catalog: c}
	var f file
	d.read(&f, root, "")
	all, people := d.check(&f)
	if len(d.problems) > 0 {
		return nil, &FileError{File: name, Problems: sortNotes(d.problems)}
	}
	sum := sha256.Sum256(data)
	return newRules(name, "sha256:"+hex.EncodeToString(sum[:6]), &f, all, people, c), nil
}

// document gives the only YAML document in data.
func document(data []byte) (*yaml.Node, *Note) {
	if len(data) > maxFile {
		return nil, &Note{Text: "is over 1 MiB"}
	}
	if i := unreadable(data); i >= 0 {
		return nil, &Note{Line: lineOf(data, i), Text: "has bytes that are not UTF-8 text"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	first, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Note{Text: "is empty; it needs at least version and agents"}
	case err != nil:
		return nil, syntax(data, err)
	}
	switch second, err := next(decoder); {
	case errors.Is(err, io.EOF):
		return first.Content[0], nil
	case err != nil:
		return nil, syntax(data, err)
	default:
		return nil, &Note{Line: second.Line, Text: "a second YAML document begins here; the file must be one"}
	}
}

// next reads a document. The parser is known to panic on rare malformed files, which must not end a running server
// that reads its file again.
func next(d *yaml.Decoder) (n *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML parser gave up: %v", p)
		}
	}()
	n = new(yaml.Node)
	return n, d.Decode(n)
}

// unreadable returns the index of the first byte that is no text, or -1.
func unreadable(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\r\n", r) || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

func lineOf(data []byte, i int) int { return 1 + bytes.Count(data[:i], []byte("\n")) }

var (
	indentTab     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^ *\t`) })
	lineInError   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^line (\d+): `) })
	unknownAnchor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)'`) })
	fromParser    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`did not find expected (<|node|'|key)`) })
)

// syntax finds where in the file an error of the YAML parser lies.
func syntax(data []byte, err error) *Note {
	if tab := indentTab().FindIndex(data); tab != nil {
		return &Note{Line: lineOf(data, tab[0]), Column: tab[1] - tab[0], Text: "invalid YAML: a tab; YAML indents with spaces"}
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := unknownAnchor().FindStringSubmatch(text); m != nil {
		at := bytes.Index(data, []byte("*"+m[1]))
		return &Note{Line: lineOf(data, max(at, 0)), Text: "invalid YAML: " + text + "; anchors and aliases are not allowed here"}
	}
	line := 1 // the parser does not mention the first line
	if m := lineInError().FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
		if fromParser().MatchString(text) {
			line++ // it counts lines from 0 here, from 1 in the errors of its scanner
		}
	}
	return &Note{Line: line, Text: "invalid YAML on this line or in what begins on it: " + text}
}
