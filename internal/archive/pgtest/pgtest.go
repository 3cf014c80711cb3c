// Package pgtest runs a real PostgreSQL for tests: one server for all tests of a package, and a database for each test.
package pgtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Password is that of the server's administrator, whose name is postgres. It is only a part of addresses: the server asks for it where a role
// is named Locked.
const (
	Password = "geheim4711"
	Locked   = "locked"
)

// Server is a PostgreSQL on a port of this machine. What it has is not written to the disk before it is needed.
type Server struct {
	Dir  string // its data
	Addr string

	bin     string
	process *exec.Cmd
	log     string // path of what it says
	mu      sync.Mutex
	made    int // databases
}

// Run runs the tests of a package, from TestMain, and ends the server afterwards.
func Run(m *testing.M) int {
	defer Stop()
	return m.Run()
}

// errMissing says that this machine has no PostgreSQL.
var errMissing = errors.New("no PostgreSQL on this machine: install the package postgresql to run this test")

// only is the server of this process.
var only struct {
	sync.Mutex
	server *Server
	err    error
}

// Get returns the server, and starts it for the first test. Where there is none on this machine the test is skipped, except in CI.
func Get(t testing.TB) *Server {
	t.Helper()
	only.Lock()
	defer only.Unlock()
	if only.server == nil && only.err == nil {
		only.server, only.err = start()
	}
	if errors.Is(only.err, errMissing) && os.Getenv("CI") == "" {
		t.Skip(only.err)
	}
	require.NoError(t, only.err)
	return only.server
}

// Stop ends the server, if one was started, and removes what it had.
func Stop() {
	only.Lock()
	defer only.Unlock()
	if s := only.server; s != nil {
		_ = quit(s.process.Process)
		_ = s.process.Wait() // its data are not needed again
		_ = os.RemoveAll(filepath.Dir(s.Dir))
		only.server = nil
	}
}

// Database makes an empty database, and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.made++
	name := fmt.Sprint("test", s.made)
	s.mu.Unlock()
	s.SQL(t, "postgres", `CREATE DATABASE `+name)
	return s.URL(name)
}

// Name returns the name of the database at an address.
func Name(address string) string {
	name, _, _ := strings.Cut(address[strings.LastIndex(address, "/")+1:], "?")
	return name
}

// URL returns the address of a database, with the password.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres:%s@%s/%s?sslmode=disable", Password, s.Addr, database)
}

// SQL runs statements in a database, as the administrator, and returns what they answer: a line for each row, with | between columns.
func (s *Server) SQL(t testing.TB, database string, statements ...string) string {
	t.Helper()
	args := []string{"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", s.URL(database)}
	for _, sql := range statements {
		args = append(args, "-c", sql)
	}
	c := exec.Command(filepath.Join(s.bin, "psql"), args...)
	c.Env = append(os.Environ(), "PGOPTIONS=-c client_min_messages=warning")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// Rows returns the rows that are in the pages of a schema's tables, also the deleted ones that VACUUM did not remove.
func (s *Server) Rows(t testing.TB, database, schema string) []byte {
	t.Helper()
	return []byte(s.SQL(t, database, `CREATE EXTENSION IF NOT EXISTS pageinspect`, `SELECT encode(t_data, 'escape')
		FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace, generate_series(0, pg_relation_size(pg_class.oid) / 8192 - 1) AS page,
			heap_page_items(get_raw_page(format('%I.%I', nspname, relname), page::int))
		WHERE nspname = '`+schema+`' AND relkind = 'r' AND t_data IS NOT NULL`))
}

// Empty removes all rows of a schema's tables but those of layout.
func (s *Server) Empty(t testing.TB, database, schema string) {
	t.Helper()
	s.SQL(t, database, `DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '`+schema+`' AND tablename <> 'layout' LOOP EXECUTE format('DELETE FROM %I.%I', '`+schema+`', name); END LOOP;
		END $$`, `VACUUM`)
}

// programs returns the directory of PostgreSQL's programs, of the newest version that is installed.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil { // the other programs are where it is
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errMissing
	}
	return filepath.Dir(found[0]), nil
}

// start makes a server and starts it.
func start() (_ *Server, err error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(home)
		}
	}()
	s := &Server{Dir: filepath.Join(home, "data"), bin: bin, log: filepath.Join(home, "log")}
	if err := give(home); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.Dir, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync", "--no-instructions").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	access := "host all " + Locked + " 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n" // checking a password takes longer than most tests
	if err := os.WriteFile(filepath.Join(s.Dir, "pg_hba.conf"), []byte(access), 0o600); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.Addr = l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := s.command("postgres", "-D", s.Dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "autovacuum=off")
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return nil, err
	}
	s.process = c
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if exec.Command(filepath.Join(bin, "pg_isready"), "-q", "-d", s.URL("postgres")).Run() == nil {
			return s, nil
		}
		if time.Since(begun) > time.Minute {
			_ = c.Process.Kill()
			_ = c.Wait() // it was killed
			said, _ := os.ReadFile(s.log)
			return nil, fmt.Errorf("the PostgreSQL for tests does not answer: %s", said)
		}
	}
}
