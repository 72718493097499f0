// Package secret finds a password where redis-cli and services have it: on the command line, in a
// file, at the terminal, in the environment.
package secret

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Env is the environment variable that redis-cli takes a password from.
const Env = "REDISCLI_AUTH"

// maxPassword bounds a password file: the server takes no longer inline argument either.
const maxPassword = 64 << 10

// Places are the places a password can come from, the first that has one counts: given on
// the command line, a file, asked for at the terminal, the server's URI, the environment.
type Places struct {
	Given  string                      // --pass
	File   string                      // --pass-file
	Ask    func() (string, error)      // --askpass; nil = not asked for; see Prompt
	URI    string                      // of the server's URI
	Getenv func(string) (string, bool) // os.LookupEnv
}

// Password gives the password, empty where no place has one, and a warning for the user,
// empty where there is nothing to say.
func (s *Places) Password() (password, warning string, err error) {
	switch {
	case s.Given != "":
		return s.Given, "a password on the command line can be read in the process list: use --pass-file or " + Env, nil
	case s.File != "":
		return ReadFile(s.File)
	case s.Ask != nil:
		password, err = s.Ask()
		return password, "", err
	case s.URI != "":
		return s.URI, "", nil
	case s.Getenv != nil:
		password, _ = s.Getenv(Env)
	}
	return password, "", nil
}

// ReadFile reads a password from the first line of a file, and warns where others may
// read it too.
func ReadFile(path string) (password, warning string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", "", err
	}
	if st.Mode().IsRegular() && st.Mode().Perm()&0o044 != 0 {
		warning = fmt.Sprintf("%s can be read by others (mode %04o): chmod 600 %s", path, st.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", "", err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) > maxPassword:
		return "", "", fmt.Errorf("%s: the first line is longer than %d bytes: is it a password?", path, maxPassword)
	case len(line) == 0:
		return "", "", fmt.Errorf("%s: the first line is empty: it should hold the password", path)
	}
	return string(line), warning, nil
}

// Prompt asks for a password: it writes a prompt to w and takes what read gives, which
// should come without an echo (term.ReadPassword).
func Prompt(w io.Writer, read func() ([]byte, error)) (string, error) {
	if _, err := io.WriteString(w, "Password: "); err != nil {
		return "", err
	}
	b, err := read()
	io.WriteString(w, "\n") // the user's own was not echoed
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if len(b) == 0 {
		return "", errors.New("no password was typed")
	}
	return string(b), nil
}
