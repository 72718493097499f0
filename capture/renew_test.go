package capture

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestRotatedPassword: a password that changes while it is recorded is read again from its file,
// at the next dial and where a renewal is asked for; a refused renewal leaves what is held.
func TestRotatedPassword(t *testing.T) {
	s := testserver.Start(t)
	s.Do("CONFIG", "SET", "requirepass", "first")
	file := writeFile(t, filepath.Join(t.TempDir(), "pw"), "first\n", 0o600)
	target := targetOf(s)
	target.Password, target.PassFile = "first", file
	renew := make(chan struct{})
	r := recording(t, Options{Target: target, Renew: renew, Info: leastInterval, Budget: 1})
	r.seesMore(record.KindInfo, "", 3)

	admin := s.Dial()
	defer admin.Close()
	for _, args := range [][]string{{"AUTH", "first"}, {"CONFIG", "SET", "requirepass", "second"}} {
		if a, err := testserver.Command(admin, args...); err != nil || a != "+OK" {
			t.Fatal(a, err)
		}
	}
	renew <- struct{}{} // the file still has the old one
	r.sees(record.KindFailure, "WRONGPASS")
	r.seesMore(record.KindInfo, "", r.count(record.KindInfo, "")+3) // on the connection that is held

	writeFile(t, file, "second\n", 0o600)
	renew <- struct{}{}
	r.seesMore(record.KindMark, "reconnected to", 1)

	// A connection that is lost comes back with what is in the file then.
	writeFile(t, file, "third\n", 0o600)
	if a, err := testserver.Command(admin, "CONFIG", "SET", "requirepass", "third"); err != nil || a != "+OK" {
		t.Fatal(a, err)
	}
	if _, err := testserver.Command(admin, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
		t.Fatal(err)
	}
	r.seesMore(record.KindMark, "reconnected to", 2)
	r.seesMore(record.KindInfo, "", r.count(record.KindInfo, "")+3)
	if wrong := r.count(record.KindFailure, "WRONGPASS"); wrong != 1 {
		t.Errorf("%d refused passwords", wrong)
	}
	if _, err := r.stop(); err != nil {
		t.Error(err)
	}
}

// TestRotatedCertificates: certificates are read at each dial; where they are being replaced, those
// read before serve.
func TestRotatedCertificates(t *testing.T) {
	s := testserver.Start(t, testserver.TLS())
	dir := t.TempDir()
	copied := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return writeFile(t, filepath.Join(dir, filepath.Base(path)), string(text), 0o600)
	}
	target := Target{Port: s.Port, TLS: &TLS{CACert: copied(s.Certs.CA), Cert: copied(s.Certs.Client), Key: copied(s.Certs.ClientKey)}}
	renew := make(chan struct{})
	r := recording(t, Options{Target: target, Renew: renew, Info: leastInterval, Budget: 1})
	r.seesMore(record.KindInfo, "", 2)
	cert, err := os.ReadFile(target.TLS.Cert)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, target.TLS.Cert, "half of a cert", 0o600)
	renew <- struct{}{}
	r.seesMore(record.KindMark, "reconnected to", 1)

	writeFile(t, target.TLS.Cert, string(cert), 0o600)
	other, err := os.ReadFile(s.Certs.OtherCA)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, target.TLS.CACert, string(other), 0o600)
	renew <- struct{}{}
	r.sees(record.KindFailure, "TLS handshake")
	if _, err := r.stop(); err != nil {
		t.Error(err)
	}
}
