package secret

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, text string
		mode       os.FileMode
		want       string
		warns      bool
		err        string
	}{
		{"plain", "pw\n", 0o600, "pw", false, ""},
		{"no newline", "pw", 0o400, "pw", false, ""},
		{"Windows", "pw\r\nsecond line\r\n", 0o600, "pw", false, ""},
		{"spaces belong to it", " p w ", 0o600, " p w ", false, ""},
		{"others read it", "pw", 0o644, "pw", true, ""},
		{"group reads it", "pw", 0o640, "pw", true, ""},
		{"empty", "", 0o600, "", false, "first line is empty"},
		{"no password", "\nx", 0o600, "", false, "first line is empty"},
		{"no text", strings.Repeat("x", 70000), 0o600, "", false, "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, filepath.Join(t.TempDir(), "pw"), tt.text, tt.mode)
			got, warning, err := ReadFile(path)
			if got != tt.want || (warning != "") != tt.warns || (err == nil) != (tt.err == "") {
				t.Errorf("%q, %q, %v", got, warning, err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
			if tt.warns && !strings.Contains(warning, "chmod 600") {
				t.Errorf("warning %q", warning)
			}
		})
	}
	if _, _, err := ReadFile(dir + "/none"); err == nil {
		t.Error("a missing file is an error")
	}
}

func TestOrderOfPlaces(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "pw"), "file", 0o600)
	env := func(name string) (string, bool) { return "env", name == Env }
	s := Places{Given: "given", File: path, Ask: func() (string, error) { return "asked", nil }, URI: "uri", Getenv: env}
	steps := []struct {
		want   string
		warns  bool
		remove func()
	}{
		{"given", true, func() { s.Given = "" }},
		{"file", false, func() { s.File = "" }},
		{"asked", false, func() { s.Ask = nil }},
		{"uri", false, func() { s.URI = "" }},
		{"env", false, func() { s.Getenv = nil }},
		{"", false, func() {}},
	}
	for _, st := range steps {
		got, warning, err := s.Password()
		if got != st.want || (warning != "") != st.warns || err != nil {
			t.Errorf("%q, %q, %v; want %q", got, warning, err, st.want)
		}
		st.remove()
	}
}

func TestPrompt(t *testing.T) {
	var out bytes.Buffer
	got, err := Prompt(&out, func() ([]byte, error) { return []byte("pw"), nil })
	if got != "pw" || err != nil || out.String() != "Password: \n" {
		t.Errorf("%q, %v, wrote %q", got, err, out.String())
	}
	noTTY := errors.New("inappropriate ioctl for device")
	if _, err := Prompt(&out, func() ([]byte, error) { return nil, noTTY }); !errors.Is(err, noTTY) {
		t.Errorf("%v", err)
	}
	if _, err := Prompt(&out, func() ([]byte, error) { return nil, nil }); err == nil {
		t.Error("an empty password is an error")
	}
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
