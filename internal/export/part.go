package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"time"

	"dixa-mcp/internal/base/atomicfile"
)

// part is an export that is not complete: FILE.part has the rows, FILE.part.json says which of its bytes belong to
// whole windows. FILE itself comes into being at the end, in one step.
type part struct {
	out   string
	force bool
	file  *os.File
	w     *writer
	state state
}

type state struct {
	Job     Job      `json:"job"`
	Windows []Window `json:"windows"`
	Done    int      `json:"done"`  // windows whose rows are kept
	Bytes   int64    `json:"bytes"` // size of these rows
	Last    int64    `json:"last"`  // where those of the last window begin
	Rows    int      `json:"rows"`
	Twice   int      `json:"twice"` // rows that came twice and are kept once
	Process int      `json:"process"`
}

// open begins an export or goes on with it.
func open(job Job, out string, force bool, now time.Time) (_ *part, err error) {
	p := &part{out: out, force: force}
	if err := p.folder(); err != nil {
		return nil, err
	}
	if err := p.free(); err != nil {
		return nil, err
	}
	if p.w, err = newWriter(io.Discard, out, job.What, job.Excel); err != nil { // before anything is made
		return nil, err
	}
	flags := os.O_RDWR | os.O_CREATE
	text, err := os.ReadFile(p.stateFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		flags |= os.O_EXCL
		p.state = state{Job: job, Windows: job.Windows(now)}
	case err != nil:
		return nil, err
	case json.Unmarshal(text, &p.state) != nil:
		return nil, fmt.Errorf("%s cannot be read; remove it and %s to begin anew", p.stateFile(), p.partFile())
	case !reflect.DeepEqual(p.state.Job, job):
		return nil, fmt.Errorf("%[1]s belongs to another export that is not complete: %[2]s. Finish that one with its own command, choose another --out, or remove %[1]s and %[3]s",
			p.partFile(), p.state.Job, p.stateFile())
	case alive(p.state.Process):
		return nil, fmt.Errorf("process %d is at work on %s. If that is no dixa-mcp, write 0 in place of it in %s", p.state.Process, p.partFile(), p.stateFile())
	}
	if p.file, err = os.OpenFile(p.partFile(), flags, 0o600); errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is in the way: it belongs to no export that could go on. Remove it or choose another --out", p.partFile())
	} else if err != nil {
		return nil, err
	}
	if err := p.begin(); err != nil {
		_ = p.file.Close()
		return nil, err
	}
	return p, nil
}

func (p *part) partFile() string  { return p.out + ".part" }
func (p *part) stateFile() string { return p.out + ".part.json" }

// folder checks that FILE can be created in its directory.
func (p *part) folder() error {
	dir := filepath.Dir(p.out)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("--out %s: %w; make the directory, or choose another file", p.out, err)
	case !info.IsDir():
		return fmt.Errorf("--out %s: %s is not a directory", p.out, dir)
	}
	return nil
}

// free reports whether FILE may come into being.
func (p *part) free() error {
	info, err := os.Lstat(p.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("--out %s is not a file", p.out)
	case !p.force:
		return fmt.Errorf("%s exists; --force replaces it once the export is complete", p.out)
	}
	return nil
}

// begin makes the file what its state says.
func (p *part) begin() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < p.state.Bytes {
		return fmt.Errorf("%s was changed since the export was interrupted; remove it and %s to begin anew", p.partFile(), p.stateFile())
	}
	p.state.Process = os.Getpid()
	if err := p.save(p.state); err != nil {
		return err
	}
	return p.rollback()
}

// alive reports whether another process of that number runs.
func alive(pid int) bool {
	if pid == 0 || pid == os.Getpid() {
		return false
	}
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// rollback drops what was written of a window that is not whole.
func (p *part) rollback() error {
	p.w.Reset(p.file)
	if err := p.file.Truncate(p.state.Bytes); err != nil {
		return err
	}
	_, err := p.file.Seek(p.state.Bytes, io.SeekStart)
	if err == nil && p.state.Bytes == 0 {
		err = p.w.header()
	}
	return err
}

// commit keeps the rows of a whole window.
func (p *part) commit(rows, twice int) error {
	if err := errors.Join(p.w.Flush(), p.file.Sync()); err != nil {
		return err
	}
	end, err := p.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	s := p.state
	s.Done, s.Rows, s.Twice, s.Last, s.Bytes = s.Done+1, s.Rows+rows, s.Twice+twice, s.Bytes, end
	if err := p.save(s); err != nil {
		return err
	}
	p.state = s
	return nil
}

// save replaces the state file.
func (p *part) save(s state) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(p.stateFile(), text)
}

// lastIDs returns the ids of the last window that was kept.
func (p *part) lastIDs() (ids, error) {
	return p.w.readIDs(io.NewSectionReader(p.file, p.state.Last, p.state.Bytes-p.state.Last))
}

// finish renames the complete file to its final name.
func (p *part) finish() error {
	if err := p.free(); err != nil { // it may have come meanwhile
		return err
	}
	if err := p.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.partFile(), p.out); err != nil {
		return err
	}
	return os.Remove(p.stateFile())
}
