package pgtest

import "syscall"

// dieWithUs ends the server when this process is killed. It is the immediate shutdown: nothing of the data is needed again.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
