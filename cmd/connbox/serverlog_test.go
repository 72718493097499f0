package main

import (
	"strings"
	"testing"
)

// What the terminal shows of a server's log alone. The texts have the shape of real logs.
func TestServerLogs(t *testing.T) {
	root := workDir(t)
	client := func(id, addr, flags, omem string) string {
		return "Client id=" + id + " addr=" + addr + " fd=39 name= age=19993 idle=2 flags=" + flags +
			" db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=32768 obl=0 oll=13791 omem=" + omem + " events=rw cmd=replconf"
	}
	logs := map[string]string{
		"replicas.log": "41:M 26 Oct 02:18:27.717 # " + client("162", "10.31.19.219:55356", "S", "268443704") + " scheduled to be closed ASAP for overcoming of output buffer limits.\n" +
			"41:M 26 Oct 02:18:27.757 # " + client("164", "10.31.7.197:49714", "S", "268438920") + " scheduled to be closed ASAP for overcoming of output buffer limits.\n" +
			"41:M 26 Oct 02:18:27.760 # Connection with slave 10.31.19.219:6379 lost.\n" +
			"41:M 26 Oct 02:18:31.022 # " + client("171", "10.31.19.219:55980", "S", "268435808") + " scheduled to be closed ASAP for overcoming of output buffer limits.\n",
		"descriptors.log": "1:M 21 Nov 2026 04:00:00.001 # You requested maxclients of 10000 requiring at least 10032 max file descriptors.\n" +
			"1:M 21 Nov 2026 04:00:00.001 # Server can't set maximum open files to 10032 because of OS error: Operation not permitted.\n" +
			"1:M 21 Nov 2026 04:00:00.001 # Current maximum open files is 1024. maxclients has been reduced to 992 to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.\n" +
			"1:M 21 Nov 2026 04:00:00.002 * Ready to accept connections\n" +
			"1:M 21 Nov 2026 09:12:44.120 # Accepting client connection: accept: Too many open files\n" +
			"1:M 21 Nov 2026 09:12:44.121 # Accepting client connection: accept: Too many open files\n",
		"quiet.log": strings.Repeat("redis_1  | 1:M 21 Nov 2026 04:00:00.001 - DB 0: 2 keys (0 volatile) in 8 slots HT.\n", 2) +
			"redis_1  | 1:M 21 Nov 2026 04:00:00.001 - 29 clients connected (0 replicas), 1222912 bytes in use\n" +
			"redis_1  | 1:M 21 Nov 2026 04:05:00.001 - 31 clients connected (0 replicas), 1223912 bytes in use\n" +
			"redis_1  | 1:M 21 Nov 2026 04:10:00.001 - 30 clients connected (0 replicas), 1223912 bytes in use\n",
	}
	for name, text := range logs {
		t.Run(name, func(t *testing.T) {
			write(t, name, text)
			golden(t, root, "serverlog-"+name, []string{"analyze", name}, want(t, 0, "analyze", name))
		})
	}
}

// A bundle made of a log says what the log says.
func TestImportedLogSaysTheSame(t *testing.T) {
	workDir(t)
	write(t, "x.log", strings.Repeat("7:M 21 Nov 2026 04:00:00.000 # Accepting client connection: accept: Too many open files\n", 3))
	want(t, 0, "import", "-o", "x.connbox", "x.log")
	verdict := func(path string) string {
		_, after, _ := strings.Cut(want(t, 0, "analyze", "--full", path).out, "VERDICT")
		first, _, _ := strings.Cut(after, "EVIDENCE")
		return first
	}
	if text, bundle := verdict("x.log"), verdict("x.connbox"); text != bundle || !strings.Contains(text, "no descriptor left") {
		t.Errorf("the text says\n%s\nand the bundle\n%s", text, bundle)
	}
	if out := want(t, 0, "export", "x.connbox").out; !strings.Contains(out, "Too many open files") {
		t.Errorf("export gives %q", out)
	}
}
