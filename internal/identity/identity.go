// Package identity says which agent an HTTP request comes from.
//
// The Authorization header decides: a key whose digest the capability file has, or a token that the file's OpenID provider
// signed. Only a person, who may use several agents, chooses one with the address. Each request is held against the rules that are in force at that moment, so that a key that was
// taken out of the file opens nothing any more. No credential is kept, logged, or repeated in an answer.
package identity

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/capability"
)

// Principal is who a request comes from.
type Principal struct {
	Agent   string
	Key     string    // for records: the id of the key, or [capability.TokenKey]
	Expires time.Time // when the credential expires; zero: never
	Person  *Person   // who signed in; nil for a program
	// Conversation is the only one that exists for a key that is bound to it; 0 for any other credential.
	Conversation int64

	proof *proof
}

// proof is what an agent was authenticated by. It contains no credential, and cannot be used to authenticate.
type proof struct {
	digest [sha256.Size]byte // of the key
	bound  bool              // it is one of those that are bound to a conversation

	token  bool
	under  capability.OIDC // the settings by which the token was verified
	claims []string        // what the token's claim says
	person *Person         // whose token it is; nil for a program's
	asked  string          // the agent that the person chose; "" for none

	session string // id of a person's sign-in; the digest is of the access token
}

// Options says how requests are authenticated.
type Options struct {
	Rules     func() *capability.Rules        // those in force
	Extra     map[[sha256.Size]byte]Principal // keys beside those of the file, by their SHA-256
	Resource  func(*http.Request) string      // the address of the server as clients know it, such as https://mcp.example.com/mcp
	Now       func() time.Time                // nil: time.Now
	Log       *slog.Logger                    // nil: slog.Default
	Failed    func(status int)                // hears of each request that is not authenticated; may be nil
	People    People                          // those who sign in; nil: there is no sign-in
	Bound     *BoundKeys                      // keys that are bound to a conversation; nil: there are none
	Transport http.RoundTripper               // over which the OpenID provider is reached; nil: as the environment says
}

// Authenticator says who requests come from. It is safe for concurrent use.
type Authenticator struct {
	o      Options
	client *http.Client

	mu     sync.Mutex
	issuer *issuer // nil before the first token
	closed bool
	ctx    context.Context // of what runs in the background
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// New makes an authenticator. Nothing is asked of the OpenID provider before a token comes.
func New(o Options) *Authenticator {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Resource == nil {
		o.Resource = asAsked
	}
	a := &Authenticator{o: o, client: newClient(o.Transport)}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// asAsked returns the address of the server as the request has it.
func asAsked(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/mcp"
}

// Close ends what runs in the background and waits for it.
func (a *Authenticator) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.cancel()
	a.wait.Wait()
	a.client.CloseIdleConnections()
}

// background runs something that Close waits for.
func (a *Authenticator) background(run func(context.Context)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	a.wait.Go(func() { run(a.ctx) })
}

// Identify says which agent a request comes from. The error is for [Authenticator.Refuse], and can be logged.
func (a *Authenticator) Identify(r *http.Request) (Principal, error) {
	p, err := a.identify(r)
	if err != nil && a.o.Failed != nil {
		a.o.Failed(refusedBy(err).Status)
	}
	return p, err
}

func (a *Authenticator) identify(r *http.Request) (Principal, error) {
	credential, err := credentialOf(r)
	if err != nil {
		return Principal{}, err
	}
	if strings.HasPrefix(credential, AccessPrefix) {
		return a.byPerson(r, credential)
	}
	if strings.HasPrefix(credential, BoundPrefix) {
		return a.byBoundKey(r, credential)
	}
	if strings.HasPrefix(credential, ownPrefix) {
		if err := checkKey(credential); err != nil {
			return Principal{}, err
		}
		p, err := a.byKey(a.o.Rules(), sha256.Sum256([]byte(credential)))
		if err != nil {
			return Principal{}, err
		}
		return only(p, asked(r))
	}
	return a.byToken(r.Context(), a.o.Rules(), credential, asked(r))
}

// Again reports whether a principal that was authenticated would be authenticated now, as the same agent, and until when. It is for what
// stays open: ask after each change of the rules, and when [Principal.Expires] comes. The error is as that of Identify.
func (a *Authenticator) Again(p Principal) (now Principal, err error) {
	rules := a.o.Rules()
	switch {
	case p.proof == nil:
		return Principal{}, unknownKey("the principal was never authenticated")
	case p.proof.session != "":
		now, err = a.stillPerson(p)
	case p.proof.token:
		now, err = a.stillToken(rules, p)
	case p.proof.bound:
		now, err = a.stillBound(p)
	default:
		now, err = a.byKey(rules, p.proof.digest)
	}
	if err == nil && now.Agent != p.Agent {
		return Principal{}, unknownKey("the credential of " + p.Agent + " is now that of " + now.Agent)
	}
	return now, err
}

// byKey finds whose key it is. The lookup needs no constant time, see [capability.Rules.Key].
func (a *Authenticator) byKey(rules *capability.Rules, digest [sha256.Size]byte) (Principal, error) {
	now := a.o.Now()
	k, ok := rules.Key(digest, now)
	if ok {
		return Principal{Agent: k.Agent, Key: k.ID, Expires: k.Expires, proof: &proof{digest: digest}}, nil
	}
	if k.ID != "" {
		return Principal{}, unknownKey("the key " + k.ID + " of " + k.Agent + " has expired")
	}
	p, ok := a.o.Extra[digest]
	if !ok {
		return Principal{}, unknownKey("the capability file does not have the key")
	}
	if _, err := rules.Agent(p.Agent); err != nil || expired(p, now) {
		return Principal{}, unknownKey("the key " + p.Key + " of " + p.Agent + " has expired, or the agent is gone")
	}
	p.proof = &proof{digest: digest}
	return p, nil
}

func expired(p Principal, now time.Time) bool { return !p.Expires.IsZero() && !now.Before(p.Expires) }
