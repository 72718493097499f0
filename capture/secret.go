package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// PasswordEnv is the environment variable that redis-cli takes a password from.
const PasswordEnv = "REDISCLI_AUTH"

// maxPassword bounds a password file: the server takes no longer inline argument either.
const maxPassword = 64 << 10

// Secrets are the places a password can come from, the first that has one counts: given on
// the command line, a file, asked for at the terminal, the target's URI, the environment.
type Secrets struct {
	Given string                      // --pass
	File  string                      // --pass-file
	Ask   func() (string, error)      // --askpass; nil = not asked for; see Prompt
	URI   string                      // the password of ParseURI's Target
	Env   func(string) (string, bool) // os.LookupEnv
}

// Password gives the password, empty where no place has one, and a warning for the user,
// empty where there is nothing to say.
func (s *Secrets) Password() (password, warning string, err error) {
	switch {
	case s.Given != "":
		return s.Given, "a password on the command line can be read in the process list: use --pass-file or " + PasswordEnv, nil
	case s.File != "":
		return ReadPassFile(s.File)
	case s.Ask != nil:
		password, err = s.Ask()
		return password, "", err
	case s.URI != "":
		return s.URI, "", nil
	case s.Env != nil:
		password, _ = s.Env(PasswordEnv)
	}
	return password, "", nil
}

// ReadPassFile reads a password from the first line of a file, and warns where others may
// read it too.
func ReadPassFile(path string) (password, warning string, err error) {
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

// password is the target's password now: what its file holds, or held when it could last be read.
func (t *Target) password() string {
	if t.PassFile == "" {
		return t.Password
	}
	password, _, err := ReadPassFile(t.PassFile)
	if err != nil {
		return t.Password
	}
	return password
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
