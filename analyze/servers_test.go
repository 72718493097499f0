package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// read analyses a text as people paste it.
func read(t *testing.T, text string) *finding.Report {
	t.Helper()
	src := dump.NewReader(strings.NewReader(text), "paste.txt")
	tl, err := timeline.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	return Run(tl, Options{})
}

// info is an INFO of so many connections of 500, of a process.
func info(run string, port, clients int) string {
	return fmt.Sprintf("# Server\nredis_version:7.2.4\nrun_id:%s\ntcp_port:%d\nuptime_in_seconds:4775\n\n# Clients\nconnected_clients:%d\nmaxclients:500\n", run, port, clients)
}

// The servers of one paste are told apart by whatever tells them, and judged each; what is
// one server's stays together.
func TestServersApart(t *testing.T) {
	a, b := info("aaaa", 6379, 412), info("bbbb", 6379, 87)
	few := "# Clients\nconnected_clients:%d\nmaxclients:500\n"
	a0, b0 := fmt.Sprintf(few, 412), fmt.Sprintf(few, 87)
	prefixed := func(prefix, s string) string {
		return prefix + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+prefix) + "\n"
	}
	list := "id=7 addr=10.0.0.1:4242 fd=8 name= age=100 idle=90 flags=N db=0 cmd=get\n"
	other := strings.ReplaceAll(list, "id=7", "id=9")
	at := func(minute int, s string) string { return fmt.Sprintf("2024-03-02T10:%02d:00Z\n", minute) + s }
	up := func(secs, clients, accepted int) string {
		return fmt.Sprintf("# Server\nuptime_in_seconds:%d\n# Clients\nconnected_clients:%d\nmaxclients:500\n# Stats\ntotal_connections_received:%d\n", secs, clients, accepted)
	}
	const gone = "$ redis-cli -h 10.0.0.9 INFO\nCould not connect to Redis at 10.0.0.9:6379: Connection refused\n"
	masked := strings.NewReplacer("aaaa", "***", "bbbb", "***")
	for name, c := range map[string]struct{ text, servers string }{
		"ansible":                  {"redis-1 | CHANGED | rc=0 >>\n" + a + "\nredis-2 | CHANGED | rc=0 >>\n" + b, "redis-1 412, redis-2 87"},
		"ansible, no run ids":      {"10.0.0.5 | SUCCESS | rc=0 >>\n" + b0 + "\n10.0.0.6 | SUCCESS | rc=0 >>\n" + a0, "10.0.0.6 412, 10.0.0.5 87"},
		"tail":                     {"==> redis-a1.log-host <==\n" + a0 + "\n==> redis-b2 <==\n" + b0, "redis-a1.log-host 412, redis-b2 87"},
		"headings of Markdown":     {"### cache-1\n```\n" + a0 + "```\n### cache-2\n```\n" + b0 + "```\n", "cache-1 412, cache-2 87"},
		"roles":                    {"## Master\n" + a0 + "\n## Replica\n" + b0, "Master 412, Replica 87"},
		"numbered":                 {"--- Sentinel 1 ---\n" + a0 + "--- Sentinel 2 ---\n" + b0, "Sentinel 1 412, Sentinel 2 87"},
		"label":                    {"Host: db-7\n" + a0 + "Host: db-8\n" + b0, "db-7 412, db-8 87"},
		"salt":                     {"redis-1:\n" + prefixed("    ", a) + "redis-2:\n" + prefixed("    ", b), "redis-1 412, redis-2 87"},
		"prompts":                  {"10.0.0.1:6379> info clients\n" + a0 + "10.0.0.2:6379> info clients\n" + b0, "10.0.0.1:6379 412, 10.0.0.2:6379 87"},
		"prompts of ports":         {"127.0.0.1:7000> info\n" + a0 + "127.0.0.1:7001> info\n" + b0, "127.0.0.1:7000 412, 127.0.0.1:7001 87"},
		"redis-cli -h":             {"$ redis-cli -h 10.0.0.1 info clients\n" + a0 + "$ redis-cli -h 10.0.0.2 -p 6380 info clients\n" + b0, "10.0.0.1 412, 10.0.0.2:6380 87"},
		"kubectl":                  {"$ kubectl -n prod exec redis-0 -- redis-cli info clients\n" + a0 + "$ kubectl -n prod exec redis-1 -- redis-cli info clients\n" + b0, "redis-0 412, redis-1 87"},
		"docker exec":              {"$ docker exec -it cache_a redis-cli info\n" + a0 + "$ docker exec -it cache_b redis-cli info\n" + b0, "cache_a 412, cache_b 87"},
		"ssh, then prompts":        {"$ ssh root@web-1\n127.0.0.1:6379> info\n" + a0 + "root@web-1:~# exit\n$ ssh root@web-2\n127.0.0.1:6379> info\n" + b0, "web-1 412, web-2 87"},
		"pdsh":                     {prefixed("redis-1: ", a0) + prefixed("redis-2: ", b0), "redis-1 412, redis-2 87"},
		"docker compose":           {prefixed("redis_1  | ", a0) + prefixed("redis_2  | ", b0), "redis_1 412, redis_2 87"},
		"nothing but the port":     {a + info("bbbb", 6380, 87), "run id aaaa 412, port 6380 87"},
		"nothing but the run id":   {a + b, "run id aaaa 412, run id bbbb 87"},
		"back again":               {"10.0.0.1:6379> info\n" + b0 + "10.0.0.2:6379> info\n" + a0 + "10.0.0.1:6379> client list\n" + list, "10.0.0.2:6379 412, 10.0.0.1:6379 87"},
		"refused elsewhere":        {"127.0.0.1:26379> info clients\n" + b0 + "----------\n127.0.0.1:26379> info clients\nERR max number of clients reached\n", "the one that refused -, server 1 87"},
		"one by two names":         {"### cache-1\n" + a + "10.0.0.1:6379> info\n" + a, " 412"},
		"one under two headings":   {"### cache-1\n" + a + "### cache-1.example.org\n" + a, " 412"},
		"samples":                  {"### sample 1\n" + a0 + "### sample 2\n" + a0, " 412"},
		"sections as headings":     {"### INFO\n" + a0 + "### CLIENT LIST\n" + list, " 412"},
		"times as headings":        {"=== 22:05:01 ===\n" + a0 + "=== 22:05:11 ===\n" + a0, " 412"},
		"versions as headings":     {"### Redis 7.2\n" + a0 + "### v2.1\n" + list, " 412"},
		"files as headings":        {"=== info.txt ===\n" + a0 + "=== clients-1.txt ===\n" + list, " 412"},
		"a prompt after a reply":   {a0 + "127.0.0.1:6379> client list\n" + list, " 412"},
		"one's refusal":            {"127.0.0.1:6379> info clients\n# Clients\nconnected_clients:499\nmaxclients:500\n127.0.0.1:6379> info\nERR max number of clients reached\n", " 499"},
		"chatter of another host":  {at(0, a) + at(1, a) + gone + at(2, a) + at(3, a), " 412"},
		"chatter, no run id":       {at(0, a0) + at(1, a0) + gone + at(2, a0) + at(3, a0), " 412"},
		"chatter between the two":  {at(0, a0+list) + gone + list + at(1, a0+list), " 1"},
		"chatter of a prompt":      {at(0, a) + "10.0.0.1:6379> ping\nPONG\n" + at(1, a) + "10.0.0.9:6379> ping\nPONG\n" + at(2, a+list), " 412"},
		"prompts of one's lists":   {"10.0.0.1:6379> client list\n" + list + "10.0.0.9:6379> client list\n" + list, " 1"},
		"prompts of one's uptime":  {"10.0.0.1:6379> info\n" + at(0, up(100, 412, 1000)) + "10.0.0.9:6379> info\n" + at(1, up(160, 412, 1010)), " 412"},
		"prompts of two uptimes":   {"10.0.0.1:6379> info\n" + at(0, up(100, 412, 1000)) + "10.0.0.9:6379> info\n" + at(1, up(190, 87, 1010)), "10.0.0.1:6379 412, 10.0.0.9:6379 87"},
		"headings, one uptime":     {"### cache-1\n" + at(0, up(100, 412, 1000)) + "### cache-2\n" + at(0, up(100, 87, 1000)), "cache-1 412, cache-2 87"},
		"prompts of two lists":     {"10.0.0.1:6379> client list\n" + list + list + "10.0.0.9:6379> client list\n" + other, "10.0.0.1:6379 1, 10.0.0.9:6379 1"},
		"masked lists":             {"10.0.0.1:6379> client list\n" + strings.ReplaceAll(list, "10.0.0.1", "***") + "10.0.0.9:6379> client list\n" + strings.ReplaceAll(list, "10.0.0.1", "***"), "10.0.0.1:6379 1, 10.0.0.9:6379 1"},
		"masked run ids":           {masked.Replace("### cache-1\n" + a + "### cache-2\n" + b), "cache-1 412, cache-2 87"},
		"refused, then there":      {at(0, a) + gone + "$ redis-cli -h 10.0.0.9 INFO\n" + at(1, b) + "$ redis-cli -h 10.0.0.1 INFO\n" + at(2, a), "10.0.0.1 412, 10.0.0.9 87"},
		"a heading, then gone":     {"### cache-1\n" + at(0, a) + "### cache-2\nCould not connect to Redis at 127.0.0.1:6379: Connection refused\n" + at(1, b), "cache-1 412, cache-2 87"},
		"a shell of one machine":   {"ops@bastion:~$ redis-cli info clients\n" + a0 + "127.0.0.1:6379> client list\n" + list + "ops@bastion:~$ redis-cli dbsize\n5\n", " 412"},
		"a heading without a host": {"### Redis\n" + a0 + "### Application\n" + list, " 412"},
	} {
		r := read(t, c.text)
		var got []string
		for _, s := range r.Servers {
			got = append(got, s.Name+" "+connected(&s.Report))
		}
		if len(r.Servers) == 0 {
			got = []string{" " + connected(r)}
		}
		if s := strings.Join(got, ", "); s != c.servers {
			t.Errorf("%s: %q, want %q", name, s, c.servers)
		}
		for _, d := range r.DataQuality {
			if strings.Contains(d.What, "restarted") {
				t.Errorf("%s: %s", name, d.What)
			}
		}
	}
}

// Numbers that no server has make no numbers of ours, and no date.
func TestNumbersThatCannotBe(t *testing.T) {
	const huge = "9223372036854775807"
	for name, text := range map[string]string{
		"largest": "# Server\nuptime_in_seconds:" + huge + "\n# Clients\nconnected_clients:" + huge + "\nmaxclients:" + huge +
			"\ntotal_connections_received:" + huge + "\nrejected_connections:" + huge + "\nused_memory:" + huge + "\n",
		"negative": "# Server\nuptime_in_seconds:-5\nserver_time_usec:1\n# Clients\nconnected_clients:-7\nmaxclients:-1\nblocked_clients:-3\n",
		"rows": "id=" + huge + " addr=1.2.3.4:5 fd=8 name= age=" + huge + " idle=" + huge + " flags=N db=0 omem=" + huge + " qbuf=" + huge + " cmd=get\n" +
			"id=2 addr=1.2.3.4:6 fd=9 name= age=-1 idle=-1 flags=N db=0 omem=-1 cmd=get\n",
		"floats":   "# Clients\nconnected_clients:1e300\nmaxclients:nan\n",
		"zero day": "# Server\nserver_time_usec:86400000000\nuptime_in_seconds:5\n# Clients\nconnected_clients:5\nmaxclients:10\n",
	} {
		r := read(t, text)
		out := fmt.Sprint(r.Verdict.Summary, r.Snapshot, r.Holders, r.Candidates)
		for _, bad := range [...]string{"223 372", "TiB", "e+", "1970", "NaN", "-1 ", "301 d"} {
			if strings.Contains(out, bad) {
				t.Errorf("%s: %q in %s", name, bad, out)
			}
		}
		if !r.Input.Relative && !r.Input.From.IsZero() {
			t.Errorf("%s: from %v", name, r.Input.From)
		}
	}
}

// connected is the number of connections that a report begins with.
func connected(r *finding.Report) string {
	word, _, _ := strings.Cut(r.Verdict.Summary, " ")
	if word == "A" {
		return "-"
	}
	return word
}
