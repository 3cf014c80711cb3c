package dixaclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The vectors were computed with openssl dgst -sha256 -mac HMAC -macopt hexkey:… (the last with -hmac), apart from
// this package.
const (
	deliverySecret    = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	deliveryTime      = "1689238949803"
	deliveryBody      = `{"event_fqn":"CONVERSATION_CLOSED","data":{"conversation":{"csid":1234}}}`
	deliveryVector    = "90eeac1742ad47878bdd7d8d5cd82183710904ca3bd96862b324c83662fadfa6"
	deliveryRawVector = "a0e94f94bf64cb1ca71e17b0852401f1729807ee8c68c3560a0f06e2db2a7a4a"
)

func sign(key []byte, at, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(at + "." + body))
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestVerifyWebhook(t *testing.T) {
	key, err := hex.DecodeString(deliverySecret)
	require.NoError(t, err)
	good := sign(key, deliveryTime, deliveryBody)
	require.Equal(t, "t=1689238949803,v1="+deliveryVector, good)
	_, signature, _ := strings.Cut(good, ",v1=")
	for name, c := range map[string]struct {
		secret, header, body string
		want                 error
	}{
		"as Dixa sends it":           {deliverySecret, good, deliveryBody, nil},
		"capital letters":            {strings.ToUpper(deliverySecret), "t=" + deliveryTime + ",v1=" + strings.ToUpper(signature), deliveryBody, nil},
		"other order, blanks, other": {deliverySecret, "v0=abc, v1=" + signature + ", t=" + deliveryTime, deliveryBody, nil},
		"a secret that is not hex":   {"ghpq-secret", "t=1689238949803,v1=" + deliveryRawVector, deliveryBody, nil},
		"changed body":               {deliverySecret, good, deliveryBody + " ", ErrWebhookSignature},
		"changed time":               {deliverySecret, strings.Replace(good, "803,", "804,", 1), deliveryBody, ErrWebhookSignature},
		"time written otherwise":     {deliverySecret, strings.Replace(good, "t=1", "t=01", 1), deliveryBody, ErrWebhookSignature},
		"another secret":             {strings.Repeat("0", 64), good, deliveryBody, ErrWebhookSignature},
		"no secret":                  {"", sign(nil, deliveryTime, deliveryBody), deliveryBody, ErrWebhookSignature},
		"no header":                  {deliverySecret, "", deliveryBody, ErrWebhookHeader},
		"no time":                    {deliverySecret, "v1=" + signature, deliveryBody, ErrWebhookHeader},
		"no signature":               {deliverySecret, "t=" + deliveryTime, deliveryBody, ErrWebhookHeader},
		"two signatures":             {deliverySecret, good + ",v1=" + signature, deliveryBody, ErrWebhookHeader},
		"half a signature":           {deliverySecret, good[:len(good)-2], deliveryBody, ErrWebhookHeader},
		"no hex":                     {deliverySecret, "t=1,v1=zz", deliveryBody, ErrWebhookHeader},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, VerifyWebhook(c.secret, c.header, []byte(c.body), 0), c.want)
		})
	}
}

func TestVerifyWebhookTolerance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, err := hex.DecodeString(deliverySecret)
		require.NoError(t, err)
		header := sign(key, strconv.FormatInt(time.Now().UnixMilli(), 10), deliveryBody)
		verify := func() error { return VerifyWebhook(deliverySecret, header, []byte(deliveryBody), 5*time.Minute) }
		require.NoError(t, verify())
		time.Sleep(5 * time.Minute)
		require.NoError(t, verify())
		time.Sleep(time.Second)
		require.ErrorIs(t, verify(), ErrWebhookTime)
		ahead := sign(key, strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10), deliveryBody)
		require.ErrorIs(t, VerifyWebhook(deliverySecret, ahead, []byte(deliveryBody), 5*time.Minute), ErrWebhookTime)
		require.NoError(t, VerifyWebhook(deliverySecret, ahead, []byte(deliveryBody), 0))
	})
}

func FuzzVerifyWebhook(f *testing.F) {
	f.Add(deliverySecret, "t=1689238949803,v1="+deliveryVector, []byte(deliveryBody))
	f.Add("", "t=,v1=", []byte{})
	f.Fuzz(func(t *testing.T, secret, header string, body []byte) {
		if VerifyWebhook(secret, header, body, 0) == nil { // whatever is accepted is bound to its body
			require.Error(t, VerifyWebhook(secret, header, append([]byte{'x'}, body...), 0))
		}
	})
}

func TestWebhookTime(t *testing.T) {
	at, err := WebhookTime("t=" + deliveryTime + ",v1=" + deliveryVector)
	require.NoError(t, err)
	require.Equal(t, "2023-07-13T09:02:29.803Z", at.UTC().Format(time.RFC3339Nano))
	for _, bad := range []string{"", "t=" + deliveryTime, "t=1e3,v1=" + deliveryVector, "t=99999999999999999999,v1=" + deliveryVector, "t=1,t=2,v1=" + deliveryVector} {
		_, err := WebhookTime(bad)
		require.ErrorIs(t, err, ErrWebhookHeader, bad)
	}
}

// Whatever has a time has a signature, and the time that is signed.
func FuzzWebhookTime(f *testing.F) {
	f.Add("t=1689238949803,v1=" + deliveryVector)
	f.Add("t=-1, v1=" + deliveryVector + ",v0=x")
	f.Add("t=+0001,v1=" + deliveryVector)
	f.Fuzz(func(t *testing.T, header string) {
		at, err := WebhookTime(header)
		if err != nil {
			require.ErrorIs(t, err, ErrWebhookHeader)
			return
		}
		text, signature, err := parseSignature(header)
		require.NoError(t, err)
		require.Len(t, signature, 32)
		ms, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		require.Equal(t, ms, at.UnixMilli())
		key, err := hex.DecodeString(deliverySecret)
		require.NoError(t, err)
		require.NoError(t, VerifyWebhook(deliverySecret, sign(key, text, deliveryBody), []byte(deliveryBody), 0))
	})
}
