package redact

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// TestCensus: it counts each private text once, whatever the number of lists, and changes nothing.
func TestCensus(t *testing.T) {
	c := NewCensus()
	list := &record.Clients{Layouts: []record.Layout{{"id", "addr", "name"}}}
	for i := range 4 {
		list.Rows = append(list.Rows, record.Client{Has: 1<<record.FieldID | 1<<record.FieldAddr | 1<<record.FieldName, Addr: fmt.Sprintf("10.0.0.%d:1", i/2), Name: "cart"})
	}
	for range 3 {
		c.Add(list)
	}
	c.Add(&record.Chatter{Text: "my own remark", Lines: 1})
	found, more := c.Found()
	got := ""
	for _, f := range found {
		got += fmt.Sprintf("%d %s %s; ", f.N, f.Kind, f.Example)
	}
	if want := "2 address 10.0.0.0; 1 client name cart; 1 line that is no reply my own remark; "; got != want || more {
		t.Errorf("%q, more %v; want %q", got, more, want)
	}
	if list.Rows[0].Name != "cart" || list.Rows[0].Addr != "10.0.0.0:1" {
		t.Error("the list was changed")
	}
}

// TestCensusIsBounded: names without end do not fill the memory, and are said to be more.
func TestCensusIsBounded(t *testing.T) {
	c := NewCensus()
	list := &record.Clients{Layouts: []record.Layout{{"name"}}, Rows: make([]record.Client, 1000)}
	for k := range censusMost/1000 + 50 {
		for i := range list.Rows {
			list.Rows[i] = record.Client{Has: 1 << record.FieldName, Name: fmt.Sprintf("n%dx%d", k, i)}
		}
		c.Add(list)
	}
	if found, more := c.Found(); !more || len(c.seen) > censusMost || found[0].N > censusMost {
		t.Errorf("%d remembered, more %v: %+v", len(c.seen), more, found)
	}
}

// TestRunIDs: the id of a server process is private, and one key keeps it one.
func TestRunIDs(t *testing.T) {
	id := strings.Repeat("a1", 20)
	text := "run_id:" + id + "\r\nmaster_replid:" + strings.Repeat("b2", 20) + "\r\nmaster_replid2:" + strings.Repeat("0", 40) + "\r\n"
	r := New([]byte("k"), All)
	got := string(r.info([]byte(text)))
	if strings.Contains(got, "a1a1") || strings.Contains(got, "b2b2") || !strings.Contains(got, "master_replid2:"+strings.Repeat("0", 40)) || len(got) != len(text) {
		t.Errorf("%s", got)
	}
	if log := r.words("sync with " + id); strings.Contains(log, id) || !strings.Contains(got, strings.TrimPrefix(log, "sync with ")) {
		t.Errorf("in a log: %s", log)
	}
	if again := string(New([]byte("k"), All).info([]byte(text))); again != got {
		t.Error("one key, two ids")
	}
	if names := string(New([]byte("k"), Names).info([]byte(text))); names != text {
		t.Error("ids are no names")
	}
}
