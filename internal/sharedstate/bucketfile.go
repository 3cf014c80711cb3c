package sharedstate

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/base/sqlitefile"
)

// bucketFile is a token bucket in a file of its own, which is locked for each change. Every request to Dixa changes one: a
// transaction of the database takes 124 µs on the machine where this takes 22 µs (BenchmarkReserve).
type bucketFile struct {
	path string

	mu     sync.Mutex
	file   *os.File // nil until the first use
	closed bool
}

const bucketPrefix = "rate-"

// bucketPath returns the path of the file for the bucket of a name. A later layout of the file has another name.
func (s *Store) bucketPath(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(filepath.Dir(s.file.Path), fmt.Sprintf("%s1-%x", bucketPrefix, sum[:8]))
}

// The layout of the file: five numbers of eight bytes, and their checksum.
const (
	numbers    = 5 * 8
	bucketSize = numbers + 4
)

// update changes the bucket in one step, which no other process interleaves with. f is given the time, in microseconds; a
// bucket that is new has no time.
func (b *bucketFile) update(f func(t *tokens, now int64)) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("the shared rate limit in %s cannot be used: %w", b.path, err)
		}
	}()
	if err := b.open(); err != nil {
		return err
	}
	if err := filelock.Lock(b.file, sqlitefile.Busy); err != nil {
		return errors.Join(err, b.release()) // the next one opens it anew: the file may have been replaced
	}
	defer func() {
		if err = errors.Join(err, filelock.Unlock(b.file)); err != nil {
			err = errors.Join(err, b.release())
		}
	}()
	now := time.Now().UnixMicro() // after the lock: a wait must not be given out twice
	var record [bucketSize]byte
	n, err := b.file.ReadAt(record[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t := tokens{}
	if n > 0 && !t.decode(record[:n]) {
		t = tokens{at: now, factor: 1} // torn by a loss of power: whatever was in it, an empty bucket exceeds no limit
	}
	f(&t, now)
	t.encode(&record)
	_, err = b.file.WriteAt(record[:], 0)
	return err
}

// open opens the file, for its owner alone. b.mu is held.
func (b *bucketFile) open() (err error) {
	if b.closed {
		return errClosed
	}
	if b.file != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return err
	}
	b.file, err = os.OpenFile(b.path, os.O_RDWR|os.O_CREATE, 0o600)
	return err
}

// release closes the file, which also releases its lock. b.mu is held.
func (b *bucketFile) release() error {
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}

// close closes the file for good.
func (b *bucketFile) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.release()
}

func (t *tokens) encode(record *[bucketSize]byte) {
	order := binary.LittleEndian
	for i, n := range [...]uint64{math.Float64bits(t.level), uint64(t.at), uint64(t.taken), math.Float64bits(t.factor), uint64(t.lowered)} {
		order.PutUint64(record[8*i:], n)
	}
	order.PutUint32(record[numbers:], crc32.ChecksumIEEE(record[:numbers]))
}

// decode reads what [tokens.encode] wrote; it is false for anything else.
func (t *tokens) decode(record []byte) bool {
	order := binary.LittleEndian
	if len(record) != bucketSize || crc32.ChecksumIEEE(record[:numbers]) != order.Uint32(record[numbers:]) {
		return false
	}
	n := func(i int) uint64 { return order.Uint64(record[8*i:]) }
	*t = tokens{math.Float64frombits(n(0)), int64(n(1)), int64(n(2)), math.Float64frombits(n(3)), int64(n(4))}
	return true
}
