//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account returns the user that the server runs as, nil for this one: it refuses to run as root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
	}
	return nil, fmt.Errorf("there is no user postgres and no user nobody to run PostgreSQL as, which refuses to run as root")
}

// give gives files to the user that the server runs as.
func give(paths ...string) error {
	as, err := account()
	if err != nil || as == nil {
		return err
	}
	for _, p := range paths {
		if err := os.Chown(p, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	return nil
}

// command returns one of PostgreSQL's programs, run as that user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = filepath.Dir(s.Dir)
	as, _ := account() // an error was reported by give
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	dieWithUs(c.SysProcAttr)
	return c
}

// quit ends the server and its processes at once.
func quit(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }
