package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/credential"
)

// Sources of tokens. There is no flag, because flags are visible in the process list.
const (
	tokenVar     = "DIXA_API_TOKEN"
	tokenFileVar = "DIXA_API_TOKEN_FILE"
	tokensVar    = "DIXA_API_TOKENS"
	tokensFile   = "DIXA_API_TOKENS_FILE"
)

var tokenVars = []string{tokenVar, tokenFileVar, tokensVar, tokensFile}

// errNoToken describes how to get a token.
var errNoToken = errors.New("no Dixa API token: run dixa-mcp login, or set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations > API Tokens, version \"Dixa API\"), or add --offline to try it without a token")

// tokens are the tokens for requests, and their source.
type tokens struct {
	sources []dixaclient.TokenSource // the first is for writes
	from    string                   // such as "DIXA_API_TOKEN"
	stored  credential.Dir           // of the token that dixa-mcp login stored, "" for any other
}

// tokens returns the tokens in the environment, in the file that it names, or in the file of dixa-mcp login. Files are read
// again for each request.
func (f reachFlags) tokens() (tokens, error) {
	if f.Offline {
		return tokens{from: "none: the offline Dixa needs no token"}, nil
	}
	var set []string
	for _, name := range tokenVars {
		if os.Getenv(name) != "" {
			set = append(set, name)
		}
	}
	if len(set) > 1 {
		return tokens{}, usagef("%s and %s are both set; set only one", set[0], set[1])
	}
	if len(set) == 0 {
		return f.storedToken()
	}
	name, value := set[0], os.Getenv(set[0])
	switch name {
	case tokenVar:
		if _, err := dixaclient.CleanToken(value); err != nil {
			return tokens{}, fmt.Errorf("%s: %w", name, err)
		}
		return tokens{sources: []dixaclient.TokenSource{dixaclient.StaticToken(value)}, from: name}, nil
	case tokenFileVar:
		return f.namedToken(value)
	case tokensVar:
		all, err := staticTokens(value)
		return tokens{sources: all, from: name}, err
	}
	all, err := fileTokens(value)
	return tokens{sources: all, from: fmt.Sprintf("%s (%s)", name, value)}, err
}

// storedToken returns the token that dixa-mcp login stored. It goes to the host that it was verified for, and nowhere else.
func (f reachFlags) storedToken() (tokens, error) {
	dir, err := credential.UserDir()
	if err != nil {
		return tokens{}, fmt.Errorf("%w (%w)", errNoToken, err)
	}
	read := func() (credential.Token, error) {
		t, err := dir.Load()
		if err == nil {
			err = t.MayGoTo(f.BaseURL, f.exportsURL())
		}
		return t, err
	}
	first, err := read()
	if errors.Is(err, fs.ErrNotExist) {
		return tokens{}, errNoToken
	}
	return readable(tokens{from: fmt.Sprintf("dixa-mcp login (%s, for %s)", dir.TokenPath(), first.Host), stored: dir}, dir.TokenPath(), read, first, err)
}

// namedToken returns the token in the file that DIXA_API_TOKEN_FILE names.
func (f reachFlags) namedToken(path string) (tokens, error) {
	dir, err := credential.UserDir()
	if err == nil && sameFile(path, dir.TokenPath()) {
		return f.storedToken()
	}
	read := func() (credential.Token, error) {
		t, err := credential.ReadFile(path)
		if err == nil && t.Host != "" {
			err = fmt.Errorf("%s is a copy of the file that dixa-mcp login wrote, which is used only at its original place (%s); name a file that holds only the token", path, dir.TokenPath())
		}
		return t, err
	}
	first, err := read()
	return readable(tokens{from: fmt.Sprintf("%s (%s)", tokenFileVar, path)}, tokenFileVar, read, first, err)
}

// readable adds the source of tokens that are read from a file, after the first read succeeded.
func readable(t tokens, name string, read func() (credential.Token, error), first credential.Token, err error) (tokens, error) {
	if err == nil {
		_, err = dixaclient.CleanToken(first.Token)
	}
	if err != nil {
		return tokens{}, fmt.Errorf("%s: %w", name, err)
	}
	t.sources = []dixaclient.TokenSource{func() (string, error) {
		now, err := read()
		return now.Token, err
	}}
	return t, nil
}

// sameFile reports whether two paths are the same file.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// staticTokens returns the tokens of a list.
func staticTokens(list string) ([]dixaclient.TokenSource, error) {
	all, err := splitTokens(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokensVar, err)
	}
	var sources []dixaclient.TokenSource
	for _, t := range all {
		sources = append(sources, dixaclient.StaticToken(t))
	}
	return sources, nil
}

// fileTokens returns the tokens of a file. Each may be replaced while the program runs. Their number is fixed at the start.
func fileTokens(path string) ([]dixaclient.TokenSource, error) {
	read := func() ([]string, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return splitTokens(string(b))
	}
	first, err := read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokensFile, err)
	}
	sources := make([]dixaclient.TokenSource, len(first))
	for i := range sources {
		sources[i] = func() (string, error) {
			now, err := read()
			if err == nil && len(now) != len(first) {
				err = fmt.Errorf("%s has %d tokens now and had %d when dixa-mcp started; restart dixa-mcp to use another number", tokensFile, len(now), len(first))
			}
			if err != nil {
				return "", err
			}
			return now[i], nil
		}
	}
	return sources, nil
}

// splitTokens splits a list, and names the token that is invalid.
func splitTokens(list string) ([]string, error) {
	var all []string
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it contains no token")
	}
	for i, part := range all {
		t, err := dixaclient.CleanToken(part)
		if err != nil {
			return nil, fmt.Errorf("token %d of %d: %w", i+1, len(all), err)
		}
		if twin := slices.Index(all[:i], t); twin >= 0 {
			return nil, fmt.Errorf("token %d and token %d are the same; remove one, since a token has one limit in Dixa however often it is listed", twin+1, i+1)
		}
		all[i] = t
	}
	return all, nil
}
