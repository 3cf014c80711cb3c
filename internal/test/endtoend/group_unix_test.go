//go:build unix

package endtoend

import (
	"os/exec"
	"syscall"
)

// ownGroup lets a command and what it starts be killed together.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a command and what it started, as when a machine stops.
func killGroup(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
