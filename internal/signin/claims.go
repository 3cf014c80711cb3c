package signin

import (
	"maps"
	"net/url"
	"slices"

	"dixa-mcp/internal/identity"
)

// Given is what the provider gave for a person who signed in.
type Given struct {
	Person   identity.Person `json:"person"`
	Told     []string        `json:"told,omitempty"` // the claims that the userinfo endpoint told
	Provider string          `json:"provider"`       // the provider's refresh token
}

// now returns what holds of the person once the userinfo endpoint alone told these claims. What it told before and does not tell now is no
// longer so: providers leave out a claim without a value. Whether an address is verified is taken over only for the same address.
func (g Given) now(issuer string, told map[string]any) Given {
	before := maps.Clone(g.Person.Claims)
	for _, name := range g.Told {
		delete(before, name)
	}
	if !sameAddress(told["email"], g.Person.Claims["email"]) || slices.Contains(g.Told, "xms_edov") { // from which [personOf] makes email_verified
		dropVerified(before)
	}
	return Given{Person: personOf(issuer, g.Person.Subject, merged(before, told)), Told: slices.Sorted(maps.Keys(told)), Provider: g.Provider}
}

// dropVerified removes the claims that say that an address was verified.
func dropVerified(claims map[string]any) {
	delete(claims, "email_verified")
	delete(claims, "xms_edov")
}

// merged returns claims, those of the second in place of those of the first. That an address was verified is not said of another one.
func merged(a, b map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, a)
	if email, told := b["email"]; told && a["email"] != nil && !sameAddress(email, a["email"]) {
		dropVerified(all)
	}
	maps.Copy(all, b)
	return all
}

func sameAddress(a, b any) bool {
	x, isText := a.(string)
	y, both := b.(string)
	return isText && both && identity.SameEmail(x, y)
}

// aboutToken are claims about a token, which say nothing about the person.
var aboutToken = []string{"iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "auth_time", "azp", "sid", "rt_hash", "uti", "rh", "aio"}

// personOf returns who claims are about.
func personOf(issuer, subject string, claims map[string]any) identity.Person {
	for _, name := range aboutToken {
		delete(claims, name)
	}
	claims["sub"] = subject
	if _, said := claims["email_verified"]; !said && isEntra(issuer) && isTrue(claims["xms_edov"]) {
		claims["email_verified"] = true
	}
	return identity.PersonOf(issuer, claims)
}

// entra are the hosts of Entra ID, in its several clouds. It has no email_verified: whether an address is of a domain that the
// tenant, Microsoft or Google owns, or was used to sign in, it says in its optional claim xms_edov.
var entra = []string{"login.microsoftonline.com", "sts.windows.net", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}

// isEntra reports whether the provider is Entra ID. At any other xms_edov means nothing.
func isEntra(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Scheme == "https" && slices.Contains(entra, u.Host)
}

// isTrue reports whether a claim is true in one of the forms in which Entra ID writes it.
func isTrue(claim any) bool { return claim == true || claim == "true" || claim == "1" || claim == 1.0 }
