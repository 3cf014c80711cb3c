package export

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExport(t *testing.T) {
	nothing := func(int, http.ResponseWriter, *http.Request) bool { return false }
	on := func(n int, do func(w http.ResponseWriter, r *http.Request)) func(int, http.ResponseWriter, *http.Request) bool {
		return func(i int, w http.ResponseWriter, r *http.Request) bool {
			if i != n {
				return false
			}
			do(w, r)
			return true
		}
	}
	status := func(code int) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for _, test := range []struct {
		name      string
		exclusive bool
		fault     func(f *fake) func(int, http.ResponseWriter, *http.Request) bool
		requests  int
		twice     int
	}{
		{"both ends belong to a window", false, nil, 3, 2},
		{"neither end does", true, nil, 3, 0},
		{"429 once", false, func(*fake) func(int, http.ResponseWriter, *http.Request) bool { return on(2, status(429)) }, 4, 2},
		{"500 once", false, func(*fake) func(int, http.ResponseWriter, *http.Request) bool { return on(2, status(500)) }, 4, 2},
		{"cut in a row", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return on(2, func(w http.ResponseWriter, r *http.Request) { f.broken(w, r, 0.7) })
		}, 4, 2},
		{"cut in the first window", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return on(1, func(w http.ResponseWriter, r *http.Request) { f.broken(w, r, 0.9) })
		}, 4, 2},
		{"reset twice", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return func(n int, w http.ResponseWriter, r *http.Request) bool {
				return (n == 3 || n == 4) && f.broken(w, r, 0.5)
			}
		}, 5, 2},
		{"no closing bracket", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return on(2, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "["+strings.Join(f.rows(r.URL.Query()), ","))
			})
		}, 4, 2},
		{"HTML in the middle", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return on(3, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "["+f.rows(r.URL.Query())[0]+",<html>")
			})
		}, 4, 2},
		{"silence", false, func(f *fake) func(int, http.ResponseWriter, *http.Request) bool {
			return on(2, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "["+f.rows(r.URL.Query())[0]+",")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
		}, 4, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dixa := &fake{hours: 20*24 + 1, exclusive: test.exclusive, fault: nothing}
				if test.fault != nil {
					dixa.fault = test.fault(dixa)
				}
				job := updated(t, 20)
				if test.exclusive { // then the first and the last conversation are in none
					job.After, job.Before = job.After.Add(-time.Hour), job.Before.Add(time.Hour)
				}
				out := filepath.Join(t.TempDir(), "all.jsonl")
				p, err := run(t, t.Context(), client(t, dixa), job, out)
				require.NoError(t, err)
				requireComplete(t, out, dixa.hours)
				require.Len(t, dixa.asks, test.requests)
				require.Equal(t, Progress{Windows: 3, Done: 3, Rows: dixa.hours, Twice: test.twice, Bytes: p.Bytes, Next: job.Before.Add(-overlap)}, p)
			})
		})
	}
}

// A date as the end leaves that day out.
func TestDatesAreExclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dixa := &fake{hours: 48, exclusive: true}
		job := updated(t, 1)
		job.After = job.After.Add(-time.Millisecond)
		out := filepath.Join(t.TempDir(), "day.jsonl")
		_, err := run(t, t.Context(), client(t, dixa), job, out)
		require.NoError(t, err)
		requireComplete(t, out, 24)
		require.Equal(t, "1767312000000", dixa.asks[0].Get("updated_before"))
	})
}

func TestWindowsThatNeverSucceed(t *testing.T) {
	for _, test := range []struct {
		name     string
		fault    func(w http.ResponseWriter, r *http.Request, f *fake)
		requests int
		err      string
	}{
		{"cut again and again", func(w http.ResponseWriter, r *http.Request, f *fake) { f.broken(w, r, 0.5) }, 4, "its list broke off after 84 rows: unexpected EOF"},
		{"not authorized", func(w http.ResponseWriter, _ *http.Request, _ *fake) { w.WriteHeader(401) }, 2, "Dixa answered 401"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dixa := &fake{hours: 481}
				dixa.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n > 1 {
						test.fault(w, r, dixa)
					}
					return n > 1
				}
				out := filepath.Join(t.TempDir(), "all.jsonl")
				p, err := run(t, t.Context(), client(t, dixa), updated(t, 20), out)
				require.ErrorContains(t, err, test.err)
				require.ErrorContains(t, err, "\n1 of 3 windows are kept in "+out+".part; run the same command again to go on")
				require.Equal(t, 1, p.Done)
				require.Len(t, dixa.asks, test.requests)
				require.NoFileExists(t, out)

				dixa.fault = nil
				_, err = run(t, t.Context(), client(t, dixa), updated(t, 20), out)
				require.NoError(t, err)
				requireComplete(t, out, dixa.hours)
				require.Len(t, dixa.asks, test.requests+2, "the window that was kept is not fetched again")
			})
		})
	}
}

func TestInterruptedExportsGoOn(t *testing.T) {
	for _, name := range []string{"all.jsonl", "all.csv"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dixa := &fake{hours: 481}
				dir := t.TempDir()
				ctx, cancel := context.WithCancel(t.Context())
				dixa.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n == 2 {
						_, _ = io.WriteString(w, "["+strings.Join(f100(dixa.rows(r.URL.Query())), ","))
						w.(http.Flusher).Flush()
						cancel()
						<-r.Context().Done()
					}
					return n == 2
				}
				out := filepath.Join(dir, name)
				c := client(t, dixa)
				p, err := run(t, ctx, c, updated(t, 20), out)
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorContains(t, err, "interrupted (context canceled)\n1 of 3 windows are kept")
				require.Equal(t, 1, p.Done)

				// Killed in the middle of a window, it would have left more than it says.
				f, err := os.OpenFile(out+".part", os.O_APPEND|os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = f.WriteString(`{"id":170,"upda`)
				require.NoError(t, err)
				require.NoError(t, f.Close())

				other := updated(t, 19)
				_, err = run(t, t.Context(), c, other, out)
				require.EqualError(t, err, strings.ReplaceAll("FILE.part belongs to another export that is not complete: conversations --updated-after 2026-01-01T00:00:00Z "+
					"--updated-before 2026-01-21T00:00:00Z from here. Finish that one with its own command, choose another --out, or remove FILE.part and FILE.part.json", "FILE", out))

				dixa.fault = nil
				p, err = run(t, t.Context(), c, updated(t, 20), out)
				require.NoError(t, err)
				require.Equal(t, 2, p.Twice)
				straight := filepath.Join(dir, "straight"+filepath.Ext(name))
				_, err = run(t, t.Context(), c, updated(t, 20), straight)
				require.NoError(t, err)
				got, err := os.ReadFile(out)
				require.NoError(t, err)
				want, err := os.ReadFile(straight)
				require.NoError(t, err)
				require.Equal(t, string(want), string(got))
			})
		})
	}
}

func f100(rows []string) []string { return rows[:100] }

// An export until now ends where it ended when it was begun, whenever it goes on.
func TestNowStaysWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dixa := &fake{hours: 24 * 30, fault: func(_ int, w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(400); return true }}
		c, out := client(t, dixa), filepath.Join(t.TempDir(), "all.jsonl")
		job := updated(t, 20)
		job.Before = time.Time{}
		begin := january.AddDate(0, 0, 10)
		for day := range 2 {
			p, err := Run(t.Context(), c, job, Options{Out: out, Now: begin.AddDate(0, 0, day), Report: func(Progress) {}})
			require.Equal(t, begin.Add(-overlap), p.Next)
			require.Equal(t, day == 0, err != nil)
			dixa.fault = nil
		}
	})
}

func TestFilesThatAreInTheWay(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.csv"), 0o700))
	file("part.jsonl.part", "somebody's")
	file("damaged.jsonl.part.json", "{")
	for out, want := range map[string]string{
		file("there.jsonl", "old"):            "there.jsonl exists; --force replaces it once the export is complete",
		filepath.Join(dir, "folder.csv"):      "is not a file",
		filepath.Join(dir, "x.json"):          "the name must end in .jsonl (one row a line, as Dixa sends it) or .csv",
		filepath.Join(dir, "x"):               "the name must end in .jsonl",
		filepath.Join(dir, "part.jsonl"):      "part.jsonl.part is in the way: it belongs to no export",
		filepath.Join(dir, "damaged.jsonl"):   "damaged.jsonl.part.json cannot be read",
		filepath.Join(dir, "none", "x.jsonl"): "no such file or directory",
	} {
		_, err := run(t, t.Context(), nil, updated(t, 1), out)
		require.ErrorContains(t, err, want)
	}
}

func TestForceReplacesOnlyWhatIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "all.jsonl")
		require.NoError(t, os.WriteFile(out, []byte("old"), 0o600))
		dixa := &fake{hours: 5, fault: func(n int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(400)
			return true
		}}
		o := Options{Out: out, Force: true, Now: january.AddDate(1, 0, 0), Report: func(Progress) {}}
		c := client(t, dixa)
		_, err := Run(t.Context(), c, updated(t, 1), o)
		require.Error(t, err)
		old, err := os.ReadFile(out)
		require.NoError(t, err)
		require.Equal(t, "old", string(old))

		dixa.fault = nil
		_, err = Run(t.Context(), c, updated(t, 1), o)
		require.NoError(t, err)
		requireComplete(t, out, 5)
	})
}

func TestNoRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, dir := client(t, &fake{}), t.TempDir()
		for name, want := range map[string]string{"none.jsonl": "", "none.csv": strings.Join(columns(Conversations), ",") + "\n"} {
			p, err := run(t, t.Context(), c, updated(t, 20), filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, 0, p.Rows)
			got, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
	})
}

func TestOneProcessAtATime(t *testing.T) {
	out := filepath.Join(t.TempDir(), "all.jsonl")
	p, err := open(updated(t, 1), out, false, january.AddDate(1, 0, 0))
	require.NoError(t, err)
	p.state.Process = os.Getppid()
	require.NoError(t, p.save(p.state))
	require.NoError(t, p.file.Close())
	_, err = open(updated(t, 1), out, false, january.AddDate(1, 0, 0))
	require.ErrorContains(t, err, "is at work on "+out+".part")

	require.False(t, alive(1<<22+1), "above the largest number of a process")
}

// When the disk is full, what is whole stays.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dixa := &fake{hours: 481}
		c, out := client(t, dixa), filepath.Join(t.TempDir(), "all.jsonl")
		p, err := open(updated(t, 20), out, false, january.AddDate(1, 0, 0))
		require.NoError(t, err)
		_, err = p.window(t.Context(), c, ids{}, func(Progress) {})
		require.NoError(t, err)
		p.w.Reset(fullDisk{})
		_, err = p.window(t.Context(), c, ids{}, func(Progress) {})
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.NoError(t, p.file.Close())

		_, err = run(t, t.Context(), c, updated(t, 20), out)
		require.NoError(t, err)
		requireComplete(t, out, dixa.hours)
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
