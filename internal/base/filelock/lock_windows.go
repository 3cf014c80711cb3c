package filelock

import (
	"errors"
	"syscall"
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
