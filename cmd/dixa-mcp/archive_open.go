package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/pgstore"
	"dixa-mcp/internal/archive/sqlitestore"
)

// inState is the value of --archive for the file in the state directory.
const inState = "sqlite"

// archiveFlag names the archive.
type archiveFlag struct {
	Archive string `placeholder:"ADDRESS" env:"DIXA_MCP_ARCHIVE" help:"Archive of conversations: sqlite for the file in the state directory, a PostgreSQL database such as postgres://host/database, or a file with such an address. If it has a password, use a file: flags are visible in the process list. The commands archive and report use sqlite by default. Agents can search the archive only where it is named; serve then keeps it fresh."`
}

// archiveStore is an archive that a person can name and remove.
type archiveStore interface {
	archive.Store
	Name() string // without a password
	Exists(ctx context.Context) (bool, error)
	Remove(ctx context.Context) (other string, err error)
}

// openArchive returns the archive: the database that is named, or the file in the state directory. Neither is touched before the first use.
func (f archiveFlag) openArchive(state string) (archiveStore, error) {
	if f.Archive == "" || f.Archive == inState {
		return sqlitestore.Open(state), nil
	}
	address, from := f.Archive, "--archive"
	if !strings.Contains(address, "://") {
		if err := private("the file with the archive's address", address, 0o027); err != nil { // a group may read it: so Kubernetes gives secrets
			return nil, fmt.Errorf("--archive: %w; if others may have read it, change the password", err)
		}
		text, err := os.ReadFile(address)
		if err != nil {
			return nil, fmt.Errorf("--archive must be an address such as postgres://host/database, or a file that holds one: %w", err)
		}
		address, from = strings.TrimSpace(string(text)), "--archive "+f.Archive
	}
	store, err := pgstore.Open(address)
	if err != nil {
		return nil, usagef("%s: %w", from, err)
	}
	return store, nil
}

// archiveFlags name the archive of a command that needs nothing else.
type archiveFlags struct {
	archiveFlag `embed:""`
	State       string `placeholder:"DIR" env:"DIXA_MCP_STATE" help:"Directory for persistent state, by default dixa-mcp in the user's state directory."`
}

// open opens an archive that exists, for a command.
func (f archiveFlags) open(ctx context.Context) (archiveStore, error) {
	state, err := (reachFlags{State: f.State}).stateDir()
	if err != nil {
		return nil, err
	}
	store, err := f.openArchive(state)
	if err != nil {
		return nil, err
	}
	exists, err := store.Exists(ctx)
	if err == nil && !exists {
		err = notFoundf("there is no archive at %s; make one with dixa-mcp archive sync", store.Name())
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// erasing makes the archive, if there is one, lose what is erased in Dixa.
func (f dixaFlags) erasing(failed func(error)) (dixaclient.Around, error) {
	state, err := f.stateDir()
	if err != nil {
		return nil, err
	}
	if _, err := f.openArchive(state); err != nil { // now, and not with the first erasure
		return nil, err
	}
	return archive.Erasing(f.dixaAddress(), func() (archive.Store, error) {
		store, err := f.openArchive(state)
		if err != nil {
			return nil, err
		}
		exists, err := store.Exists(context.Background())
		if err != nil || !exists {
			return nil, errors.Join(err, store.Close())
		}
		return store, nil
	}, failed), nil
}
