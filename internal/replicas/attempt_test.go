package replicas

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// undisturbed runs a test of replicas that share all the time. If it fails after one of them lost the server, it is run again with
// others: on a loaded machine an answer may take longer than callTimeout. Whoever loses the server each time fails.
func undisturbed(t *testing.T, open func() []*Group, test func(t testing.TB, all []*Group)) {
	t.Helper()
	var a *attempt
	for range 10 {
		all := open()
		since := func() (list []time.Time) {
			for _, g := range all {
				list = append(list, g.State().Since)
			}
			return list
		}
		before, ended := since(), make(chan struct{})
		a = &attempt{TB: t}
		go func() {
			defer close(ended)
			test(a, all)
		}()
		<-ended
		if !a.Failed() {
			return
		}
		if slices.EqualFunc(before, since(), time.Time.Equal) {
			break
		}
	}
	t.Error(strings.Join(a.said, "\n"))
}

// attempt is a test that may be run again if it fails.
type attempt struct {
	testing.TB
	mu     sync.Mutex
	failed bool
	said   []string
}

func (a *attempt) Errorf(format string, args ...any) {
	a.Fail()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said = append(a.said, fmt.Sprintf(format, args...))
}

func (a *attempt) Fail() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = true
}

func (a *attempt) Failed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

func (a *attempt) FailNow() {
	a.Fail()
	runtime.Goexit()
}

func (a *attempt) Error(args ...any) { a.Errorf("%s", fmt.Sprintln(args...)) }

func (a *attempt) Fatal(args ...any) {
	a.Error(args...)
	a.FailNow()
}

func (a *attempt) Fatalf(format string, args ...any) {
	a.Errorf(format, args...)
	a.FailNow()
}

// A failure is excused by an outage, and by nothing else.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	g := &Group{link: &link{}}
	tries := 0
	undisturbed(t, func() []*Group { return []*Group{g} }, func(t testing.TB, _ []*Group) {
		if tries++; tries < 3 {
			g.link.state.Since = time.Now()
			t.Fatal("it lost the server")
		}
	})
	if tries != 3 {
		t.Errorf("%d tries", tries)
	}
}
