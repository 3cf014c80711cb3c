package gate

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/seal"
)

const (
	// gatherPage is how many items are asked for at once when a list is judged item by item. Dixa states no maximum
	// for these lists; its own clients ask for up to 50 elsewhere.
	gatherPage = 50
	// gatherMost is how many of Dixa's pages one page for an agent is made of at most.
	gatherMost = 20
	// gatherBytes is how much of them is kept for it, and one item more.
	gatherBytes = 4 << 20
)

// A page key of Dixa's holds the filters of its first page, and says how many items stand before it. So a bounded
// agent gets keys that are encrypted, and that fit only its own search: one from elsewhere would lead it around its
// bound, and one that can be read would tell what was left out.

// pageKeys encrypts page keys; whoever has the same secret can read them.
type pageKeys struct{ cipher.AEAD }

func newPageKeys(secret []byte) pageKeys {
	block, err := aes.NewCipher(seal.Derive(secret, "page keys"))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	sealing, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size that is needed
	}
	return pageKeys{sealing}
}

// place is where a page begins.
type place struct {
	key  string // of Dixa's page, "" for the first
	skip uint16 // how many of its items come before
}

func (k pageKeys) seal(search string, p place) string {
	text := append(binary.BigEndian.AppendUint16(nil, p.skip), p.key...)
	return base64.RawURLEncoding.EncodeToString(k.Seal(nil, nil, text, []byte(search)))
}

func (k pageKeys) unseal(search, sealed string) (place, bool) {
	bytes, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return place{}, false
	}
	text, err := k.Open(nil, nil, bytes, []byte(search))
	if err != nil || len(text) < 2 {
		return place{}, false
	}
	return place{string(text[2:]), binary.BigEndian.Uint16(text)}, true
}

// takePageKey takes the page key out of a request, and says where the page begins and to what search it belongs.
func (b *bounds) takePageKey() (search string, at place, err error) {
	op := b.op
	sealed := op.Op.PageKey(op.In)
	op.Op.SetPageKey(op.In, "")
	r, err := op.Request()
	if err != nil {
		return "", place{}, err
	}
	r.Query.Del("pageLimit")
	search = strings.Join([]string{b.call.agentName, b.call.request.behalf(), r.Method, r.Path, r.Query.Encode(), string(r.Body)}, "\x00")
	if sealed == "" {
		return search, place{}, nil
	}
	at, ok := b.call.gate.pages.unseal(search, sealed)
	if !ok {
		err = &dixaclient.InputError{Operation: op.Op.Name, Field: "pageKey", Problem: "does not belong to this search: begin again without it, and repeat the other arguments with each page"}
	}
	return search, at, err
}

// page carries out an operation with sealed page keys.
func (b *bounds) page(ctx context.Context, next func(context.Context) error) error {
	op := b.op
	if !op.Op.Paged {
		return b.send(ctx, nil, next)
	}
	search, at, err := b.takePageKey()
	if err != nil {
		return err
	}
	op.Op.SetPageKey(op.In, at.key)
	if err := b.send(ctx, nil, next); err != nil {
		return err
	}
	if op.Next != "" {
		op.Next = b.call.gate.pages.seal(search, place{key: op.Next})
	}
	return nil
}

// judging is how gather judges a list: each page as a whole, where there is something to find out about it, and each of
// its items.
type judging[T any] struct {
	page ruling // before each request, where it has waited
	meet func(context.Context) error
	show show[T]
}

// errFull ends the reading of a page that has more than fits.
var errFull = errors.New("the page is full")

// gather carries out an operation whose list is judged item by item, and makes pages of what may be seen. A page that
// was merely thinned out would tell how many items it had lost, and a key to a page with nothing on it that there are
// any. So it reads on until the page is full and one more item is found for the next. All of that costs one request of
// the agent's budget.
func gather[T any](ctx context.Context, b *bounds, page *dixaclient.Page, by judging[T], next func(context.Context) error) error {
	op := b.op
	search, at, err := b.takePageKey()
	if err != nil {
		return err
	}
	want := cmp.Or(page.PageLimit, gatherPage)
	page.PageLimit = gatherPage
	shown, bytes := []json.RawMessage{}, 0
	finish := func(at place) error {
		if op.Next = ""; at.key != "" || at.skip > 0 {
			op.Next = b.call.gate.pages.seal(search, at)
		}
		return op.Replace(shown)
	}
	for range gatherMost {
		op.Attempts, page.PageKey = 0, at.key
		if err := b.send(ctx, by.page, next); err != nil {
			return err
		}
		if by.meet != nil {
			if err := by.meet(ctx); err != nil {
				return err
			}
		}
		ctx = unpriced(ctx)
		items := 0
		err := op.Items(judgedMost, func(item json.RawMessage) error {
			if items++; items <= int(at.skip) {
				return nil
			}
			raw, err := judged(item, by.show)
			switch {
			case err != nil:
				return err
			case raw == nil:
				b.call.withheld++
			case len(shown) == want, bytes > gatherBytes:
				return errFull
			default: // a copy: the rest of the page is not kept
				shown, bytes = append(shown, slices.Clone(raw)), bytes+len(raw)
			}
			return nil
		})
		switch {
		case errors.Is(err, errFull):
			return finish(place{at.key, uint16(items - 1)})
		case err != nil:
			return err
		case op.Next == "" || op.Next == at.key || items == 0:
			return finish(place{})
		}
		at = place{key: op.Next}
	}
	return finish(at)
}
