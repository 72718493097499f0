package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgram: the program runs on Prism, with its flags beside Beam's own.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "connbox-beam")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	labels := filepath.Join(dir, "servers.csv")
	if err := os.WriteFile(labels, []byte("server,zone\nleak-named,eu-1a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, "-output", filepath.Join(dir, "night"), "-server_labels", labels, "../../../../fixtures/incidents/leak-*.dump.zst").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rows, err := os.ReadFile(filepath.Join(dir, "night-00001-of-00001.rows"))
	if err != nil || strings.Count(string(rows), "\n") < 3 || !strings.Contains(string(rows), `"zone":"eu-1a"`) {
		t.Errorf("%v\n%s", err, rows)
	}
	if out, err := exec.Command(bin).CombinedOutput(); err == nil || !strings.Contains(string(out), "it takes -output") {
		t.Errorf("without flags: %v\n%s", err, out)
	}
}
