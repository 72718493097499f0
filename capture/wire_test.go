package capture

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// wire reads a recorded reply as it came over the wire, and makes the record of it.
func wire(t *testing.T, file string, make func(*recorder, *response, record.Head) (record.Record, error)) record.Record {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rep response
	in := newRespReader(bytes.NewReader(raw), 1<<20)
	if err := in.read(&rep); err != nil || rep.wire != len(raw) {
		t.Fatalf("%s: %d of %d bytes, %v", file, rep.wire, len(raw), err)
	}
	var p reply.ClientParser
	r := &recorder{opts: Options{KeepSlowlogArgs: true, ParseList: p.Parse}}
	rec, err := make(r, &rep, record.Head{Size: rep.wire})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if err := in.read(&rep); err != io.EOF {
		t.Errorf("%s: then %v", file, err)
	}
	return rec
}

// printed reads what redis-cli printed of the same server at about the same time.
func printed(t *testing.T, file string) record.Record {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	d := dump.NewReader(f, file)
	if !d.Scan() {
		t.Fatalf("%s: %v", file, d.Err())
	}
	return d.Record()
}

func wireFiles(t *testing.T, pattern string, min int) []string {
	t.Helper()
	files, err := filepath.Glob("../fixtures/servers/*/" + pattern)
	if err != nil || len(files) < min {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	return files
}

func TestWireClients(t *testing.T) {
	for _, file := range wireFiles(t, "mixed.client-list.resp?.bin", 5) {
		list := wire(t, file, (*recorder).recordClients).(*record.Clients)
		raw, _ := os.ReadFile(file)
		if text := reply.AppendClients(nil, list); !bytes.Contains(raw, text) || len(raw)-len(text) > 20 {
			t.Errorf("%s: %d bytes on the wire, %d in the record", file, len(raw), len(text))
		}
		text := printed(t, filepath.Join(filepath.Dir(file), "mixed.client-list.raw.txt")).(*record.Clients)
		byID := map[int64]record.Client{}
		for _, c := range text.Rows {
			byID[c.ID] = c
		}
		same := 0
		for _, c := range list.Rows {
			p, ok := byID[c.ID]
			if !ok {
				continue // the asker itself, which lives for one command
			}
			same++
			if c.Has != p.Has || c.Addr != p.Addr || c.Name != p.Name || c.User != p.User || c.Flags != p.Flags || c.LibName != p.LibName || c.DB != p.DB {
				t.Errorf("%s:\nwire %+v\ntext %+v", file, c, p)
			}
		}
		if same < len(list.Rows)-2 || same < 50 {
			t.Errorf("%s: %d of %d clients are in the text", file, same, len(list.Rows))
		}
	}
}

func TestWireSlowlog(t *testing.T) {
	for _, file := range wireFiles(t, "mixed.slowlog-get.resp?.bin", 5) {
		slow := wire(t, file, (*recorder).recordSlowlog).(*record.Slowlog)
		text := printed(t, filepath.Join(filepath.Dir(file), "mixed.slowlog-get.noraw.txt")).(*record.Slowlog)
		byID := map[int64]record.SlowEntry{}
		for _, e := range text.Entries {
			byID[e.ID] = e
		}
		same := 0
		for _, e := range slow.Entries {
			p, ok := byID[e.ID]
			if !ok {
				continue // newer than the text
			}
			same++
			if !e.Secretive() && !reflect.DeepEqual(e, p) {
				t.Errorf("%s:\nwire %+v\ntext %+v", file, e, p)
			}
		}
		if same < 20 || len(slow.Entries) != 128 {
			t.Errorf("%s: %d of %d entries are in the text", file, same, len(slow.Entries))
		}
	}
}

func TestWireInfo(t *testing.T) {
	keys := func(i *record.Info) string {
		var b strings.Builder
		i.Each(func(section, key, _ []byte) { b.WriteString(string(section) + "/" + string(key) + "\n") })
		return b.String()
	}
	for _, file := range wireFiles(t, "mixed.info.resp?.bin", 3) {
		info := wire(t, file, (*recorder).recordInfo).(*record.Info)
		text := printed(t, filepath.Join(filepath.Dir(file), "mixed.info.raw.txt")).(*record.Info)
		if record.Identify(info) != record.Identify(text) || keys(info) != keys(text) {
			t.Errorf("%s: other keys than in the text", file)
		}
	}
}
