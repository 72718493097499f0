package capture

import (
	"bytes"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestFieldCutter: however a text comes in, it is cut alike; short fields stay, long ones keep
// their beginning, and two that differ in what is cut off differ.
func TestFieldCutter(t *testing.T) {
	long := strings.Repeat("n", longField)
	for in, want := range map[string]string{
		"": "", "id=1 name=a\nid=2 name=\n": "id=1 name=a\nid=2 name=\n",
		"name=" + long[5:] + " x": "name=" + long[5:] + " x", // at the limit
		"name=" + long[4:] + " x": "name=" + long[5:] + "...(257-bytes,#16ff1a9c) x",
	} {
		if got := string(new(fieldCutter).end(new(fieldCutter).add(nil, []byte(in)))); got != want && !strings.Contains(want, "#") ||
			hashOfCut.ReplaceAllString(got, "") != hashOfCut.ReplaceAllString(want, "") {
			t.Errorf("%.20q: %q, want %q", in, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var text []byte
		for range rng.IntN(20) {
			text = append(text, bytes.Repeat([]byte{byte('a' + rng.IntN(26))}, rng.IntN(900))...)
			text = append(text, " \n"[rng.IntN(2)])
		}
		var whole, parts fieldCutter
		want := whole.end(whole.add(nil, text))
		var got []byte
		for rest := text; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			got, rest = parts.add(got, rest[:n]), rest[n:]
		}
		if got = parts.end(got); !bytes.Equal(got, want) {
			t.Fatalf("in parts %q, whole %q", got, want)
		}
		for _, field := range bytes.FieldsFunc(got, func(r rune) bool { return r == ' ' || r == '\n' }) {
			if len(field) > longField+40 {
				t.Errorf("%d bytes are left of a field", len(field))
			}
		}
	}
	one, other := new(fieldCutter), new(fieldCutter)
	if a, b := one.end(one.add(nil, []byte(long+"a"))), other.end(other.add(nil, []byte(long+"b"))); bytes.Equal(a, b) {
		t.Error("two names become one")
	}
}

// TestHugeNames: lists of 50 MB of names and of 40 MB of one are recorded, in little memory.
func TestHugeNames(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 6000"))
	name := strings.Repeat("n", 10<<10)
	for i := range 1000 {
		nc := s.Dial()
		defer nc.Close()
		if a, err := testserver.Command(nc, "CLIENT", "SETNAME", strconv.Itoa(i)+name); err != nil || a != "+OK" {
			t.Fatal(a, err)
		}
	}
	huge := s.Dial()
	defer huge.Close()
	huge.(*net.TCPConn).SetDeadline(time.Now().Add(time.Minute))
	if a, err := testserver.Command(huge, "CLIENT", "SETNAME", strings.Repeat("h", 40<<20)); err != nil || a != "+OK" {
		t.Fatal(a, err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := recording(t, Options{Target: targetOf(s), Connections: 2, Budget: 1, MaxReply: 4 << 20})
	r.seesMore(record.KindClients, "", 2)
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 60<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	for _, k := range r.all() {
		if k.kind == record.KindFailure {
			t.Errorf("%s: %s", k.command, k.text)
		}
	}
	if _, err := r.stop(); err != nil {
		t.Error(err)
	}
}
