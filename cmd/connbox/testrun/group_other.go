//go:build !unix

package testrun

import "os/exec"

// ownGroup does nothing: the system has no groups of processes.
func ownGroup(*exec.Cmd) {}

// signalGroup ends the process.
func signalGroup(c *exec.Cmd, _ bool) { _ = c.Process.Kill() }

func groupLives(*exec.Cmd) bool { return false }
