//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
)

// A pipe that lies among the expectations, or that one names as its input, is not waited for.
func TestCheckDoesNotWaitForPipes(t *testing.T) {
	workDir(t)
	for _, name := range []string{"a.expect.json", "in.txt"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := invoke(t, "check", "."); r.code != 2 || !strings.Contains(r.out, "a.expect.json is no regular file") {
		t.Errorf("%+v", r)
	}
	write(t, "b.expect.json", `{"expect": 1, "input": "in.txt", "verdict": "healthy"}`)
	if r := invoke(t, "check", "b.expect.json"); r.code != 3 || !strings.Contains(r.out, "in.txt is no regular file") {
		t.Errorf("%+v", r)
	}
}
