package parse

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

// openPrinted opens one of package printed's texts.
func openPrinted(t *testing.T, name string) record.Source {
	t.Helper()
	src, err := Open(filepath.Join("printed", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// A point in an export is an INFO at its time and place.
func TestOpenExport(t *testing.T) {
	src := openPrinted(t, "cloudwatch-statistics.json")
	var got []string
	for src.Scan() {
		switch r := src.Record().(type) {
		case *record.Info:
			n, _ := r.String("connected_clients")
			got = append(got, r.Pos.String()+" "+r.At.Format(time.RFC3339)+" "+n)
		case *record.Chatter:
			got = append(got, fmt.Sprint(r.Lines, " not used: ", r.Text))
		}
	}
	want := "cloudwatch-statistics.json:9 2024-05-02T10:00:00Z 412, cloudwatch-statistics.json:3 2024-05-02T10:05:00Z 2390, " +
		"1 not used: NewConnections (1)"
	if s := strings.Join(got, ", "); s != want || src.Err() != nil {
		t.Errorf("%s, %v; want %s", s, src.Err(), want)
	}
	o := src.Origin()
	text, err := os.ReadFile("printed/testdata/cloudwatch-statistics.json")
	if err != nil {
		t.Fatal(err)
	}
	if o.Form != "CloudWatch JSON" || o.Kind != record.InputDump || o.Bytes != int64(len(text)) || len(o.SHA256) != 64 ||
		o.Limit != 65000 {
		t.Errorf("%+v", o)
	}
	if w := strings.Join(src.Warnings(), "\n"); !strings.Contains(w,
		"CurrConnections as connected_clients (2)") {
		t.Error(w)
	}
}

// Dictionaries of clients are a CLIENT LIST; a value with a blank does not make a key.
func TestOpenDictionaries(t *testing.T) {
	src := openPrinted(t, "clients-python.txt")
	if !src.Scan() {
		t.Fatal(src.Err())
	}
	c := src.Record().(*record.Clients)
	if len(c.Rows) != 2 || c.Rows[0].Host() != "10.0.0.9" || c.Rows[0].Idle != 89995 ||
		c.Rows[1].Cmd != "client|list" || !c.Rows[0].Has.Has(record.FieldQBufFree) || c.Rows[0].Has.Has(record.FieldTotMem) {
		t.Errorf("%+v", c.Rows)
	}
}

// Of several servers each reply comes behind a note that names its server, where it is
// another one than before.
func TestOpenSeveralServers(t *testing.T) {
	for name, want := range map[string]map[string]float64{
		"prometheus-range.json": {"cache-a:9121": 500, "cache-b:9121": 88},
		"info-nodes.json":       {"10.0.0.1:6379": 412, "10.0.0.2:6379": 87},
		"long.csv":              {"cache-a:9121": 498, "cache-b:9121": 87},
	} {
		src := openPrinted(t, name)
		server, most := "", map[string]float64{}
		for src.Scan() {
			switch r := src.Record().(type) {
			case *record.Other:
				if s, ok := r.Server(); ok {
					if s.Before != server {
						t.Errorf("%s: %+v behind %q", name, s, server)
					}
					server = s.Name
				}
			case *record.Info:
				if v, ok := r.Float("connected_clients"); ok {
					most[server] = max(most[server], v)
				}
			}
		}
		if !maps.Equal(most, want) {
			t.Errorf("%s: %v, want %v", name, most, want)
		}
	}
}

// A pace without times is told by a key of ours.
func TestOpenPaced(t *testing.T) {
	src := openPrinted(t, "stat.txt")
	want := 0.0
	for src.Scan() {
		i, isInfo := src.Record().(*record.Info)
		if !isInfo {
			continue
		}
		if v, ok := i.Float(record.AfterKey); !ok || v != want || !i.At.IsZero() {
			t.Errorf("%v %v, want %v", v, i.At, want)
		}
		want += 5
	}
	if want != 15 {
		t.Error(want)
	}
}

// Counts of sockets are a reply of their own.
func TestOpenSockets(t *testing.T) {
	src := openPrinted(t, "pods.txt")
	if !src.Scan() {
		t.Fatal(src.Err())
	}
	o := src.Record().(*record.Other)
	peers, ok := o.Sockets()
	if !ok || len(peers) != 3 || peers[0] != (record.Peer{Name: "api-7d4b9c-p8d2r",
		Count: 12853}) || o.Pos.Line != 4 {
		t.Errorf("%+v %v", o, peers)
	}
}

// What holds nothing for us is an error that says what it is and what to do.
func TestOpenOfNoUse(t *testing.T) {
	for name, want := range map[string]string{
		"dashboard.json":        "dashboard.json:1: a dashboard's definition: it says what is drawn, not the values",
		"cloudwatch-other.json": "cloudwatch-other.json:1: CloudWatch JSON with CPUUtilization: nothing in it is of a server's connections; export connected_clients",
		"prometheus-sum.json":   "query the metric itself",
	} {
		src := openPrinted(t, name)
		if src.Scan() {
			t.Errorf("%s gives a record", name)
		}
		var in *record.InputError
		if err := src.Err(); !errors.As(err, &in) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Compressed as well, and hashed as it lies on disk.
func TestOpenExportCompressed(t *testing.T) {
	text, err := os.ReadFile("printed/testdata/datadog.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	n := 0
	for src.Scan() {
		n++
	}
	if o := src.Origin(); n != 3 || src.Err() != nil || o.Form != "Datadog JSON" || o.Bytes != int64(b.Len()) {
		t.Errorf("%d records, %v, %+v", n, src.Err(), o)
	}
}

// A dump stays a dump, whatever follows.
func TestOpenDumpWithJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	text := "2024-05-02T10:00:00Z\n# Clients\nconnected_clients:5\n\n{\"maxclients\":\"100\",\"timeout\":\"0\"}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, ok := src.(*dump.Reader); !ok {
		t.Errorf("%T", src)
	}
}

// What comes by a pipe, bit by bit, is told all the same; a dump's first reply is not waited
// for until the head is full.
func TestOpenByBits(t *testing.T) {
	text, err := os.ReadFile("printed/testdata/datadog.json")
	if err != nil {
		t.Fatal(err)
	}
	src, err := openStream(t.Context(), iotest.OneByteReader(bytes.NewReader(text)), "-", nil, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if o := src.Origin(); o.Form != "Datadog JSON" {
		t.Error(o.Form)
	}
	r, w := io.Pipe()
	go w.Write([]byte("2024-05-02T10:00:00Z\n# Clients\nconnected_clients:5\nblocked_clients:1\n"))
	other, err := openStream(t.Context(), r, "-", w.Close, 1<<30) // without the end of the pipe
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, ok := other.(*dump.Reader); !ok {
		t.Errorf("%T", other)
	}
}
