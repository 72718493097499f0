package printed

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzRead holds each form to its promises on any text: no crash, replies in order of time
// whose lines are INFO's or CLIENT LIST's, places inside the text, and the same again.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".want") {
			f.Add(byte(Tell(text)), text)
		}
	}
	f.Add(byte(FormLiteral), []byte("map[a:map[b: c:d]"))
	f.Add(byte(FormCSV), []byte("time;connected_clients\n\"1714644000;1"))
	f.Fuzz(func(t *testing.T, form byte, text []byte) {
		if _, blocks, rest := gatherAll(string(text)); len(strings.Join(blocks, ""))+len(rest) > len(text)+1+len(blocks) {
			t.Fatalf("more than was given: %q %q of %q", blocks, rest, text)
		}
		if told := Tell(text); told != FormNone {
			check(t, text, told)
		}
		check(t, text, Form(form%byte(numForms)))
	})
}

func check(t *testing.T, text []byte, form Form) {
	r, err := Read(bytes.NewReader(text), form)
	again, err2 := Read(bytes.NewReader(text), form)
	if (err == nil) != (err2 == nil) || r.Len() != again.Len() || r.Unused != again.Unused {
		t.Fatalf("read twice: %v %v, %d and %d replies", err, err2, r.Len(), again.Len())
	}
	lines := int64(bytes.Count(text, []byte("\n"))) + 1
	n := 0
	var before Reply
	for p := range r.Replies() {
		n++
		if p.Line < 1 || p.Line > lines {
			t.Fatalf("line %d of %d", p.Line, lines)
		}
		if p.At.Before(before.At) {
			t.Fatalf("%v after %v", p.At, before.At)
		}
		before = p
		switch p.Kind {
		case Info:
			for line := range bytes.SplitSeq(bytes.TrimSuffix(p.Text, []byte("\r\n")), []byte("\r\n")) {
				if bytes.IndexByte(line, '\n') >= 0 || bytes.IndexByte(line, '\r') >= 0 || line[0] != '#' &&
					bytes.IndexByte(line, ':') < 1 {
					t.Fatalf("INFO has %q", line)
				}
			}
		case Clients:
			if !bytes.HasSuffix(p.Text, []byte("\n")) || !bytes.Contains(p.Text, []byte("addr=")) {
				t.Fatalf("CLIENT LIST is %q", p.Text)
			}
		case Sockets:
			if len(socketsOf(p.Text)) != bytes.Count(p.Text, []byte("\n"))-1 {
				t.Fatalf("sockets are %q", p.Text)
			}
		}
	}
	if n != r.Len() {
		t.Fatalf("%d replies of %d", n, r.Len())
	}
	for _, u := range r.Uses {
		if strings.ContainsAny(u.Name, "\r\n\x1b") || len(u.Name) > 200 {
			t.Fatalf("a name is %q", u.Name)
		}
	}
}
