package capture

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/connbox/connbox/capture/secret"
)

// A Target says which server to record and how to get in.
type Target struct {
	Host     string // name or address; empty = 127.0.0.1
	Port     int    // 0 = 6379
	Socket   string // path of a unix socket; where set, Host and Port do not count
	User     string // ACL user; empty = AUTH with the password alone
	Password string // empty = no AUTH
	PassFile string // a file whose first line is the password, read again at each AUTH; empty = Password does not change
	TLS      *TLS   // nil = no TLS
}

// TLS is how a TLS connection is set up; the fields are redis-cli's flags. Unlike redis-cli
// the server's name is checked against its certificate: SNI gives the name where it differs
// from Host.
type TLS struct {
	CACert    string // file of trusted authorities, PEM; with CACertDir empty too = the system's
	CACertDir string // folder of such files
	Cert, Key string // the client's own certificate and key, PEM; both or none
	SNI       string // server name to ask for and to check; empty = Host
	Insecure  bool   // take any certificate
}

// password is the target's password now: what its file holds, or held when it could last be read.
func (t *Target) password() string {
	if t.PassFile == "" {
		return t.Password
	}
	password, _, err := secret.ReadFile(t.PassFile)
	if err != nil {
		return t.Password
	}
	return password
}

// Addr is the address as host:port or the socket's path. It holds no secrets.
func (t *Target) Addr() string {
	if t.Socket != "" {
		return t.Socket
	}
	host, port := t.Host, t.Port
	if host == "" {
		host = "127.0.0.1"
	}
	if port == 0 {
		port = 6379
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func (t *Target) network() string {
	if t.Socket != "" {
		return "unix"
	}
	return "tcp"
}

// errURI is what a wrong URI gives, without the URI: it may hold a password.
var errURI = errors.New("want redis://[[user]:password@]host[:port][/db], rediss://… for TLS, or unix://[[user]:password@]/path")

// ParseURI reads a URI as redis-cli -u does, and unix:// for sockets. User and password are
// percent-decoded; as in redis-cli, what stands before the @ without a colon is the
// password. A database number is checked and not used: what is recorded belongs to none.
// The error never repeats the URI.
func ParseURI(uri string) (Target, error) {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return Target{}, errURI
	}
	var t Target
	rest, _, _ = strings.Cut(rest, "?") // options of client libraries
	switch strings.ToLower(scheme) {
	case "rediss":
		t.TLS = &TLS{}
	case "redis":
	case "unix":
		return t, t.parseSocket(rest)
	default:
		return Target{}, fmt.Errorf("scheme is none of redis, rediss, unix: %w", errURI)
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if err := t.parseUserinfo(rest[:i]); err != nil {
			return Target{}, err
		}
		rest = rest[i+1:]
	}
	hostport, db, _ := strings.Cut(rest, "/")
	if db != "" {
		if _, err := strconv.ParseUint(db, 10, 31); err != nil {
			return Target{}, fmt.Errorf("database is no number: %w", errURI)
		}
	}
	if err := t.parseHostPort(hostport); err != nil {
		return Target{}, err
	}
	return t, nil
}

func (t *Target) parseSocket(rest string) error {
	if !strings.HasPrefix(rest, "/") {
		userinfo, path, ok := strings.Cut(rest, "@/")
		if !ok {
			return errURI
		}
		if err := t.parseUserinfo(userinfo); err != nil {
			return err
		}
		rest = "/" + path
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return errURI
	}
	t.Socket = path
	return nil
}

func (t *Target) parseUserinfo(s string) error {
	user, password, ok := strings.Cut(s, ":")
	if !ok {
		user, password = "", s
	}
	var err error
	if t.User, err = url.PathUnescape(user); err != nil {
		return fmt.Errorf("user holds a %% that begins no percent-encoding: %w", errURI)
	}
	if t.Password, err = url.PathUnescape(password); err != nil {
		return fmt.Errorf("password holds a %% that begins no percent-encoding: %w", errURI)
	}
	return nil
}

func (t *Target) parseHostPort(s string) error {
	host, port, more := s, "", false
	if strings.HasPrefix(s, "[") { // IPv6
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return errURI
		}
		host = s[1:end]
		if rest := s[end+1:]; rest != "" {
			if port, more = strings.CutPrefix(rest, ":"); !more {
				return errURI
			}
		}
	} else {
		host, port, more = strings.Cut(s, ":")
	}
	t.Host = host
	if !more {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("port is none of 1 to 65535: %w", errURI)
	}
	t.Port = int(n)
	return nil
}

// tlsConfig reads the files that t names.
func (t *Target) tlsConfig() (*tls.Config, error) {
	o := t.TLS
	conf := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         o.SNI,
		InsecureSkipVerify: o.Insecure, // asked for by name: --insecure
	}
	if conf.ServerName == "" {
		conf.ServerName = t.Host
		if t.Host == "" {
			conf.ServerName = "127.0.0.1"
		}
	}
	if o.CACert != "" || o.CACertDir != "" {
		conf.RootCAs = x509.NewCertPool()
	}
	if o.CACert != "" {
		pem, err := os.ReadFile(o.CACert)
		if err != nil {
			return nil, err
		}
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in PEM form", o.CACert)
		}
	}
	if o.CACertDir != "" {
		if err := addFolder(conf.RootCAs, o.CACertDir); err != nil {
			return nil, err
		}
	}
	if o.Cert == "" && o.Key == "" {
		return conf, nil
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return nil, fmt.Errorf("client certificate %s, key %s: %w", o.Cert, o.Key, err)
	}
	conf.Certificates = []tls.Certificate{pair}
	return conf, nil
}

// addFolder takes every file of a folder that holds certificates: OpenSSL's folders have
// names that are hashes, so the name tells nothing.
func addFolder(pool *x509.CertPool, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		// A link to a file counts, as in OpenSSL's folders; a fifo would hang.
		st, err := os.Stat(path)
		if err != nil || !st.Mode().IsRegular() || st.Size() > 1<<20 {
			continue
		}
		pem, err := os.ReadFile(path)
		if err != nil {
			continue // a key beside it that only root may read
		}
		found = pool.AppendCertsFromPEM(pem) || found
	}
	if !found {
		return fmt.Errorf("%s: no file holds a certificate in PEM form", dir)
	}
	return nil
}
