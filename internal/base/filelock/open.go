package filelock

import (
	"errors"
	"os"
	"time"
)

// ErrHeld says that another holder did not release a lock in time.
var ErrHeld = errors.New("another process holds the lock")

// Lock locks an open file for a short change, until [Unlock], and waits until other holders have released it. After a while
// it gives up with [ErrHeld]. Holders are open files: two that one process opened exclude each other. The operating system
// releases the lock when the file is closed or the process ends.
func Lock(f *os.File, within time.Duration) error {
	const longest = 2 * time.Millisecond
	var begun time.Time
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, longest) {
		locked, err := tryLock(f)
		if locked || err != nil {
			return err
		}
		if begun.IsZero() {
			begun = time.Now()
		} else if time.Since(begun) >= within {
			return ErrHeld
		}
		time.Sleep(pause)
	}
}
