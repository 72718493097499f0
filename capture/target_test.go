package capture

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
)

func TestParseURI(t *testing.T) {
	tests := []struct {
		uri                  string
		addr, user, password string
		tls                  bool
	}{
		{"redis://", "127.0.0.1:6379", "", "", false},
		{"redis://h", "h:6379", "", "", false},
		{"redis://h:1/0", "h:1", "", "", false},
		{"REDIS://h:65535/15?timeout=3", "h:65535", "", "", false},
		{"rediss://pw@h", "h:6379", "", "pw", true},
		{"redis://:pw@h", "h:6379", "", "pw", false},
		{"redis://u:pw@h:2", "h:2", "u", "pw", false},
		{"redis://u%40:p%3a%2F%25@h", "h:6379", "u@", "p:/%", false},
		{"redis://u:p@ss:w@h", "h:6379", "u", "p@ss:w", false},
		{"redis://u:pw@[::1]:7/1", "[::1]:7", "u", "pw", false},
		{"redis://[fe80::1]", "[fe80::1]:6379", "", "", false},
		{"unix:///run/redis/s.sock", "/run/redis/s.sock", "", "", false},
		{"unix://u:pw@/run/s?db=1", "/run/s", "u", "pw", false},
		{"unix:///run/a%20b", "/run/a b", "", "", false},
	}
	for _, tt := range tests {
		got, err := ParseURI(tt.uri)
		if err != nil {
			t.Errorf("%s: %v", tt.uri, err)
			continue
		}
		if got.Addr() != tt.addr || got.User != tt.user || got.Password != tt.password || (got.TLS != nil) != tt.tls {
			t.Errorf("%s: %+v", tt.uri, got)
		}
	}
}

// A wrong URI gives an error that does not repeat it: it may hold a password.
func TestParseURIRefuses(t *testing.T) {
	for _, uri := range []string{
		"", "s3cret", "host:6379", "http://u:s3cret@h", "redis://u:s3cret@h:port", "redis://u:s3cret@h:0",
		"redis://u:s3cret@h:65536", "redis://u:s3cret%zz@h", "redis://s3cret%@h", "redis://:s3cret@h/db", "redis://s3cret@[::1",
		"redis://s3cret@[::1]x", "unix://s3cret", "unix://u:s3cret%@/s", "unix:///s3cret%",
	} {
		_, err := ParseURI(uri)
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "rediss://") {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

// FuzzParseURI: any text gives an address or an error, and the address never holds the
// password.
func FuzzParseURI(f *testing.F) {
	f.Fuzz(func(t *testing.T, uri string) {
		got, err := ParseURI(uri)
		if err != nil {
			if len(uri) > 12 && strings.Contains(err.Error(), uri) {
				t.Errorf("the error repeats %q", uri)
			}
			return
		}
		if got.Addr() == "" || got.Port < 0 || got.Port > 65535 {
			t.Errorf("%q: %+v", uri, got)
		}
	})
}

func TestTLSConfig(t *testing.T) {
	s := testserver.Start(t, testserver.TLS())
	dir := t.TempDir()
	empty := writeFile(t, filepath.Join(dir, "empty.pem"), "no certificate", 0o600)
	tests := []struct {
		name string
		tls  TLS
		want string // empty = no error
	}{
		{"system", TLS{}, ""},
		{"file", TLS{CACert: s.Certs.CA}, ""},
		{"folder", TLS{CACertDir: s.Dir}, ""},
		{"no file", TLS{CACert: dir + "/none"}, "no such file"},
		{"no certificate in file", TLS{CACert: empty}, "empty.pem: no certificate in PEM form"},
		{"no folder", TLS{CACertDir: dir + "/none"}, "no such file"},
		{"no certificate in folder", TLS{CACertDir: dir}, "no file holds a certificate"},
		{"certificate without key", TLS{Cert: s.Certs.Client}, "client certificate"},
		{"key of another", TLS{Cert: s.Certs.Client, Key: s.Certs.ServerKey}, "does not match"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conf, err := (&Target{Host: "h", TLS: &tt.tls}).tlsConfig()
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || conf.ServerName != "h" || conf.InsecureSkipVerify {
				t.Errorf("%+v, %v", conf, err)
			}
		})
	}
}
