package capability

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
)

const keyIDDigits = 8 // hex digits

// CheckApproverName tells whether an approver can have the name.
func CheckApproverName(name string) error {
	if !isName(name, "._-") {
		return errors.New("must be a letter, then up to 39 letters, digits, ., _ and -, all lower case")
	}
	return nil
}

// Approver is a person who may decide about calls that wait for one.
type Approver struct {
	Name  string
	Email string             // "" where the file does not say it
	May   []dixaclient.Level // the levels of the calls that the person may decide, lowest first
}

// Decides tells whether the person may decide about calls of that level.
func (a *Approver) Decides(l dixaclient.Level) bool { return slices.Contains(a.May, l) }

// keyholder is an approver with the digest of the key.
type keyholder struct {
	Approver
	at     at // of the name
	digest [sha256.Size]byte
}

func (k *keyholder) keyID() string { return hex.EncodeToString(k.digest[:])[:keyIDDigits] }

// signInID names a sign-in with the company's login in records, in place of the id of a key. It changes with the address, so that
// what was decided under another address is not taken for this one's.
func (k *keyholder) signInID() string {
	if k.Email == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(lowerASCII(k.Email)))
	return "sign-in-" + hex.EncodeToString(sum[:])[:keyIDDigits]
}

// ApproverByEmail finds the approver with a verified address, for one who signed in with the company's login. keyID names that
// in records.
func (r *Rules) ApproverByEmail(email string) (who *Approver, keyID string, ok bool) {
	for i := range r.approvers {
		if k := &r.approvers[i]; SameEmail(k.Email, VerifiedEmail(email)) {
			return &k.Approver, k.signInID(), true
		}
	}
	return nil, "", false
}

// Approver finds the person whose key it is, by the key's SHA-256. keyID, the first 8 hex digits of that, names the key
// in records. How long it takes says nothing about the digests in the file.
func (r *Rules) Approver(key []byte) (who *Approver, keyID string, ok bool) {
	return r.ApproverOf(sha256.Sum256(key))
}

// ApproverOf does the same for the SHA-256 of a key.
func (r *Rules) ApproverOf(sum [sha256.Size]byte) (who *Approver, keyID string, ok bool) {
	found := -1
	for i := range r.approvers {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], r.approvers[i].digest[:]), i, found)
	}
	if found < 0 {
		return nil, "", false
	}
	k := r.approvers[found]
	return &k.Approver, k.keyID(), true
}

// ApproverNamed finds an approver by name, with the id of the key in the file.
func (r *Rules) ApproverNamed(name string) (who *Approver, keyID string, ok bool) {
	k := r.keyholder(name)
	if k == nil {
		return nil, "", false
	}
	return &k.Approver, k.keyID(), true
}

// StillDecides tells whether the file has that approver with that key, and lets the person decide about calls of that
// level, which an agent asked for on behalf of another person or of none. It is for decisions that were made under an earlier file.
func (r *Rules) StillDecides(name, keyID string, l dixaclient.Level, requester *Person) bool {
	return slices.ContainsFunc(r.approvers, func(k keyholder) bool {
		return k.Name == name && keyID != "" && (k.keyID() == keyID || k.signInID() == keyID) && k.Decides(l) && (requester == nil || !SameEmail(k.Email, requester.Email))
	})
}

// Decided tells whether there is an approver who may decide about calls of that level.
func (r *Rules) Decided(l dixaclient.Level) bool {
	return slices.ContainsFunc(r.approvers, func(k keyholder) bool { return k.Decides(l) })
}

// Approvers lists the approvers in the file's order.
func (r *Rules) Approvers() []Approver {
	all := make([]Approver, len(r.approvers))
	for i, k := range r.approvers {
		all[i] = k.Approver
	}
	return all
}

// ApproverNames lists the approvers in the file's order.
func (r *Rules) ApproverNames() []string {
	names := make([]string, len(r.approvers))
	for i, k := range r.approvers {
		names[i] = k.Name
	}
	return names
}

// waiting is a level whose calls can wait for approval.
type waiting struct {
	at
	level dixaclient.Level
}

var waitingWords = []string{dixaclient.Write.String(), dixaclient.Send.String(), dixaclient.Erase.String()}

func (w *waiting) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	level, _ := dixaclient.ParseLevel(text)
	if !slices.Contains(waitingWords, text) {
		d.fail(place(n, key), "%.80q is not a level that can wait for approval%s; they are %s", text, didYouMean(text, waitingWords), strings.Join(waitingWords, ", "))
		return
	}
	*w = waiting{place(n, key), level}
}

func (a *approver) decides(l dixaclient.Level) bool {
	return slices.ContainsFunc(a.May.value, func(w waiting) bool { return w.level == l })
}

// checkApprovers refuses approvers who are agents, and keys that are none or those of another holder.
func (d *decoder) checkApprovers(f *file) {
	holders := map[string]string{} // names by digest
	for _, e := range f.Approvers.entries {
		if err := CheckApproverName(e.name.text); err != nil {
			d.fail(e.name.at, "%v", err)
		}
		for _, a := range f.Agents.entries {
			if a.name.text == e.name.text {
				d.fail(e.name.at, "is an agent, too (line %d): a requester cannot approve", a.name.line)
			}
		}
		if w := e.value.Email; w.line > 0 && VerifiedEmail(w.text) == "" {
			d.fail(w.at, "%.80q is not an e-mail address such as anna@example.com", w.text)
		}
		if e.value.May.line > 0 && len(e.value.May.value) == 0 {
			d.fail(e.value.May.at, "must list at least one of %s", strings.Join(waitingWords, ", "))
		}
		d.checkKey(e.name.text, e.value.KeySHA256, holders, fmt.Sprintf("; `dixa-mcp key new --approver %s` makes a key and the line for it", e.name.text))
	}
	d.checkAuditors(f, holders)
	d.checkKeys(f, holders)
}

func (d *decoder) checkKey(name string, key word, holders map[string]string, hint string) {
	if key.line == 0 { // said already
		return
	}
	digest := strings.ToLower(key.text)
	if b, err := hex.DecodeString(digest); err != nil || len(b) != sha256.Size {
		d.fail(key.at, "must be the SHA-256 of a key, 64 hex digits%s", hint)
		return
	}
	if other, taken := holders[digest]; taken {
		d.fail(key.at, "is the key of %s, too: each needs a key of their own", other)
		return
	}
	holders[digest] = name
}

// keyholders returns the approvers of a file that was checked.
func (f *file) keyholders() []keyholder {
	all := make([]keyholder, len(f.Approvers.entries))
	for i, e := range f.Approvers.entries {
		k := keyholder{Approver: Approver{Name: e.name.text, Email: e.value.Email.text}, at: e.name.at}
		_, _ = hex.Decode(k.digest[:], []byte(e.value.KeySHA256.text)) // checked
		for _, w := range e.value.May.value {
			k.May = append(k.May, w.level)
		}
		slices.Sort(k.May)
		k.May = slices.Compact(k.May)
		all[i] = k
	}
	return all
}
