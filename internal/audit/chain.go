package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// hashField starts the last field of a line. A line is the record's JSON, then its hash, spliced in before the
// closing brace: what is hashed is the line with this field cut out.
const hashField = `,"hash":"`

// seal returns the hash of the JSON object whose text is open followed by its closing brace.
func seal(open []byte) string {
	h := sha256.New()
	h.Write(open)
	h.Write([]byte{'}'})
	return hex.EncodeToString(h.Sum(nil))
}

// Unseal checks a line, without its newline, against its own hash and decodes it. The reason is empty when the line
// is as it was written.
func Unseal(line []byte) (r Record, reason string) {
	i := bytes.LastIndex(line, []byte(hashField))
	if i < 0 {
		return r, "altered: the line does not end with its hash"
	}
	if string(line[i:]) != hashField+seal(line[:i])+`"}` {
		return r, "altered: the line does not match its hash"
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, "the line matches its hash, but is not a record: " + err.Error()
	}
	return r, ""
}
