// Command registry prints server.json, which describes a release to the MCP registry, from the release's own repository and
// files. It is run when a release is made, since the addresses and checksums of its packages are not known before:
//
//	go run ./deploy/registry -version 1.2.3 -repository owner/dixa-mcp -image ghcr.io/owner/dixa-mcp:1.2.3 bin/release/*.mcpb
package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed server.json
var text string

// release is what server.json is made of.
type release struct {
	Name, Version, Repository string
	Packages                  []pkg
}

// pkg is a package of a release: a bundle with its checksum, or an image.
type pkg struct{ Type, Identifier, SHA256 string }

func main() {
	version := flag.String("version", "", "version of the release, such as 1.2.3")
	repository := flag.String("repository", "", "repository at GitHub, such as owner/dixa-mcp")
	image := flag.String("image", "", "image with its tag or digest; none if it is empty")
	flag.Parse()
	out, err := render(*version, *repository, *image, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(out); err != nil {
		os.Exit(1)
	}
}

var ownerAndName = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$`)

// render returns server.json for a release with these bundles, which are files of the release at GitHub.
func render(version, repository, image string, bundles []string) ([]byte, error) {
	version = strings.TrimPrefix(version, "v")
	switch {
	case version == "":
		return nil, errors.New("-version is required, such as 1.2.3")
	case !ownerAndName.MatchString(repository):
		return nil, fmt.Errorf("-repository must be an owner and a name such as owner/dixa-mcp, not %q", repository)
	case image == "" && len(bundles) == 0:
		return nil, errors.New("a release needs a bundle or -image")
	}
	r := release{Name: "io.github." + repository, Version: version, Repository: "https://github.com/" + repository}
	for _, path := range bundles {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		r.Packages = append(r.Packages, pkg{"mcpb", r.Repository + "/releases/download/v" + version + "/" + filepath.Base(path), hex.EncodeToString(sum[:])})
	}
	if image != "" {
		r.Packages = append(r.Packages, pkg{Type: "oci", Identifier: image})
	}
	quote := func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	}
	t, err := template.New("server.json").Funcs(template.FuncMap{"json": quote}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, r)
	return out.Bytes(), err
}
