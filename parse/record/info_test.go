package record

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInfo(t *testing.T) {
	var i Info
	i.Reset([]byte("# Stats\r\nkey:value:with=colons\r\nrejected_connections:-1\r\ntwice:1\r\ntwice:2\r\n\r\n# CPU\r\nused_cpu_sys:1.25\r\nempty:\r\n:odd\r\nno colon"))
	for key, want := range map[string]string{"key": "value:with=colons", "twice": "1", "empty": "", "rejected_connections": "-1"} {
		if got, ok := i.String(key); got != want || !ok {
			t.Errorf("%s = %q, %v", key, got, ok)
		}
	}
	if n, ok := i.Int("rejected_connections"); n != -1 || !ok {
		t.Errorf("Int: %d, %v", n, ok)
	}
	if _, ok := i.Int("missing"); ok {
		t.Error("a key that is not there has a number")
	}
	if _, ok := i.Int("empty"); ok {
		t.Error("an empty value is a number")
	}
	if f, ok := i.Float("used_cpu_sys"); f != 1.25 || !ok {
		t.Errorf("Float: %v, %v", f, ok)
	}
	var lines []string
	i.Each(func(section, key, value []byte) { lines = append(lines, fmt.Sprintf("%s/%s", section, key)) })
	if got := strings.Join(lines, " "); got != "Stats/key Stats/rejected_connections Stats/twice Stats/twice CPU/used_cpu_sys CPU/empty" {
		t.Errorf("Each: %s", got)
	}
	i.Reset([]byte("a:1"))
	if _, ok := i.Value("key"); ok {
		t.Error("Reset keeps the old index")
	}
	if n, ok := SubInt([]byte("calls=12,usec=34,usec_per_call=2.83"), "usec"); n != 34 || !ok {
		t.Errorf("SubInt: %d, %v", n, ok)
	}
}

func TestInfoServers(t *testing.T) {
	files, err := filepath.Glob("../../fixtures/servers/*/*.info.raw.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var i Info
		i.Reset(text)
		if n, ok := i.Int("connected_clients"); !ok || n < 1 {
			t.Errorf("%s: connected_clients %d, %v", name, n, ok)
		}
	}
}
