package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"strings"
)

// keyedPrefix marks a hash that needs a key to be checked, so that a missing key is not mistaken for tampering.
const keyedPrefix = "hmac:"

// hashField starts the last field of a line. A line is the record's JSON, then its hash, spliced in before the
// closing brace: what is hashed is the line with this field cut out.
const hashField = `,"hash":"`

// sealer computes the hash of lines. It is not safe for concurrent use.
type sealer struct {
	hash   hash.Hash
	prefix string
}

func newSealer(key []byte) *sealer {
	if len(key) == 0 {
		return &sealer{hash: sha256.New()}
	}
	return &sealer{hash: hmac.New(sha256.New, key), prefix: keyedPrefix}
}

// sum is the hash of the JSON object whose text is open followed by its closing brace.
func (s *sealer) sum(open []byte) string {
	s.hash.Reset()
	s.hash.Write(open)
	s.hash.Write([]byte{'}'})
	return s.prefix + hex.EncodeToString(s.hash.Sum(nil))
}

// unseal checks a line, without its newline, against its own hash and decodes it. The reason is empty when the line
// is as it was written.
func (s *sealer) unseal(line []byte) (r Record, reason string) {
	i := bytes.LastIndex(line, []byte(hashField))
	if i < 0 {
		return r, "altered: the line does not end with its hash"
	}
	tail := string(line[i:])
	if s.prefix == "" && strings.HasPrefix(tail, hashField+keyedPrefix) {
		return r, "not checked: the hash is keyed and no key was given"
	}
	if tail != hashField+s.sum(line[:i])+`"}` {
		if s.prefix != "" && !strings.HasPrefix(tail, hashField+keyedPrefix) {
			return r, "altered: the hash is not a keyed one, though a key was given"
		}
		return r, "altered: the line does not match its hash"
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, "the line matches its hash, but is not a record: " + err.Error()
	}
	return r, ""
}
