//go:build unix

package testrun

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the leader of a group of processes.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup asks all processes of the group to end, or ends them. Those that made themselves a
// group of their own are not reached.
func signalGroup(c *exec.Cmd, kill bool) {
	sig := syscall.SIGTERM
	if kill {
		sig = syscall.SIGKILL
	}
	_ = syscall.Kill(-c.Process.Pid, sig) // there may be none left
}

// groupLives tells whether the group has a process.
func groupLives(c *exec.Cmd) bool { return syscall.Kill(-c.Process.Pid, 0) == nil }
