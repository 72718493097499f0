package dump

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// kinds writes the records of a text in short: an INFO with its connections, a list with its
// rows, a table of sockets, lines of a log, unused lines with the first of them.
func kinds(t *testing.T, text string) string {
	t.Helper()
	d := NewReader(strings.NewReader(text), "x")
	var out []string
	add := func(format string, args ...any) {
		out = append(out, fmt.Sprintf(format, args...)+fmt.Sprint("@", d.Record().Base().Pos.Line))
	}
	for d.Scan() {
		switch r := d.Record().(type) {
		case *record.Info:
			n, _ := r.String("connected_clients")
			add("info %s", n)
		case *record.Clients:
			add("list %d", len(r.Rows))
		case *record.Log:
			add("log %d", r.Entry.Count)
		case *record.Slowlog:
			add("slow %d", len(r.Entries))
		case *record.Chatter:
			first, _, _ := strings.Cut(r.Text, "\n")
			add("unused %d %q", r.Lines, first)
		case *record.Other:
			peers, _ := r.Sockets()
			add("%s %d", r.Command, len(peers))
		}
	}
	if d.Err() != nil {
		out = append(out, d.Err().Error())
	}
	return strings.Join(out, ", ")
}

// What programs printed beside a server's replies is read at its place, and prose around it
// takes nothing away.
func TestMixed(t *testing.T) {
	const info = "# Clients\nconnected_clients:5\nmaxclients:10\n"
	const list = "id=7 addr=10.0.0.1:4242 fd=8 name= age=100 idle=90 flags=N db=0 cmd=get\n"
	const stat = "------- data ------ --------------------- load -------------------- - child -\nkeys       mem      clients blocked requests            connections\n" +
		"305        20.70M   605     0       1771418 (+0)        615\n305        20.71M   606     0       1825363 (+53945)    616\n"
	python, err := os.ReadFile("../printed/testdata/clients-python.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"--stat behind an INFO":     {info + "$ redis-cli --stat\n" + stat, "info 5@1, info 605@7, info 606@8"},
		"--stat with no command":    {info + stat + list, "info 5@1, info 605@6, info 606@7, list 1@8"},
		"--stat before an INFO":     {stat + "127.0.0.1:6379> info\n" + info, "info 605@3, info 606@4, info 5@6"},
		"a dictionary in a ticket":  {info + "In Python:\n{'connected_clients': 7, 'maxclients': 10, 'blocked_clients': 0, 'redis_version': '7.2.4'}\nThanks!\n" + list, `info 5@1, unused 1 "In Python:"@4, info 7@5, unused 1 "Thanks!"@6, list 1@7`},
		"JSON over lines":           {"See:\n" + info + "{\n  \"redis_version\": \"7.2.4\",\n  \"connected_clients\": 7,\n  \"blocked_clients\": 0\n}\nbye\n", `unused 1 "See:"@1, info 5@2, info 7@5, unused 1 "bye"@10`},
		"lists of a language":       {info + string(python), "info 5@1, list 2@4"},
		"samples of an exporter":    {info + "# TYPE redis_connected_clients gauge\nredis_connected_clients{addr=\"a:1\"} 983\nredis_config_maxclients{addr=\"a:1\"} 1000\n" + list, "info 5@1, info 983@5, list 1@7"},
		"netstat beside a log":      {"32316:M 19 Sep 15:15:42.466 # Error registering fd event for the new client: Numerical result out of range (fd=10128)\n\n# netstat -an | grep 12882 | wc -l\n9891\n\n# netstat -an | grep 12882\ntcp 0 0 10.0.0.1:6379 10.0.0.2:26156 ESTABLISHED\ntcp 0 0 10.0.0.1:6379 10.0.0.2:27227 ESTABLISHED\n", `log 1@1, SOCKETS 1@4, unused 1 "# netstat -an | grep 12882"@6, SOCKETS 1@7`},
		"sockets by peer":           {info + "$ ss -tn | awk '{print $5}' | sort | uniq -c\n 310 10.0.0.9\n  12 10.0.0.1\n" + list, "info 5@1, SOCKETS 2@5, list 1@7"},
		"braces of code":            {info + "{\n  int main();\n" + list, `info 5@1, unused 2 "{"@4, list 1@6`},
		"a bracket never closed":    {"[{ this is broken\n" + info, `unused 1 "[{ this is broken"@1, info 5@2`},
		"a dashboard's definition":  {info + "{\"panels\": [{\"targets\": []}]}\n" + list, `info 5@1, unused 1 "{\"panels\": [{\"targets\": []}]}"@4, list 1@5`},
		"a sentence with a number":  {"I saw connected_clients:5 in it.\n" + list, `unused 1 "I saw connected_clients:5 in it."@1, list 1@2`},
		"JSON at the end, cut":      {info + "{\"redis_version\": \"7.2.4\", \"connected_clients\": 7, \"blocked_clients\": 0, \"run_id\": \"a", "info 5@1, info 7@4"},
		"a reply within the braces": {"{'redis_version': '7.2.4',\n" + info + list, `unused 1 "{'redis_version': '7.2.4',"@1, info 5@2, list 1@5`},
	} {
		if got := kinds(t, c.text); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
