package frame

import (
	"bytes"
	"strings"
	"testing"
)

const client = "id=7 addr=10.0.0.1:4242 laddr=10.0.0.9:6379 fd=8 name=cart age=5 idle=1 flags=N cmd=get"

// strip gives the lines of the server in text, joined by \n.
func strip(text string) string {
	var s Stripper
	lines := strings.Split(text, "\n")
	var out []string
	for i, line := range lines {
		peek := func(n int) ([]byte, bool) {
			if i+n >= len(lines) {
				return nil, false
			}
			return []byte(lines[i+n]), true
		}
		for _, part := range s.Strip([]byte(line), peek) {
			out = append(out, string(part))
		}
	}
	return strings.Join(out, "\n")
}

func TestStrip(t *testing.T) {
	reply := "# Clients\nconnected_clients:412\nsome_new_key:3\n\nmaxclients:500\n" + client
	prefixed := func(prefix string) string {
		return prefix + strings.ReplaceAll(reply, "\n", "\n"+prefix)
	}
	for _, test := range []struct{ name, text, want string }{
		{"plain", reply, reply},
		{"indent", prefixed("    "), reply},
		{"tab", prefixed("\t"), reply},
		{"quote", prefixed("> "), reply},
		{"quote, blanks at the end cut off", strings.ReplaceAll(prefixed("> "), "> \n", ">\n"), reply},
		{"nested quote", prefixed("> > "), reply},
		{"list", prefixed("- "), reply},
		{"nmap", prefixed("       | "), reply},
		{"compose", prefixed("redis_1  | "), reply},
		{"kubectl --prefix", prefixed("[pod/redis-0/redis] "), reply},
		{"journald", prefixed("Nov 27 04:00:00 host redis[123]: "), reply},
		{"comment", prefixed("# "), reply},
		{"line numbers", "9:# Clients\n10:connected_clients:412\n11:maxclients:500", "# Clients\nconnected_clients:412\nmaxclients:500"},
		{"cat -n", "     9\t# Clients\n    10\tconnected_clients:412\n   100\tmaxclients:500", "# Clients\nconnected_clients:412\nmaxclients:500"},
		{"grep -C", "a.txt-9-# Clients\na.txt:10:connected_clients:412\na.txt-11-maxclients:500", "# Clients\nconnected_clients:412\nmaxclients:500"},
		{"varying stamps", "2026-11-26T22:00:01.123456789Z # Clients\n2026-11-26T22:00:02.5Z connected_clients:412\n2026-11-26T22:00:03.1Z \n2026-11-26T22:00:03.1Z " + client,
			"# Clients\nconnected_clients:412\n\n" + client},
		{"table", "| " + client + " |\n| # Clients |\n| connected_clients:5 |", client + "\n# Clients\nconnected_clients:5"},
		{"a list in brackets", "clients = [" + client + "\n" + client + "]", client + "\n" + client},
		{"brackets of an address", "id=3 addr=[::1]:5 fd=8 name=[x] age=3", "id=3 addr=[::1]:5 fd=8 name=[x] age=3"},
		{"backticks", "> `" + client + "`", client},
		{"array of strings", `1) "` + client + "\"\n2) \"" + client + `"`, client + "\n" + client},
		{"escaped underscores", "\\# Clients\nconnected\\_clients:247\nclient\\_longest\\_output\\_list:0", "# Clients\nconnected_clients:247\nclient_longest_output_list:0"},
		{"no-break blanks", "#\u00a0Clients\n" + strings.ReplaceAll(client, " ", "\u00a0"), "# Clients\n" + client},
		{"pointed to", "> # Memory\n> used_memory:5\n> **used_memory_human:5.47G**\n> maxmemory:9", "# Memory\nused_memory:5\nused_memory_human:5.47G\nmaxmemory:9"},
		{"a client pointed to", client + "\n**" + client + "**", client + "\n" + client},
		{"stars of prose", "**Master:**", "**Master:**"},
		{"HTML", "127.0.0.1:6379&gt; info\n# Clients", "127.0.0.1:6379> info\n# Clients"},
		{"blanks after the colon", "# Clients\nconnected_clients: 412\nmaxclients:\t500\nsome_key:  x", "# Clients\nconnected_clients:412\nmaxclients:500\nsome_key:x"},
		{"blanks before the colon, thousands apart", "connected_clients : 1 203\nmaxclients : 10 000\nsome_key : 1 203", "connected_clients:1203\nmaxclients:10000\nsome_key:1 203"},
		{"marks of a page", "# Clients<br/>\nconnected_clients:998<br/>\nmaxclients:1000</td></tr>\nrole:master<br>", "# Clients<br/>\nconnected_clients:998\nmaxclients:1000\nrole:master"},
		{"clients on one line", client + " " + client + " " + client, client + "\n" + client + "\n" + client},
		{"printed line ends", `"` + client + `\n` + client + `\n"`, client + "\n" + client},
		{"printed INFO", `b'# Clients\r\nconnected_clients:412\r\nmaxclients:500\r\n'`, "# Clients\nconnected_clients:412\nmaxclients:500"},
		{"words before each line, as stern prints", prefixed("valkey-0 valkey "), reply},
		{"syslog's program and rsyslog's word for \\r", strings.ReplaceAll(prefixed("May 25 00:50:27.8 host INFO supervisord: redis-server "), "\n", "#015\n"), reply},
		{"remarks", "connected_clients:9987       # now\nblocked_clients:0\nmaxclients:10000 \u2190 your limit", "connected_clients:9987\nblocked_clients:0\nmaxclients:10000"},
		{"one line of a shell", "# Clients\r connected_clients:412\r some_new_key:3\r maxclients:500\r # Stats\r rejected_connections:3", "# Clients\nconnected_clients:412\nsome_new_key:3\nmaxclients:500\n# Stats\nrejected_connections:3"},
		{"one line of a page", "Output: # Clients # connected_clients:412 # some_key:3 # maxclients:500", "# Clients\nconnected_clients:412\nsome_key:3\nmaxclients:500"},
		{"one line with a value of several words", "redis_version:7.0.5 os:Linux 5.15.0 x86_64 arch_bits:64 tcp_port:6379 role:master", "redis_version:7.0.5\nos:Linux 5.15.0 x86_64\narch_bits:64\ntcp_port:6379\nrole:master"},
		{"INFO and clients on one line", "connected_clients:412 maxclients:500 " + client + " " + client, "connected_clients:412\nmaxclients:500\n" + client + "\n" + client},
		{"blanks for underscores, as from a picture", "connected clients:412\nmaxclients:500\nsome other thing:3", "connected_clients:412\nmaxclients:500\nsome other thing:3"},
		{"prose of two keys", "We saw connected_clients:5 there, maxclients:9 here", "We saw connected_clients:5 there, maxclients:9 here"},
		{"prose", "We see connected_clients:5 in the morning", "We see connected_clients:5 in the morning"},
		{"prose with a number at its end", "and then it says connected_clients:5", "and then it says connected_clients:5"},
		{"prose with a colon", "It says: connected_clients:5\nand that is all", "It says: connected_clients:5\nand that is all"},
		{"prose before a colon, twice", "a: connected_clients:5\na: maxclients:9", "connected_clients:5\nmaxclients:9"},
		{"numbered list stays", "1) \"maxclients\"\n2) \"60000\"", "1) \"maxclients\"\n2) \"60000\""},
		{"nested list stays", "1) 1) (integer) 15\n   2) (integer) 1531973801", "1) 1) (integer) 15\n   2) (integer) 1531973801"},
		{"quoted nested list", "> 1) 1) (integer) 15\n>    2) (integer) 1531973801", "1) 1) (integer) 15\n   2) (integer) 1531973801"},
		{"escapes in data stay", `2) "a\_b"`, `2) "a\_b"`},
		{"prefix and content alike", "# # Server\n# redis_version:7.2.4", "# Server\nredis_version:7.2.4"},
		{"a reply indented further than its prompt", "   127.0.0.1:6379> info\n    # Server\n    redis_version:2.8.17\n    arch_bits:64 \n    # Clients\n    connected_clients:213",
			"127.0.0.1:6379> info\n# Server\nredis_version:2.8.17\narch_bits:64\n# Clients\nconnected_clients:213"},
		{"another prefix later", "> # Clients\n> connected_clients:1\n| # Server\n| redis_version:7", "# Clients\nconnected_clients:1\n# Server\nredis_version:7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strip(test.text); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestPrefixIsGiven(t *testing.T) {
	var s Stripper
	s.Strip([]byte("2026-11-26T22:00:01Z redis | # Clients"), func(int) ([]byte, bool) { return nil, false })
	if got := string(s.Prefix()); got != "2026-11-26T22:00:01Z redis | " {
		t.Errorf("prefix %q", got)
	}
	s.Strip([]byte(client), nil)
	if len(s.Prefix()) != 0 {
		t.Errorf("prefix %q of a plain line", s.Prefix())
	}
}

// Whatever the text, nothing is made up: each line given stands in the input, but for what
// replacements and blanks explain, and a plain text comes back as it is.
func FuzzStrip(f *testing.F) {
	for _, seed := range []string{client, "> # Clients\n> connected_clients:1", "1) \"" + client + "\"", `"` + client + `\n"`, "\u00a0# Server", "a: maxclients:1\na: maxclients:2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Stripper
		lines := bytes.Split(text, []byte("\n"))
		for i, line := range lines {
			n := 0
			before := bytes.Clone(line)
			for _, part := range s.Strip(line, func(n int) ([]byte, bool) {
				if i+n >= len(lines) {
					return nil, false
				}
				return lines[i+n], true
			}) {
				n += len(part)
			}
			if n > len(line) {
				t.Errorf("%q became %d bytes", line, n)
			}
			if !bytes.Equal(before, line) {
				t.Errorf("the input was written to: %q, was %q", line, before)
			}
		}
	})
}
