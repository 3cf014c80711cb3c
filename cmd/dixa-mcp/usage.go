package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// commandLineError returns an error that says what is wrong with a command line, that nothing was done, and where to look.
func commandLineError(err error) error {
	return usagef("%s; nothing was done; see %s --help", plainly(err.Error()), helpFor(err))
}

// phrasings replace messages of the parser that expose its internals.
var phrasings = [][2]string{
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
	for _, p := range phrasings {
		if re := regexp.MustCompile(p[0]); re.MatchString(message) {
			return re.ReplaceAllString(message, p[1])
		}
	}
	return message
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
