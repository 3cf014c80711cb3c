package events

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// Cursor is a position in a store: that behind an event. "" is the position before the oldest event. It has no meaning outside the
// store that made it. It tells how many events lie before it: seal it before it reaches an agent, which may not know of all of them.
type Cursor string

// ErrCursor means that a cursor was not made by such a store.
var ErrCursor = errors.New("this is not a cursor of an inbox")

// Position is what a cursor says: that it is behind the event with a number, in the store with a name.
type Position struct {
	Store  string // 16 hexadecimal digits; "" for the position before all events
	Number int64
}

// positionSize is that of a cursor in bytes: a version, the name and the number.
const (
	positionVersion = 1
	positionSize    = 1 + 8 + 8
)

// Cursor returns the form in which a position leaves its store.
func (p Position) Cursor() Cursor {
	name, err := hex.DecodeString(p.Store)
	if err != nil {
		name = nil // cannot be: stores make the names
	}
	b := binary.BigEndian.AppendUint64(append([]byte{positionVersion}, name...), uint64(p.Number))
	return Cursor(base64.RawURLEncoding.EncodeToString(b))
}

// Position reads a cursor.
func (c Cursor) Position() (Position, error) {
	if c == "" {
		return Position{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) != positionSize || b[0] != positionVersion || b[9] > 127 {
		return Position{}, ErrCursor
	}
	return Position{hex.EncodeToString(b[1:9]), int64(binary.BigEndian.Uint64(b[9:]))}, nil
}
