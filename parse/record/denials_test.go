package record

import (
	"reflect"
	"strings"
	"testing"
)

// ACL LOG as redis-cli prints it to a terminal and through a pipe, and torn at every byte.
func TestDenials(t *testing.T) {
	const flat = "count\n12\nreason\nauth\ncontext\ntoplevel\nobject\nAUTH\nusername\ndefault\nage-seconds\n4.096\nclient-info\n" +
		"id=6 addr=10.0.0.7:63026 fd=8 name= age=9 idle=0 flags=N db=0 events=r cmd=auth user=default\nentry-id\n3\n" +
		"count\n2\nreason\ncommand\ncontext\ntoplevel\nobject\nget\nusername\ncount\nage-seconds\n8\nclient-info\nid=7 addr=[fd00::8]:63026 fd=8\n"
	const tree = "1)  1) \"count\"\n    2) (integer) 12\n   3) \"reason\"\n   4) \"auth\"\n   5) \"context\"\n   6) \"toplevel\"\n   7) \"object\"\n   8) \"AUTH\"\n" +
		"   9) \"username\"\n  10) \"default\"\n  11) \"age-seconds\"\n  12) \"4.096\"\n  13) \"client-info\"\n" +
		"  14) \"id=6 addr=10.0.0.7:63026 fd=8 name= age=9 cmd=auth user=default\"\n"
	first := Denial{12, "auth", "default", "10.0.0.7"}
	for text, want := range map[string][]Denial{flat: {first, {2, "command", "count", "fd00::8"}}, tree: {first}} {
		o := Other{Command: "ACL LOG", Text: []byte(text)}
		if got, ok := o.Denials(); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%.20q: %+v, not %+v", text, got, want)
		}
		for i := range text {
			o.Text = []byte(text[:i])
			if got, _ := o.Denials(); len(got) > len(want) {
				t.Fatalf("%q: %+v", text[:i], got)
			}
		}
	}
	if _, ok := (&Other{Command: "ROLE", Text: []byte(flat)}).Denials(); ok || !strings.HasPrefix(flat, "count") {
		t.Error("ROLE is none")
	}
}
