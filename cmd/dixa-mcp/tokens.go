package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
)

// Where tokens come from. There is no flag: it would show in the list of processes.
const (
	tokenVar     = "DIXA_API_TOKEN"
	tokenFileVar = "DIXA_API_TOKEN_FILE"
	tokensVar    = "DIXA_API_TOKENS"
	tokensFile   = "DIXA_API_TOKENS_FILE"
)

// tokenSources takes the tokens from the environment, or from the file that it names, which is read again for each
// request. The first is for writes.
func tokenSources() ([]dixaclient.TokenSource, error) {
	var set []string
	for _, name := range []string{tokenVar, tokenFileVar, tokensVar, tokensFile} {
		if os.Getenv(name) != "" {
			set = append(set, name)
		}
	}
	switch len(set) {
	case 0:
		return nil, errors.New("no Dixa API token: set DIXA_API_TOKEN or DIXA_API_TOKEN_FILE (an administrator makes one in Dixa under Settings > Integrations > API Tokens, version \"Dixa API\"), or add --offline to try without one")
	case 1:
	default:
		return nil, fmt.Errorf("%s and %s are both set: set one", set[0], set[1])
	}
	value := os.Getenv(set[0])
	switch set[0] {
	case tokenVar:
		_, err := dixaclient.CleanToken(value)
		return []dixaclient.TokenSource{dixaclient.StaticToken(value)}, err
	case tokenFileVar:
		read := func() (string, error) {
			b, err := os.ReadFile(value)
			return strings.TrimSpace(string(b)), err
		}
		first, err := read()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tokenFileVar, err)
		}
		_, err = dixaclient.CleanToken(first)
		return []dixaclient.TokenSource{read}, err
	case tokensVar:
		return staticTokens(value)
	}
	return fileTokens(value)
}

// staticTokens are those of a list.
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

// fileTokens are those of a file. Each may be replaced while the program runs; how many there are is settled at the
// start.
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
				err = fmt.Errorf("%s has %d of them now, and had %d when dixa-mcp started: restart it", tokensFile, len(now), len(first))
			}
			if err != nil {
				return "", err
			}
			return now[i], nil
		}
	}
	return sources, nil
}

// splitTokens takes a list apart, and says which token of it cannot be one.
func splitTokens(list string) ([]string, error) {
	var all []string
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no token in it")
	}
	for i, part := range all {
		t, err := dixaclient.CleanToken(part)
		if err != nil {
			return nil, fmt.Errorf("token %d of %d: %w", i+1, len(all), err)
		}
		if twin := slices.Index(all[:i], t); twin >= 0 {
			return nil, fmt.Errorf("token %d and token %d are the same: a token has one limit at Dixa, however often it is named", twin+1, i+1)
		}
		all[i] = t
	}
	return all, nil
}
