package capability

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/tools"
)

// releasesText lists the releases in their order, each with the operations that were added in it.
//
//go:embed releases.txt
var releasesText string

// releases say in which release each operation was added.
type releases struct {
	names []string
	since map[string]int // operation: index of its release
}

// readReleases reads a list of releases: lines "release 1.0", each followed by the names of operations.
func readReleases(text string) releases {
	r := releases{since: map[string]int{}}
	for _, line := range strings.Fields(strings.ReplaceAll(text, "release ", "release=")) {
		if name, ok := strings.CutPrefix(line, "release="); ok {
			r.names = append(r.names, name)
		} else {
			r.since[line] = len(r.names) - 1
		}
	}
	return r
}

// later tells whether an operation was added after the release, or is in no release yet.
func (r releases) later(operation, release string) bool {
	since, ok := r.since[operation]
	return !ok || since > slices.Index(r.names, release)
}

// check refuses a release that there is not.
func (r releases) check(release string) error {
	if slices.Contains(r.names, release) {
		return nil
	}
	return fmt.Errorf("there is no release %.80q%s; the releases are %s", release, didYouMean(release, r.names), strings.Join(r.names, ", "))
}

// release is a release of this program, such as "1.0"; YAML also reads it as a number.
type release struct{ word }

func (r *release) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!float" && n.Tag != "!!int" {
		d.fail(place(n, key), "must be a release such as %q, not %s", d.catalog.releases.names[0], kind(n))
		return
	}
	if err := d.catalog.releases.check(n.Value); err != nil {
		d.fail(place(n, key), "%v", err)
		return
	}
	r.word = word{place(n, key), n.Value}
}

// later tells whether no level covers the operation because it was added after the release that the file names.
func (g *grants) later(t *tools.Tool) bool {
	return g.release.text != "" && g.releases.later(t.Name, g.release.text)
}

// Added lists the tools of one operation that were added after a release. The error says which releases there are.
func Added(release string) ([]*tools.Tool, error) {
	return readReleases(releasesText).added(release, tools.All())
}

func (r releases) added(release string, all []*tools.Tool) ([]*tools.Tool, error) {
	if err := r.check(release); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(t *tools.Tool) bool { return t.Task() || !r.later(t.Name, release) }), nil
}
