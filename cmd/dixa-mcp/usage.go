package main

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// commandLineError returns an error that says what is wrong with a command line, that nothing was done, and where to look.
func commandLineError(err error) error {
	return usagef("%s%s; nothing was done; see %s --help", plainly(err.Error()), variableOf(err), helpFor(err))
}

// variableOf names the environment variable that gave a flag a value which is not one of its own. Of other wrong values the parser says it.
func variableOf(err error) string {
	flag, _, oneOf := strings.Cut(err.Error(), " must be one of ")
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !oneOf || !ok || parse.Context == nil {
		return ""
	}
	for _, f := range parse.Context.Flags() {
		given := func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") }
		if "--"+f.Name != flag || slices.ContainsFunc(parse.Context.Args, given) {
			continue
		}
		for _, name := range f.Envs {
			if os.Getenv(name) != "" {
				return " (from " + name + ")"
			}
		}
	}
	return ""
}

// phrasings replace messages of the parser that expose its internals.
var phrasings = [][2]string{
	{`^(--[\w-]+): bool value must be .* but got ("[^"]*").*$`, `$1 must be true or false, not $2`},
	{`^(--[\w-]+): expected \w+ value but got "EOL" .*$`, `$1 requires a value`},
	{`^(--[\w-]+): expected \w+ value but got "([^"]*)" \((?:short|long) flag\).*$`, `$1 requires a value; write $1=$2 if that is the value`},
	{`^(--[\w-]+): expected duration but got ("[^"]*").*$`, `$1 must be a time such as 45s or 2m, not $2`},
	{`^(--[\w-]+): expected a float but got ("[^"]*").*$`, `$1 must be a number, not $2`},
	{`^(--[\w-]+): expected a valid \d+ bit int but got ("[^"]*").*$`, `$1 must be a whole number, not $2`},
	{`^(--[\w-]+): expected a valid \d+ bit uint but got ("[^"]*").*$`, `$1 must be a whole number of at least 0, not $2`},
	{`^expected one of ("[^"]*", .*)$`, `a command is missing; it is one of $1`},
	{`^expected "(<[^"]*>)"$`, `missing argument: $1`},
	{`^expected "([a-z]+)"$`, `a command is missing; it is "$1"`},
	{`^unexpected argument , .*$`, `unexpected empty argument`},
}

// plainly rephrases a message of the parser.
func plainly(message string) string {
	if m := regexp.MustCompile(`^(.*) \(from envar (\w+)=".*"\)$`).FindStringSubmatch(message); m != nil {
		return plainly(m[1]) + " (from " + m[2] + ")"
	}
	if m := regexp.MustCompile(`^(.* must be )one of ((?:"[^"]*",?)+) but got ("[^"]*")$`).FindStringSubmatch(message); m != nil {
		values := strings.Split(strings.TrimPrefix(strings.ReplaceAll(m[2], `"`, ""), ","), ",")
		return m[1] + strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1] + ", not " + m[3]
	}
	for _, p := range phrasings {
		if re := regexp.MustCompile(p[0]); re.MatchString(message) {
			return re.ReplaceAllString(message, p[1])
		}
	}
	return message
}

// shared are the flags that many commands have. In the help of a command they come after its own.
var shared = []string{"capabilities", "offline", "base-url", "exports-url", "api-version", "rate", "state", "audit", "redis", "archive", "events", "audit-sync", "audit-anchor", "timeout"}

// tidyHelp puts the shared flags of a command under a heading. It omits --version, which belongs to the program, and does not show
// flags as required of which one is enough.
func tidyHelp(k *kong.Context) {
	k.Model.HelpFlag.Help = "Print this help."
	command := k.Selected()
	if command == nil {
		return
	}
	for _, flag := range k.Model.Flags {
		flag.Hidden = flag.Hidden || flag.Name == "version"
	}
	own := slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return !slices.Contains(shared, f.Name) && f.Name != "json" })
	for _, flag := range command.Flags {
		flag.Required = flag.Required && len(flag.Xor) == 0
		if own && flag.Group == nil && slices.Contains(shared, flag.Name) {
			flag.Group = &kong.Group{Key: "shared", Title: "Rules, records and Dixa"}
		}
	}
}

// helpFor returns the command whose help explains an error of the command line.
func helpFor(err error) string {
	name := "dixa-mcp"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			name += " " + strings.TrimSpace(node.Path())
		}
	}
	return name
}
