package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"dixa-mcp/internal/capability"
)

// skew is how far the clocks of the issuer and of this machine may be apart.
const skew = time.Minute

// algorithms are those with a key of which the issuer keeps a half to itself.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// byToken says which agent a token is for: that which its claim names, or one of those that a person may use.
func (a *Authenticator) byToken(ctx context.Context, rules *capability.Rules, token, asked string) (Principal, error) {
	settings, ok := rules.OIDC()
	if !ok {
		return Principal{}, unusable("The credential is not an agent's key: those begin with " + agentPrefix + ". Tokens of an OpenID provider are not accepted here.")
	}
	verified, err := a.verify(ctx, settings, token)
	if err != nil {
		return Principal{}, err
	}
	var claims map[string]json.RawMessage
	if err := verified.Claims(&claims); err != nil {
		return Principal{}, badToken("the token's claims cannot be read", "The token cannot be read.")
	}
	if err := inTime(a.o.Now(), verified.Expiry, claims["iat"], claims["nbf"]); err != nil {
		return Principal{}, err
	}
	p := Principal{Key: capability.TokenKey, Expires: verified.Expiry.Add(skew)}
	p.proof = &proof{token: true, under: settings, claims: texts(claims[settings.AgentClaim]), asked: asked}
	if rules.HasPeople() && !rules.NamesAgent(p.proof.claims) {
		var all map[string]any
		if err := verified.Claims(&all); err != nil {
			return Principal{}, badToken("the token's claims cannot be read", "The token cannot be read.")
		}
		person := PersonOf(settings.Issuer, all)
		if person.Subject == "" {
			return Principal{}, badToken("a person's token has no sub", "The token does not say whose it is: it must have sub.")
		}
		p.Person, p.proof.person = &person, &person
	}
	return p.holder(rules, settings)
}

// holder returns the principal with the agent that its proof stands for under the rules.
func (p Principal) holder(rules *capability.Rules, settings capability.OIDC) (_ Principal, err error) {
	if p.proof.person != nil {
		p.Agent, err = agentOfPerson(rules, p.proof.person, p.proof.asked)
	} else if p.Agent, err = agentOf(rules, settings, p.proof.claims); err == nil {
		p, err = only(p, p.proof.asked)
	}
	if err != nil {
		return Principal{}, err
	}
	return p, nil
}

// stillToken says which agent a token that was verified is for now.
func (a *Authenticator) stillToken(rules *capability.Rules, p Principal) (Principal, error) {
	settings, _ := rules.OIDC()
	switch {
	case expired(p, a.o.Now()):
		return Principal{}, badToken("a token for "+p.Agent+" has expired", "The token has expired.")
	case settings != p.proof.under:
		return Principal{}, badToken("a token for "+p.Agent+" was verified under other settings than the capability file has now", "Other tokens are taken here now.")
	}
	return p.holder(rules, settings)
}

// accepted are the types of tokens that identify a client, in lower case and without "application/". Issuers sign other
// things with the same keys: logout tokens, security events, proofs, answers to authorization requests.
var accepted = []string{"", "jwt", "at+jwt"}

// typeOf returns the type in a token's header, or "" if there is none or it cannot be read.
func typeOf(token string) string {
	header, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(header)
	var h struct {
		Type string `json:"typ"`
	}
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return "" // which the verifier refuses in its own words
	}
	return strings.TrimPrefix(strings.ToLower(h.Type), "application/")
}

// signed is one verification. It keeps why the signature could not be verified, which the library makes a text of.
type signed struct {
	issuer *issuer
	err    error
}

// VerifySignature implements [oidc.KeySet]. The library calls it after it checked the token's form and algorithm.
func (s *signed) VerifySignature(ctx context.Context, token string) (said []byte, err error) {
	said, s.err = s.issuer.verify(ctx, token)
	return said, s.err
}

// verify holds a token against the issuer's keys, its address and the audience. Times are held by inTime.
func (a *Authenticator) verify(ctx context.Context, settings capability.OIDC, token string) (*oidc.IDToken, error) {
	if typ := typeOf(token); !slices.Contains(accepted, typ) {
		return nil, badToken(fmt.Sprintf("the token has the type %.40q in its header", typ), "The token is of another type: its header must have the typ JWT or at+jwt, or none.")
	}
	s := &signed{issuer: a.at(settings.Issuer)}
	verified, err := oidc.NewVerifier(settings.Issuer, s, &oidc.Config{
		ClientID:             settings.Audience,
		SupportedSigningAlgs: algorithms,
		SkipExpiryCheck:      true,
		Now:                  a.o.Now,
	}).Verify(ctx, token)
	var refused *Refused
	switch {
	case err == nil:
		return verified, nil
	case errors.As(s.err, &refused):
		return nil, refused
	case s.err != nil:
		return nil, badToken("the token is "+s.err.Error()+", "+settings.Issuer, "The token is not signed with a key of "+settings.Issuer+".")
	}
	return nil, badToken(fmt.Sprintf("the token is no JWT that is signed with a public key, or not of %s for %s", settings.Issuer, settings.Audience),
		"The token must be a JWT of "+settings.Issuer+" for the audience "+settings.Audience+", signed with a public key.")
}

// inTime refuses tokens that hold no more or not yet.
func inTime(now, expires time.Time, begins ...json.RawMessage) error {
	switch {
	case expires.IsZero():
		return badToken("the token has no exp", "The token never expires: it must have exp.")
	case !now.Before(expires.Add(skew)):
		return badToken("the token has expired", "The token has expired.")
	}
	for _, claim := range begins {
		var seconds float64
		if claim != nil && json.Unmarshal(claim, &seconds) != nil {
			return badToken("the token's iat or nbf is no time", "The token cannot be read.")
		}
		if seconds > float64(now.Add(skew).Unix()) {
			return badToken("the token is of the future: compare the clocks", "The token does not hold yet. Compare the clocks of the issuer and the server.")
		}
	}
	return nil
}

// texts returns the strings of a claim that is a string or a list of strings, and nothing for any other.
func texts(claim json.RawMessage) []string {
	var one string
	if json.Unmarshal(claim, &one) == nil && one != "" {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(claim, &list) != nil {
		return nil
	}
	return list
}

// agentOf returns the agent that a claim names. It refuses a list that names two.
func agentOf(rules *capability.Rules, settings capability.OIDC, claims []string) (string, error) {
	var agents []string
	for _, c := range claims {
		if agent, ok := rules.ByClaim(c); ok && !slices.Contains(agents, agent) {
			agents = append(agents, agent)
		}
	}
	switch len(agents) {
	case 1:
		return agents[0], nil
	case 0:
		return "", noAgent("a good token's claim "+settings.AgentClaim+" names no agent of the capability file",
			"The token is good, but its claim "+settings.AgentClaim+" names no agent here. Ask the server's operator.")
	}
	return "", noAgent("a good token's claim "+settings.AgentClaim+" names more than one agent",
		"The token is good, but its claim "+settings.AgentClaim+" names more than one agent: it must name one.")
}
