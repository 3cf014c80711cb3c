package approval

import (
	"errors"
	"syscall"
)

const errSharingViolation = syscall.Errno(32)

// tryLock takes the lock at path and gives what lets go of it, nil where another has it. The file is open for nobody
// else meanwhile; the operating system closes it when the process ends.
func tryLock(path string) (release func(), err error) {
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
