package nodes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/fixtures/testserver"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.txt")
	like := capture.Target{User: "u", Password: "p", TLS: &capture.TLS{CACert: "ca.pem"}}
	for text, want := range map[string]string{
		"a\n\n# no\nb:7000 # yes\na:6379\n": "a:6379 u p ca.pem|b:7000 u p ca.pem",
		"rediss://v:q@c:1\n":                "c:1 v q ca.pem",
		"redis://c\nunix:///run/r.sock\n":   "c:6379 u p |/run/r.sock u p ",
		"[::1]:7000\n::1\n":                 "[::1]:7000 u p ca.pem|[::1]:6379 u p ca.pem",
		"":                                  "no line names a server",
		"a:0":                               "t.txt:1: want HOST",
		"a b\n":                             "t.txt:1: want HOST",
		"a\nredis://:secret@h:x\n":          "t.txt:2: port is none of",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := File(path, like).Find(context.Background())
		var got []string
		for i := range found {
			f, ca := &found[i], ""
			if f.TLS != nil {
				ca = f.TLS.CACert
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", f.Addr(), f.User, f.Password, ca))
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if s := strings.Join(got, "|"); s != want && (err == nil || !strings.Contains(s, want)) || strings.Contains(s, "secret") {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

func TestCluster(t *testing.T) {
	s := testserver.Start(t, testserver.Config("cluster-enabled yes"))
	like := capture.Target{Host: "127.0.0.1", Port: s.Port}
	f := Cluster(like)
	defer f.Close()
	if _, err := f.Find(context.Background()); err == nil || !strings.Contains(err.Error(), "serves slots") {
		t.Error(err)
	}
	s.Do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	for range 2 { // the second after the connection was lost
		found, err := f.Find(context.Background())
		if err != nil || len(found) != 1 || found[0].Addr() != s.Addr() {
			t.Errorf("%v %v", found, err)
		}
		s.Do("CLIENT", "KILL", "TYPE", "normal")
	}
}

// TestHostileReplies: what answers like no Sentinel and no cluster is an error, or names what can
// be a server; there is an end to the number.
func TestHostileReplies(t *testing.T) {
	many := "*" + strconv.Itoa(3*most) + "\r\n"
	for i := range 3 * most {
		many += fmt.Sprintf("*3\r\n:0\r\n:1\r\n*2\r\n$4\r\nh%03d\r\n:%d\r\n", i%1000, 1+i)
	}
	for name, tt := range map[string]struct {
		reply string
		found int
	}{
		"nothing": {"*0\r\n", 0}, "a number": {":1\r\n", 0}, "an error": {"-ERR This instance has cluster support disabled\r\n", 0},
		"flat": {"*2\r\n$1\r\na\r\n$1\r\nb\r\n", 0}, "short": {"*1\r\n*1\r\n:0\r\n", 0}, "no port": {"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:0\r\n", 0},
		"a name with a space": {"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$3\r\na b\r\n:1\r\n", 0},
		"its own":             {"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$0\r\n\r\n:7000\r\n", 1}, "null": {"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$-1\r\n:7000\r\n", 1},
		"many": {many, most},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go serve(l, tt.reply)
			like := capture.Target{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
			for _, f := range []Finder{Cluster(like), Sentinel([]capture.Target{like}, like, "m")} {
				found, err := f.Find(context.Background())
				_, cluster := f.(*cluster)
				if cluster && len(found) != tt.found || (err == nil) != (len(found) > 0) {
					t.Errorf("%d servers, %v", len(found), err)
				}
				f.Close()
			}
		})
	}
}

// serve answers every command of the handshake with a number, and others with a reply.
func serve(l net.Listener, reply string) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer nc.Close()
			in := bufio.NewScanner(nc)
			for in.Scan() {
				switch strings.ToUpper(in.Text()) {
				case "CLIENT":
					io.WriteString(nc, ":7\r\n")
				case "CLUSTER", "SENTINEL":
					io.WriteString(nc, reply)
				}
			}
		}()
	}
}

func ExampleFile() {
	dir, err := os.MkdirTemp("", "nodes")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "targets")
	os.WriteFile(path, []byte("redis-1:7000 # checkout\nredis-2\n"), 0o600)
	found, err := File(path, capture.Target{User: "rec"}).Find(context.Background())
	for i := range found {
		fmt.Println(found[i].Addr(), found[i].User)
	}
	fmt.Println(err)
	// Output:
	// redis-1:7000 rec
	// redis-2:6379 rec
	// <nil>
}
