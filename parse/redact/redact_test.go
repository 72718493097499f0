package redact

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/connbox/connbox/parse/record"
)

// TestHostsKeepTheirNetworks: as many common bits afterwards as before, and one key, one name.
func TestHostsKeepTheirNetworks(t *testing.T) {
	r := New([]byte("a key"), All)
	common := func(a, b string) int {
		x, y := netip.MustParseAddr(a), netip.MustParseAddr(b)
		for n := x.BitLen(); ; n-- {
			if p, _ := x.Prefix(n); p.Contains(y) {
				return n
			}
		}
	}
	hosts := []string{"10.1.2.3", "10.1.2.4", "10.1.200.4", "192.168.0.9", "10.1.2.131"}
	for _, a := range hosts {
		for _, b := range hosts {
			if got, want := common(r.host(a), r.host(b)), common(a, b); got != want {
				t.Errorf("%s and %s share %d bits, then %d", a, b, want, got)
			}
		}
	}
	if again := New([]byte("a key"), All); again.host("10.1.2.3") != r.host("10.1.2.3") {
		t.Error("one key, two pseudonyms")
	}
	if other := New([]byte("another"), All); other.host("10.1.2.3") == r.host("10.1.2.3") {
		t.Error("two keys, one pseudonym")
	}
}

// TestNothingPrivateIsLeft: in no kind of record, whatever the text is.
func TestNothingPrivateIsLeft(t *testing.T) {
	r := New([]byte("k"), All)
	hostile := "CANARY\x1b[31m\u202e<script>"
	recs := []record.Record{
		&record.Clients{Layouts: []record.Layout{{"id", "addr", "name", "secret"}}, Rows: []record.Client{
			{Has: 1<<record.FieldID | 1<<record.FieldAddr | 1<<record.FieldName, Addr: "10.9.8.7:1", Name: hostile, User: "CANARY", LibName: "CANARY", Extra: "CANARY", LibVer: "CANARY-10.9.8.7", Cmd: hostile, Flags: "CANARY", Events: "CANARY", Capa: hostile},
			{Layout: -1, Raw: "id=3 name=CANARY", Name: "CANARY"}}},
		&record.Slowlog{Entries: []record.SlowEntry{{Args: []string{"SET", "CANARY", "CANARY"}, Addr: "10.9.8.7:1", Name: "CANARY"}}},
		&record.Failure{Text: "refused by 10.9.8.7:6379 at /home/CANARY/x"},
		&record.Config{Pairs: []record.Pair{{Key: "requirepass", Value: "CANARY"}}},
		&record.Chatter{Text: "CANARY", Lines: 1},
		&record.Other{Command: "ACL LIST", Text: []byte("CANARY")},
	}
	info := &record.Info{}
	info.Reset([]byte("redis_version:7.0.15\r\nexecutable:/home/CANARY/redis\r\nmaster_host:CANARY\r\nslave0:ip=10.9.8.7,port=6379,state=online\r\n" +
		"redis_mode:<CANARY>\r\nmodule:name=m,ver=1,args=[--pass CANARY]\r\nits_field:CANARY\r\n"))
	for _, rec := range append(recs, info) {
		out := r.Record(rec)
		if out == nil {
			continue
		}
		for _, s := range strings.Fields(dump(out)) {
			if strings.Contains(s, "CANARY") || strings.Contains(s, "10.9.8.7") || strings.ContainsAny(s, "\x1b\u202e") {
				t.Errorf("%T still has %q", rec, s)
			}
		}
	}
	if !strings.Contains(string(r.info(info.Text)), "redis_version:7.0.15\r\n") {
		t.Error("the version is gone, which is no address")
	}
	if c := recs[0].(*record.Clients); c.Rows[0].Name != hostile {
		t.Error("the record given was changed")
	}
}

// TestStrangeNamesStayApart: names without a letter, of bytes that are no text among them, are as many
// afterwards as before.
func TestStrangeNamesStayApart(t *testing.T) {
	r, seen := New([]byte("k"), All), map[string]string{}
	for _, name := range []string{"\xff\xfe", "\x80\x81", "\xc3(", "\xf0(\x8c", "caf\xe9", "caf\xe8", "\xed\xa0\x80", "🔥", "🚀", "a🚀", "a", "é", "e\u0301", "e"} {
		_, to := r.Of("", name)
		if to == "" || seen[to] != "" || !utf8.ValidString(to) {
			t.Errorf("%q becomes %q, as %q does", name, to, seen[to])
		}
		seen[to] = name
	}
}

// TestFormsOfAServer: what a server fills in by itself, and a version that is one, stays as it is.
func TestFormsOfAServer(t *testing.T) {
	r := New([]byte("k"), All)
	for _, c := range []record.Client{{Flags: "N", Events: "r", Cmd: "get", LibVer: "5.0.1"}, {Flags: "bxt", Events: "rw", Cmd: "client|setinfo", LibVer: "v1.2.3-rc.1"},
		{Flags: "PTR", Capa: "r", Events: "NULL", Cmd: "NULL", LibVer: "3.2"}, {Cmd: "FT.SEARCH", LibVer: "6.0.0b2"}, {Flags: "SO", Cmd: "psync", LibVer: "7.1.0-SNAPSHOT"}} {
		was := c
		if r.shapes(&c); !reflect.DeepEqual(c, was) {
			t.Errorf("%+v became %+v", was, c)
		}
	}
	for _, version := range []string{"10.1.2.3", "1.2.3-jane.doe", "checkout", "1.2.3+billing"} {
		c := record.Client{LibVer: version}
		if r.shapes(&c); c.LibVer == version {
			t.Errorf("%s is left", version)
		}
	}
}

// dump gives all text of a record.
func dump(rec record.Record) string {
	switch x := rec.(type) {
	case *record.Clients:
		s := ""
		for _, c := range x.Rows {
			s += strings.Join([]string{c.Addr, c.Laddr, c.Name, c.User, c.LibName, c.LibVer, c.Cmd, c.Flags, c.Events, c.Capa, c.Extra, c.Raw, ""}, " ")
		}
		return s
	case *record.Slowlog:
		return strings.Join(x.Entries[0].Args, " ") + " " + x.Entries[0].Addr + " " + x.Entries[0].Name
	case *record.Failure:
		return x.Text
	case *record.Config:
		return x.Pairs[0].Value
	case *record.Info:
		return string(x.Text)
	case *record.Other:
		return string(x.Text)
	}
	return "CANARY: a record that this test does not know"
}

// TestWordsOfALog: what a server prints of its clients into its log has pseudonyms too, the same as in
// CLIENT LIST, and what is no name stays.
func TestWordsOfALog(t *testing.T) {
	r := New([]byte("k"), All)
	name := r.name("client name", "checkout-canary")
	in := "Client id=5 addr=10.20.30.40:1 name=checkout-canary age=5 omem=300 cmd=get user=alicecanary redir=-1 lib-name=libcanary scheduled to be closed ASAP"
	got := r.words(in)
	for _, private := range []string{"canary", "10.20.30.40"} {
		if strings.Contains(got, private) {
			t.Errorf("%q is left in %s", private, got)
		}
	}
	for _, kept := range []string{" name=" + name + " ", "id=5 ", "omem=300 cmd=get user=", " scheduled to be closed ASAP"} {
		if !strings.Contains(got, kept) {
			t.Errorf("no %q in %s", kept, got)
		}
	}
	for in, gone := range map[string]string{"Replica canary-1.example.com:6379 asks for synchronization": "canary", "Connecting to MASTER canary:6379": "canary",
		"sync with canary.internal:6380 lost": "canary"} {
		if got := r.words(in); strings.Contains(got, gone) {
			t.Errorf("%s", got)
		}
	}
	for _, in := range []string{"Server initialized", "Error accepting a client connection: max number of clients reached", "# 7.0.15, port=6379", "user=default name="} {
		if got := r.words(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
	if got := New([]byte("k"), Addresses).words(in); !strings.Contains(got, "name=checkout-canary") {
		t.Errorf("names stay at the level of addresses: %s", got)
	}
}
