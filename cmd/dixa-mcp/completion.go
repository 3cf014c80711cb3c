package main

import (
	"cmp"
	"context"
	_ "embed"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/tools"
)

// The scripts ask the program itself for candidates, so that they stay right when it is updated.
var (
	//go:embed completion/dixa-mcp.bash
	bashScript string
	//go:embed completion/dixa-mcp.zsh
	zshScript string
	//go:embed completion/dixa-mcp.fish
	fishScript string
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell: bash, zsh or fish."`
}

// Help returns how to install a script.
func (completionCmd) Help() string {
	return `bash, in ~/.bashrc:

    source <(dixa-mcp completion bash)

zsh, in ~/.zshrc:

    source <(dixa-mcp completion zsh)

fish, run once:

    dixa-mcp completion fish > ~/.config/fish/completions/dixa-mcp.fish`
}

// Run prints the script of a shell.
func (c *completionCmd) Run(out *output) error {
	_, err := io.WriteString(out, map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.Shell])
	return err
}

// completeCmd is the command that the scripts run.
type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// filesWanted is the line that asks the shell to complete file names.
const filesWanted = ":files"

// Run prints one candidate a line, followed by a tab and its description.
func (c *completeCmd) Run(ctx context.Context, out *output) error {
	k, err := newParser(new(cli), ctx, out, func(int) {})
	if err != nil {
		return err
	}
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, line := range complete(k.Model.Node, words) {
		word, description, _ := strings.Cut(line, "\t")
		if _, err := io.WriteString(out, safetext.Lines(word)+"\t"+safetext.Lines(description)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// completion is the part of a command line that was read so far.
type completion struct {
	node         *kong.Node
	arguments    int        // that were given
	pending      *kong.Flag // whose value comes next
	capabilities string     // value of --capabilities
	onlyArgs     bool       // behind --
}

// complete returns the candidates for the last word. The words are those after the program's name.
func complete(root *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	words, split := joinSplit(words)
	c := &completion{node: root, capabilities: os.Getenv("DIXA_MCP_CAPABILITIES")}
	last := words[len(words)-1]
	for _, word := range words[:len(words)-1] {
		c.read(word)
	}
	name, value, assigned := strings.Cut(last, "=")
	switch flag := c.flag(name); {
	case c.pending != nil:
		return matching(c.values(c.pending.Value, c.pending), last, "")
	case !c.onlyArgs && assigned && flag != nil && split:
		return matching(c.values(flag.Value, flag), value, "")
	case !c.onlyArgs && assigned && flag != nil:
		return matching(c.values(flag.Value, flag), value, name+"=")
	case !c.onlyArgs && strings.HasPrefix(last, "-"):
		return matching(c.flags(), last, "")
	}
	return matching(c.next(), last, "")
}

// joinSplit joins --flag = value, which bash splits into three words, and reports whether the last word was joined.
func joinSplit(words []string) (joined []string, last bool) {
	for i := 0; i < len(words); i++ {
		if words[i] == "=" && len(joined) > 0 && strings.HasPrefix(joined[len(joined)-1], "-") {
			value := ""
			if i+1 < len(words) {
				i++
				value = words[i]
			}
			joined[len(joined)-1] += "=" + value
			last = i == len(words)-1
			continue
		}
		joined, last = append(joined, words[i]), false
	}
	return joined, last
}

// read processes a word before the last.
func (c *completion) read(word string) {
	name, value, assigned := strings.Cut(word, "=")
	switch flag := c.flag(name); {
	case c.pending != nil:
		c.note(c.pending, word)
		c.pending = nil
	case word == "--":
		c.onlyArgs = true
	case !c.onlyArgs && strings.HasPrefix(word, "-"):
		if flag != nil && assigned {
			c.note(flag, value)
		} else if flag != nil && !flag.IsBool() {
			c.pending = flag
		}
	default:
		for _, child := range c.node.Children {
			if child.Name == word && c.arguments == 0 {
				c.node = child
				return
			}
		}
		c.arguments++
	}
}

func (c *completion) note(flag *kong.Flag, value string) {
	if flag.Name == "capabilities" {
		c.capabilities = value
	}
}

// flag returns the flag with a name such as --agent or -n, or nil.
func (c *completion) flag(name string) *kong.Flag {
	for _, group := range c.node.AllFlags(true) {
		for _, f := range group {
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

func (c *completion) flags() (all []string) {
	for _, group := range c.node.AllFlags(true) {
		for _, f := range group {
			all = append(all, "--"+f.Name+"\t"+firstSentence(f.Help))
		}
	}
	return all
}

// next returns the commands, or the values of the argument, that can follow.
func (c *completion) next() (all []string) {
	if c.arguments < len(c.node.Positional) {
		return c.values(c.node.Positional[c.arguments], nil)
	}
	for _, child := range c.node.Children {
		if !child.Hidden {
			all = append(all, child.Name+"\t"+firstSentence(child.Help))
		}
	}
	return all
}

// values returns the values of a flag or an argument.
func (c *completion) values(v *kong.Value, flag *kong.Flag) []string {
	switch {
	case v.Enum != "":
		return described(v.EnumSlice())
	case v.Name == "agent":
		rules, _, err := fileFlag{Capabilities: c.capabilities}.load()
		if err != nil { // an error cannot be shown here
			return nil
		}
		var all []string
		for _, a := range rules.Agents() {
			all = append(all, a.Name+"\t"+cmp.Or(firstSentence(a.About), a.Name))
		}
		return all
	case v.Name == "tool":
		names := tools.Names()
		slices.Sort(names)
		return described(names)
	case flag != nil && slices.Contains([]string{"FILE", "DIR", "PATH"}, flag.PlaceHolder),
		flag == nil && slices.Contains([]string{"file", "old", "new", "path"}, v.Name):
		return []string{filesWanted}
	}
	return nil
}

func described(names []string) (all []string) {
	for _, name := range names {
		all = append(all, name+"\t"+name)
	}
	return all
}

// matching returns the candidates that begin with what was typed.
func matching(all []string, typed, prefix string) (found []string) {
	for _, one := range all {
		if one == filesWanted || strings.HasPrefix(one, typed) {
			if one != filesWanted {
				one = prefix + one
			}
			found = append(found, one)
		}
	}
	return found
}

// firstSentence returns the first sentence of a description, on one line.
func firstSentence(s string) string {
	s, _, _ = strings.Cut(strings.Join(strings.Fields(s), " "), ". ")
	return strings.TrimSuffix(s, ".")
}
