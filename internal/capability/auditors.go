package capability

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
)

// auditing is an auditor with the digest of the key.
type auditing struct {
	name   string
	at     at // of the name
	digest [sha256.Size]byte
}

// Auditor finds the auditor whose key has this SHA-256. keyID, the first 8 hex digits of that, names the key. How long it
// takes says nothing about the digests in the file.
func (r *Rules) Auditor(digest [sha256.Size]byte) (name, keyID string, ok bool) {
	found := -1
	for i := range r.auditors {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(digest[:], r.auditors[i].digest[:]), i, found)
	}
	if found < 0 {
		return "", "", false
	}
	return r.auditors[found].name, hex.EncodeToString(digest[:])[:keyIDDigits], true
}

// AuditorNames lists the auditors in the file's order.
func (r *Rules) AuditorNames() []string {
	names := make([]string, len(r.auditors))
	for i, a := range r.auditors {
		names[i] = a.name
	}
	return names
}

// checkAuditors refuses auditors who are agents, and keys that are none or those of another holder.
func (d *decoder) checkAuditors(f *file, holders map[string]string) {
	for _, e := range f.Auditors.entries {
		if err := CheckApproverName(e.name.text); err != nil {
			d.fail(e.name.at, "%v", err)
		}
		for _, a := range f.Agents.entries {
			if a.name.text == e.name.text {
				d.fail(e.name.at, "is an agent, too (line %d): an agent cannot audit", a.name.line)
			}
		}
		d.checkKey(e.name.text, e.value.KeySHA256, holders, fmt.Sprintf("; `dixa-mcp key new --auditor %s` makes a key and the line for it", e.name.text))
	}
}

// auditing returns the auditors of a file that was checked.
func (f *file) auditing() []auditing {
	all := make([]auditing, len(f.Auditors.entries))
	for i, e := range f.Auditors.entries {
		all[i].name, all[i].at = e.name.text, e.name.at
		_, _ = hex.Decode(all[i].digest[:], []byte(e.value.KeySHA256.text)) // checked
	}
	return all
}

// bothAuditors returns the auditors who have the same key in both rules.
func bothAuditors(old, new *Rules) []auditing {
	return slices.DeleteFunc(slices.Clone(old.auditors), func(a auditing) bool {
		return !slices.ContainsFunc(new.auditors, func(b auditing) bool { return a.name == b.name && a.digest == b.digest })
	})
}

// auditors compares who may see what agents did.
func (d *diff) auditors(old, new *Rules) {
	find := func(r *Rules, name string) (auditing, bool) {
		i := slices.IndexFunc(r.auditors, func(a auditing) bool { return a.name == name })
		if i < 0 {
			return auditing{}, false
		}
		return r.auditors[i], true
	}
	for _, is := range new.auditors {
		switch was, ok := find(old, is.name); {
		case !ok:
			d.add(widens, "new auditor %s may see the console", is.name)
		case was.digest != is.digest:
			d.add(differs, "auditor %s has another key", is.name)
		}
	}
	for _, was := range old.auditors {
		if _, ok := find(new, was.name); !ok {
			d.add(narrows, "auditor %s is gone", was.name)
		}
	}
}
