package record

import (
	"slices"
	"strings"
	"testing"
)

func TestHideArgs(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"GET|k", "GET|(1 bytes)"},
		{"get|", "get|(0 bytes)"},
		{"my password is|x", "(14 bytes)|(1 bytes)"}, // no command is named so
		{"XINFO|STREAM|s", "XINFO|STREAM|(1 bytes)"},
		{"CONFIG|a b|c", "CONFIG|(3 bytes)|(1 bytes)"},
		{"FT.SEARCH|idx", "FT.SEARCH|(3 bytes)"},
		{"SET|abc... (272 more bytes)", "SET|(275 bytes)"},
		{"SET|... (99999999999999999999 more bytes)", "SET|(37 bytes)"},
		{"DEL|... (50 more arguments)|k", "DEL|(23 bytes)|(1 bytes)"}, // only the last can be the server's
		{"AUTH|(redacted)", "AUTH|(redacted)"},
	}
	for _, tt := range tests {
		args := strings.Split(tt.in, "|")
		if tt.in == "" {
			args = nil
		}
		e := SlowEntry{Args: args}
		shown := e.ShowsArgs()
		hidden := e.HideArgs(false)
		if got := strings.Join(e.Args, "|"); got != tt.want {
			t.Errorf("%q -> %q, want %q", tt.in, got, tt.want)
		}
		if shown != (hidden > 0) || e.ShowsArgs() {
			t.Errorf("%q: %d hidden, shown before: %v, after: %v", tt.in, hidden, shown, e.ShowsArgs())
		}
		if again := e.HideArgs(true); again > 0 || strings.Join(e.Args, "|") != tt.want {
			t.Errorf("%q: hidden twice: %q", tt.in, e.Args)
		}
	}
}

func TestSecretive(t *testing.T) {
	for args, want := range map[string]bool{"auth|x": true, "CONFIG|SET|requirepass|x": true, "GET|auth": false, "": false} {
		e := SlowEntry{Args: strings.Split(args, "|")}
		if e.Secretive() != want {
			t.Errorf("%s: %v", args, !want)
		}
	}
}

func TestConfigAllowed(t *testing.T) {
	if !slices.IsSorted(configAllowed) || len(slices.Compact(slices.Clone(configAllowed))) != len(configAllowed) {
		t.Errorf("not sorted, or something twice: %q", configAllowed)
	}
	for _, secret := range []string{"requirepass", "masterauth", "masteruser", "tls-key-file-pass", "aclfile", "dir", "bind", "unixsocket"} {
		if ConfigAllowed(secret) {
			t.Errorf("%s is kept", secret)
		}
	}
	if !ConfigAllowed("maxclients") {
		t.Error("maxclients is dropped")
	}
}
