package printed

import (
	"strings"
	"testing"
)

// Counts and addresses as shells leave them, and sockets in quotations.
func TestCountsOfPeople(t *testing.T) {
	const netstat = "tcp        0      0 10.0.0.1:52736          10.0.0.4:6379           TIME_WAIT   \n"
	for _, tt := range []struct{ name, text, want string }{
		{"addresses alone", "$ redis-cli client list | awk '{print $2}' | cut -d= -f2\n10.0.0.1:4000\n10.0.0.2:4000\n10.0.0.1:4001\n", "2 10.0.0.1\n1 10.0.0.2\n"},
		{"addresses alone, without the command", "10.0.0.1\n10.0.0.2\n10.0.0.1\n", "2 10.0.0.1\n1 10.0.0.2\n"},
		{"by last command", "# redis-cli CLIENT LIST | grep -o 'cmd=[a-z]*' | sort | uniq -c\n   9213 cmd=unsubscribe\n    402 cmd=get\n", "9213 cmd=unsubscribe\n402 cmd=get\n"},
		{"counts with ports", "netstat -n | awk '{print $4}' | sort | uniq -c\n 40 10.0.0.4:6379\n 3 10.0.0.5:6379\n", "40 10.0.0.4\n3 10.0.0.5\n"},
		{"counts with remarks", "redis-cli client list | sort | uniq -c\n# 500 10.0.0.1      \u2190 the worker\n# 300 10.0.0.2\n", "500 10.0.0.1\n300 10.0.0.2\n"},
		{"two counts of one line", "# netstat -n | grep :6379 | wc -l && netstat -n | grep TIME_WAIT | wc -l\n875\n872\n", "875 (all)\n|872 (all) TIME_WAIT\n"},
		{"lines of the list, and sockets", "$ redis-cli CLIENT LIST | wc -l\n317\n$ netstat -an | grep -c :6379\n337\n", "317 (listed)\n|337 (all)\n"},
		{"lines of the list that grep counts", "$ redis-cli client list | grep -c name=api\n31\n", "31 (all)\n"},
		{"a part of the list", "$ redis-cli client list | grep cmd=subscribe | wc -l\n31\n", "31 (all)\n"},
		{"all but a state", "$ netstat -an | grep 6379 | grep -v TIME_WAIT | wc -l\n37\n", "37 (all)\n"},
		{"quoted sockets", "Too many:\n> " + netstat + "> " + netstat + "```" + netstat, "3 10.0.0.1 TIME_WAIT\n"},
	} {
		form := Tell([]byte(tt.text))
		r, err := Read(strings.NewReader(tt.text), form)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for reply := range r.Replies() {
			_, table, _ := strings.Cut(string(reply.Text), "\n")
			got = append(got, table)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s (%s): got %q, want %q", tt.name, form, s, tt.want)
		}
	}
	for name, text := range map[string]string{
		"two addresses":          "10.0.0.1\n10.0.0.1\n",
		"different addresses":    "10.0.0.1\n10.0.0.2\n10.0.0.3\n",
		"addresses in other":     "10.0.0.1\n10.0.0.1\n10.0.0.1\nsome text\nand more\n",
		"more counts than asked": "# netstat -n | wc -l\n875\n872\n",
	} {
		if f := Tell([]byte(text)); f != FormNone {
			t.Errorf("%s: %s", name, f)
		}
	}
}

// A table of a database's client: rules, blanks around cells, the time in any column.
func TestTableOfSQL(t *testing.T) {
	const text = "> select * from metrics\n+-----+-----------------+---------+---------+---------------------+\n" +
		"| id  | metric_name     | average | maximum | timestamp           |\n+-----+-----------------+---------+---------+---------------------+\n" +
		"| a   | CurrConnections | 2.5     | 3       | 2021-11-11 02:25:00 |\n| a   | CurrConnections | 3.5     | 5       | 2021-11-11 02:26:00 |\n"
	r, err := Read(strings.NewReader(text), Tell([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for reply := range r.Replies() {
		got = append(got, reply.At.Format("15:04 ")+strings.TrimSpace(string(reply.Text)))
	}
	if s := strings.Join(got, "; "); s != "02:25 connected_clients:3; 02:26 connected_clients:5" {
		t.Error(s)
	}
}
