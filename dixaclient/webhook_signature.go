package dixaclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Why a webhook delivery is not accepted.
var (
	ErrWebhookHeader    = errors.New("the X-DIXA-SIGNATURE header is not of the form t=<milliseconds>,v1=<hex>")
	ErrWebhookSignature = errors.New("the signature does not fit: the body was changed, or the secret is another subscription's")
	ErrWebhookTime      = errors.New("the delivery is too old, or its time lies ahead")
)

// VerifyWebhook tells whether a delivery came from Dixa. The secret is the subscription's secretKey, the header is
// X-DIXA-SIGNATURE, the body is what was received, byte for byte. A tolerance of 0 accepts any age, which replayed
// deliveries may need; Dixa states none, and five minutes is usual. The error is one of the three above, wrapped.
//
// Dixa signs the time as it is in the header, a dot and the body, with HMAC-SHA256 under the hex-decoded secret.
// Its documentation also shows secrets that are not hexadecimal: for such a secret its bytes are taken as the key.
// Source: Dixa's "Webhooks security".
func VerifyWebhook(secret, header string, body []byte, tolerance time.Duration) error {
	if secret == "" { // anybody could sign with an empty key
		return fmt.Errorf("%w (the secret is empty)", ErrWebhookSignature)
	}
	at, signature, err := parseSignature(header)
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(secret)
	if err != nil {
		key = []byte(secret)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), signature) {
		return ErrWebhookSignature
	}
	if tolerance <= 0 {
		return nil
	}
	sent, err := WebhookTime(header)
	if err != nil {
		return err
	}
	if age := time.Since(sent); age > tolerance || age < -tolerance {
		return fmt.Errorf("%w (sent at %s)", ErrWebhookTime, sent.UTC().Format(time.RFC3339))
	}
	return nil
}

// WebhookTime returns the time in an X-DIXA-SIGNATURE header, so that an old delivery can be refused before its body is
// read. Whether it is the time of the delivery is known after [VerifyWebhook] only.
func WebhookTime(header string) (time.Time, error) {
	at, _, err := parseSignature(header)
	if err != nil {
		return time.Time{}, err
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}, ErrWebhookHeader
	}
	return time.UnixMilli(ms), nil
}

// parseSignature takes the time, unchanged, and the signature out of the header.
func parseSignature(header string) (at string, signature []byte, err error) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "t" && at == "":
			at = value
		case name == "v1" && signature == nil:
			if signature, err = hex.DecodeString(value); err != nil {
				return "", nil, ErrWebhookHeader
			}
		case name == "t" || name == "v1": // twice: which one was meant?
			return "", nil, ErrWebhookHeader
		}
	}
	if _, err := strconv.ParseInt(at, 10, 64); err != nil || len(signature) != sha256.Size {
		return "", nil, ErrWebhookHeader
	}
	return at, signature, nil
}
