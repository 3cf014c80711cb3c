package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
)

func give(...string) error { return nil }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = filepath.Dir(s.Dir)
	return c
}

func quit(p *os.Process) error { return p.Kill() }
