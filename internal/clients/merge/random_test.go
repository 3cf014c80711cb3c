package merge

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/clients"
	"dixa-mcp/internal/test/seeds"
)

// writer writes random documents in which an entry stands at servers.dixa, or could.
type writer struct {
	*rand.Rand
	step string
	ours string // the entry as it is written, "" if there is none
}

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

// names returns distinct keys.
func (w *writer) names() []string {
	all := []string{"a", "b_1", "other", "z-9", "theme", "x"}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:w.IntN(4)]
}

// json writes an object. The entry is within it where the path leads.
func (w *writer) json(indent string, path []string) string {
	var members []string
	for _, name := range w.names() {
		members = append(members, `"`+name+`": `+w.one(`1`, `"te//xt"`, `[1, /* in */ {"dixa": {}}]`, `{"servers": {"dixa": 1}}`, "null", `"\u00e9 }"`))
	}
	if len(path) > 0 && w.IntN(4) > 0 {
		value := w.json(indent+w.step, path[1:])
		if len(path) == 1 {
			value = w.one(`{"command": "old"}`, "{ // old\n}", `"old"`, "{\"args\": [1,],}")
			w.ours = value
		}
		at := w.IntN(len(members) + 1)
		members = append(members[:at:at], append([]string{`"` + path[0] + `": ` + value}, members[at:]...)...)
	}
	if len(members) == 0 {
		return w.one("{}", "{ }", "{\n"+indent+"}", "{ /* none */ }", "{ // none\n}")
	}
	var b strings.Builder
	b.WriteString("{")
	lines := w.IntN(5) > 0
	for i, m := range members {
		if lines {
			b.WriteString(w.one("", " // c, }", " /* \" */") + "\n" + w.one("", "\n", indent+"// own {\n") + indent + w.step)
		}
		b.WriteString(m)
		if i < len(members)-1 || w.IntN(3) == 0 {
			b.WriteString(w.one("", " /* b */", " ") + ",")
		}
	}
	if lines {
		b.WriteString(w.one("", " // last\n", " /* last */") + "\n" + indent)
	}
	return b.String() + "}"
}

// toml writes tables, of which one or two may be the entry.
func (w *writer) toml() string {
	value := func() string {
		return w.one("1", `"x # y"`, "[\n  1, # one\n  2\n]", "'''\n[servers.dixa]\n'''", "{ a = 1 }", "1979-05-27", `"""`+"\n# no comment\n"+`"""`)
	}
	lines := ""
	for _, name := range w.names() {
		lines += w.one("", "# about\n", "\n") + name + " = " + value() + w.one("", " # behind") + "\n"
	}
	names := w.names()
	at := w.IntN(len(names) + 1)
	for i := range len(names) + 1 {
		if i == at && w.IntN(3) > 0 {
			w.ours = w.one("[servers.dixa]\ncommand = \"old\"\n", "[ servers . \"dixa\" ] # old\n\nenv = "+value()+"\n", "[servers.dixa]\nargs = []\n\n\n[servers.dixa.env]\nA = '1'\n")
			lines += w.one("", "# of ours\n") + w.ours
		}
		if i < len(names) {
			lines += w.one("\n", "", "# next\n") + w.one("[servers."+names[i]+"]\n", "[[lists."+names[i]+"]]\n") + "k = " + value() + "\n"
		}
	}
	return lines
}

// yaml writes a mapping in block style. The entry is within it where the path leads.
func (w *writer) yaml(indent string, path []string) string {
	names := w.names()
	at := w.IntN(len(names) + 1)
	lines := ""
	for i := range len(names) + 1 {
		if i == at && len(path) > 0 && w.IntN(4) > 0 {
			key := indent + path[0] + ":"
			if len(path) == 1 {
				w.ours = w.one(key+" {a: 1}\n", key+"\n"+indent+"  command: old\n\n"+indent+"  # in\n"+indent+"  args:\n"+indent+"  - x\n", key+"\n", key+" | # text\n"+indent+"   a\n\n"+indent+"   b\n")
				lines += w.ours
			} else if below := w.yaml(indent+w.step, path[1:]); strings.TrimSpace(below) == "" {
				lines += key + w.one("", " {}") + "\n"
			} else {
				lines += key + "\n" + below
			}
		}
		if i < len(names) {
			lines += w.one("", indent+"# about\n", "\n", "# left\n") + indent + names[i] + ": " +
				w.one("1", `"x: # y"`, "{servers: {dixa: 1}}", "[a,\n"+indent+"     b]", "|\n"+indent+"  dixa:\n\n"+indent+"  # text", "\n"+indent+"  - 1\n"+indent+"  - dixa: 2", "\n"+indent+"- 1") + w.one("", " # c")[:0] + "\n"
		}
	}
	return lines
}

// document writes a document in a format.
func (w *writer) document(format clients.Format) string {
	switch format {
	case clients.JSON:
		return w.one("", "// top\n", "\n") + w.json("", servers.Path) + w.one("", "\n", "\n// end", "\n\n")
	case clients.TOML:
		return w.toml()
	}
	return w.one("", "# top\n", "---\n", "%YAML 1.1\n---\n") + w.yaml("", servers.Path)
}

// In random files everything but the entry is kept byte for byte, and a second time changes nothing.
func TestKeepsTheRest(t *testing.T) {
	replaced, added := map[clients.Format]int{}, map[clients.Format]int{}
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		for format, l := range languages {
			w := &writer{Rand: r, step: []string{"  ", "    ", "   "}[r.IntN(3)]}
			doc := w.document(format)
			windows := r.IntN(4) == 0
			if windows {
				doc, w.ours = strings.ReplaceAll(doc, "\n", "\r\n"), strings.ReplaceAll(w.ours, "\n", "\r\n")
			}
			if r.IntN(4) == 0 {
				doc = string(mark) + doc
			}
			got, err := Apply(format, []byte(doc), []clients.Edit{servers})
			require.NoError(t, err, "%q", doc)
			again, err := Apply(format, got, []clients.Edit{servers})
			require.NoError(t, err)
			require.Equal(t, string(got), string(again))
			if w.ours != "" && strings.Count(doc, w.ours) == 1 {
				replaced[format]++
				before, after, _ := strings.Cut(doc, w.ours)
				require.True(t, bytes.HasPrefix(got, []byte(before)), "%q\n%q", doc, got)
				require.True(t, bytes.HasSuffix(got, []byte(after)) || !strings.HasSuffix(after, "\n") && bytes.HasSuffix(got, []byte(after+"\n")), "%q\n%q", doc, got)
			} else if w.ours == "" {
				added[format]++
				requireOnlyMore(t, strings.Replace(doc, "servers: {}", "servers:", 1), string(got), string(canonical(generic(entry))))
			}
			require.Equal(t, windows && strings.Contains(doc, "\r\n"), bytes.Contains(got, []byte("\r\n")))
			whole, err := l.decode(bytes.TrimPrefix(got, mark))
			require.NoError(t, err)
			require.True(t, same(generic(entry), at(whole, servers.Path)))
		}
	})
	if all {
		for format := range languages {
			require.Greater(t, replaced[format], seeds.Least/8, format)
			require.Greater(t, added[format], seeds.Least/8, format)
		}
	}
}

// requireOnlyMore fails unless the document is in the result in its order, with nothing lost, and what is more is an entry.
func requireOnlyMore(t *testing.T, doc, got, entry string) {
	t.Helper()
	rest, more := got, ""
	for _, c := range doc {
		before, after, ok := strings.Cut(rest, string(c))
		require.True(t, ok, "%q is lost\n%q\n%q", c, doc, got)
		more, rest = more+before, after
	}
	require.Less(t, len(more)+len(rest), len(entry)+250, "%q\n%q", doc, got)
}

// Whatever is in a file: no panic, and what comes out is read again, unchanged by a second time.
func FuzzApply(f *testing.F) {
	for seed := range 20 {
		w := &writer{Rand: seeds.New(seed), step: "  "}
		for i, format := range []clients.Format{clients.JSON, clients.TOML, clients.YAML} {
			f.Add(byte(i), []byte(w.document(format)))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, doc []byte) {
		format := []clients.Format{clients.JSON, clients.TOML, clients.YAML}[which%3]
		got, err := Apply(format, doc, []clients.Edit{servers})
		if err != nil {
			require.NotEmpty(t, fmt.Sprint(err))
			return
		}
		again, err := Apply(format, got, []clients.Edit{servers})
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	})
}
