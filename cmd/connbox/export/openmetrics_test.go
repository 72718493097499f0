package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// promParser is the parser of promtool, built once: see fixtures/openmetrics.
var promParser = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "connbox-openmetrics-*")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "openmetrics")
	cmd := exec.Command("go", "build", "-C", filepath.Join("..", "..", "..", "fixtures", "openmetrics"), "-o", bin, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the parser of promtool cannot be built (it needs the network once): %w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := promParser(); err == nil {
		os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// series reads OpenMetrics as promtool does, and gives the values of each series by time.
func series(t *testing.T, text []byte) map[string][]float64 {
	t.Helper()
	bin, err := promParser()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &stderr
	read, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s in:\n%.2000s", err, stderr.Bytes(), text)
	}
	var all []struct {
		Family, Type string
		Labels       map[string]string
		Value        float64
		At           *int64
	}
	if err := json.Unmarshal(read, &all); err != nil {
		t.Fatal(err)
	}
	out, last := map[string][]float64{}, map[string]int64{}
	ended, family := map[string]bool{}, "" // families that another one has followed
	for _, s := range all {
		if s.Family != family {
			if ended[s.Family] {
				t.Errorf("%s comes twice", s.Family)
			}
			ended[family], family = true, s.Family
		}
		name := s.Labels["__name__"]
		if want := map[string]string{"counter": s.Family + "_total", "gauge": s.Family}[s.Type]; name != want {
			t.Errorf("%s stands under %s %s", name, s.Type, s.Family)
		}
		l := fmt.Sprint(s.Labels)
		if s.At == nil || *s.At <= last[l] {
			t.Errorf("%s: time %v after %d", l, s.At, last[l])
		} else {
			last[l] = *s.At
		}
		out[l] = append(out[l], s.Value)
	}
	return out
}

func infoAt(at time.Time, clients int) *record.Info {
	i := &record.Info{Head: record.Head{At: at}}
	i.Reset(fmt.Appendf(nil, "# Clients\r\nconnected_clients:%d\r\nmaxclients:100\r\nrejected_connections:%d\r\n", clients, 3*clients))
	return i
}

func listAt(at time.Time, names ...string) *record.Clients {
	l := &record.Clients{Head: record.Head{At: at}}
	for i, n := range names {
		l.Rows = append(l.Rows, record.Client{Name: n, Addr: fmt.Sprintf("10.0.0.1:%d", i)})
	}
	return l
}

func collect(t *testing.T, recs ...record.Record) []byte {
	t.Helper()
	m := newOpenMetrics(record.Origin{Name: `i "x"\.txt`})
	for _, r := range recs {
		if err := m.add(nil, r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := m.write(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b.Bytes(), []byte("\n# EOF\n")) && b.String() != "# EOF\n" {
		t.Errorf("ends %q", b.Bytes()[max(0, b.Len()-20):])
	}
	return b.Bytes()
}

func TestOpenMetrics(t *testing.T) {
	at := time.Date(2026, 11, 20, 3, 0, 0, 500_000_000, time.UTC)
	next := func(i int) time.Time { return at.Add(time.Duration(i) * 10 * time.Second) }
	got := series(t, collect(t, infoAt(next(0), 3), listAt(next(0), "cart", "cart", ""), infoAt(next(0), 99), // a time twice
		&record.Failure{Head: record.Head{At: next(1)}}, infoAt(next(2), 4), listAt(next(2), "cart"), listAt(next(3), "cart"), infoAt(time.Time{}, 9)))
	for name, want := range map[string]string{
		`map[__name__:redis_connected_clients instance:i "x"\.txt]`:                            "[3 4]",
		`map[__name__:redis_rejected_connections_total instance:i "x"\.txt]`:                   "[9 12]",
		`map[__name__:redis_up instance:i "x"\.txt]`:                                           "[1 0 1]",
		`map[__name__:connbox_client_connections host:10.0.0.1 instance:i "x"\.txt name:cart]`: "[2 1 1]",
		`map[__name__:connbox_client_connections host:10.0.0.1 instance:i "x"\.txt name:]`:     "[1 0]",
	} {
		if v := fmt.Sprint(got[name]); v != want {
			t.Errorf("%s: %s, want %s\n%v", name, v, want, got)
		}
	}
}

// Strangers' names are labels and nothing else, and there is an end to their number.
func TestOpenMetricsOfStrangers(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	nasty := []string{strings.Repeat("y", 2500) + "1", strings.Repeat("y", 2500) + "2", "\x1b", `\x1b`, "a\"} 1\nredis_up 7", "\\", "\x00\xff\x1b[31m", "# EOF", "\u202eabc", strings.Repeat("x", 1<<16)}
	text := collect(t, listAt(at, nasty...))
	if got := series(t, text); len(got) != len(nasty)-2 { // two pairs are printed alike
		t.Errorf("%d series of %d names", len(got), len(nasty))
	}
	if bytes.ContainsAny(text, "\x1b\x00") || bytes.Contains(text, []byte("\u202e")) {
		t.Error("not inert")
	}
	var many []string
	for i := range 3 * clientSeries {
		many = append(many, fmt.Sprint("n", i))
	}
	got := series(t, collect(t, listAt(at, many...), listAt(at.Add(time.Second), many...)))
	if rest := got[`map[__name__:connbox_client_connections host:all others instance:i "x"\.txt name:all others]`]; len(got) != clientSeries+1 || fmt.Sprint(rest) != fmt.Sprint([]float64{2 * clientSeries, 2 * clientSeries}) {
		t.Errorf("%d series, others %v", len(got), rest)
	}
}
