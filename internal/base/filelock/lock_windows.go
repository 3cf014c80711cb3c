package filelock

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

const errSharingViolation = syscall.Errno(32)

// TryLock takes the lock at path and returns what releases it, nil if another holder has it. No other process can open
// the file meanwhile; the operating system closes it when the process ends.
func TryLock(path string) (release func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(h) }, nil
}

// behind is the range of a file that is locked: one byte that no file reaches, since others cannot even read what is locked.
var behind = windows.Overlapped{OffsetHigh: 1 << 30}

// tryLock locks an open file, unless another holder has the lock.
func tryLock(f *os.File) (locked bool, err error) {
	at := behind
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// Unlock releases the lock that [Lock] took.
func Unlock(f *os.File) error {
	at := behind
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &at)
}
