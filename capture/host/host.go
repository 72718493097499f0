// Package host reads what Linux tells of a server's process and of its sockets, where the recorder
// runs beside it: what a server itself cannot say of the limits it runs into.
package host

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A Process is a server's process on this machine.
type Process struct {
	proc string // the folder of all processes: /proc
	pid  int
	port int
}

// servers are what the processes of servers are called.
var servers = [...]string{"redis", "valkey", "keydb", "dragonfly"}

// Find gives the process of a server that is reached by nc, calls itself pid and listens on port;
// nil where it is not of this machine, or this is no Linux: a pid of a container of its own is
// another process here, or none.
func Find(nc net.Conn, pid, port int) *Process { return find("/proc", nc, pid, port) }

func find(proc string, nc net.Conn, pid, port int) *Process {
	p := &Process{proc, pid, port}
	name, err := os.ReadFile(p.path("comm"))
	if err != nil || pid <= 0 || !local(nc) {
		return nil
	}
	for _, s := range servers {
		if bytes.Contains(name, []byte(s)) {
			return p
		}
	}
	return nil
}

// local tells whether both ends of a connection are one machine's.
func local(nc net.Conn) bool {
	if _, ok := nc.RemoteAddr().(*net.UnixAddr); ok {
		return true
	}
	remote, ok1 := nc.RemoteAddr().(*net.TCPAddr)
	own, ok2 := nc.LocalAddr().(*net.TCPAddr)
	return ok1 && ok2 && (remote.IP.IsLoopback() || remote.IP.Equal(own.IP))
}

func (p *Process) path(name string) string { return filepath.Join(p.proc, strconv.Itoa(p.pid), name) }

// most bounds what is read of one file: a table of 100,000 sockets.
const most = 16 << 20

// read gives a file of a few kilobytes; nil where it cannot be read.
func read(path string) (text []byte) {
	for line := range lines(path) {
		text = append(append(text, line...), '\n')
	}
	return text
}

// lines gives a file's lines as they are read, each valid until the next: a table of 20,000 sockets
// takes 3 MB.
func lines(path string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		for s := bufio.NewScanner(io.LimitReader(f, most)); s.Scan() && yield(s.Bytes()); {
		}
	}
}

// Facts gives what is known, a line each in the form of INFO; nil where the process is gone. What
// the recorder may not read is not in it. Source: proc(5).
func (p *Process) Facts() []byte {
	stat := read(p.path("stat"))
	i := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	if i < 0 {
		return nil
	}
	b := []byte("# Host\n")
	add := func(key string, v any) { b = fmt.Appendf(b, "%s:%v\n", key, v) }
	if f := strings.Fields(string(stat[i+1:])); len(f) > 13 {
		user, err1 := strconv.ParseInt(f[11], 10, 64)
		system, err2 := strconv.ParseInt(f[12], 10, 64)
		if err1 == nil && err2 == nil { // USER_HZ is 100 wherever Go runs
			add("cpu_user_seconds", float64(user)/100)
			add("cpu_system_seconds", float64(system)/100)
		}
	}
	for line := range lines(p.path("limits")) {
		if f := strings.Fields(string(line)); len(f) > 4 && strings.HasPrefix(string(line), "Max open files") {
			add("descriptors_limit", f[3])
			add("descriptors_hard_limit", f[4])
		}
	}
	if fds, err := os.ReadDir(p.path("fd")); err == nil { // its own user, or root
		add("descriptors_used", len(fds))
	}
	for line := range lines(p.path("status")) {
		key, value, _ := strings.Cut(string(line), ":")
		if name := statusKeys[key]; name != "" {
			if kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64); err == nil {
				add(name, kb*1024)
			}
		}
	}
	for key, v := range pairs(p.path("net/netstat"), "TcpExt:") {
		if name := netstatKeys[key]; name != "" {
			add(name, v)
		}
	}
	if f := strings.Fields(string(read(filepath.Join(p.proc, "loadavg")))); len(f) > 0 {
		add("load_1m", f[0])
	}
	for line := range lines(filepath.Join(p.proc, "meminfo")) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemAvailable:" {
			if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				add("memory_available_bytes", kb*1024)
			}
		}
	}
	return sorted(b)
}

var (
	statusKeys  = map[string]string{"VmRSS": "rss_bytes", "VmSwap": "swap_bytes"}
	netstatKeys = map[string]string{"ListenOverflows": "listen_overflows", "ListenDrops": "listen_drops", "TCPAbortOnMemory": "tcp_aborts_on_memory"}
)

// pairs reads two lines of a file, a table's names and its values.
func pairs(path, lead string) map[string]string {
	var names []string
	out := map[string]string{}
	for line := range lines(path) {
		f := strings.Fields(string(line))
		if len(f) == 0 || f[0] != lead {
			continue
		}
		if names == nil {
			names = f
			continue
		}
		for i := range min(len(f), len(names)) {
			out[names[i]] = f[i]
		}
	}
	return out
}

// sorted puts the lines behind the heading in order, so that two readings are alike.
func sorted(b []byte) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	slices.SortFunc(lines[1:len(lines)-1], bytes.Compare)
	return bytes.Join(lines, nil)
}

// mostPeers is how many peers with their states are told.
const mostPeers = 50

// states are the states of TCP by their numbers in /proc/net/tcp, as ss calls them.
var states = [...]string{"", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV"}

// Peers counts the TCP connections to the server's port by peer and state, those with the most
// first; the rest are record.AllPeers. nil where nothing can be read.
func (p *Process) Peers() []record.Peer {
	type key struct{ peer, state string }
	counts := map[key]int64{}
	for _, table := range [...]string{"net/tcp", "net/tcp6"} {
		for line := range lines(p.path(table)) {
			f := strings.Fields(string(line))
			if len(f) < 4 {
				continue
			}
			_, port, ok := address(f[1])
			peer, _, ok2 := address(f[2])
			state, err := strconv.ParseUint(f[3], 16, 8)
			if !ok || !ok2 || err != nil || port != p.port || int(state) >= len(states) || states[state] == "LISTEN" {
				continue
			}
			counts[key{peer, states[state]}]++
		}
	}
	var all []record.Peer
	for k, n := range counts {
		all = append(all, record.Peer{Name: k.peer, Count: n, State: k.state})
	}
	slices.SortFunc(all, func(a, b record.Peer) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name), strings.Compare(a.State, b.State))
	})
	if len(all) <= mostPeers {
		return all
	}
	rest := map[string]int64{}
	for _, p := range all[mostPeers:] {
		rest[p.State] += p.Count
	}
	all = all[:mostPeers]
	for _, state := range states {
		if rest[state] > 0 {
			all = append(all, record.Peer{Name: "(others)", Count: rest[state], State: state})
			delete(rest, state)
		}
	}
	return all
}

// address reads 0100007F:1F90: words of 32 bits in the machine's order, and the port.
func address(s string) (ip string, port int, ok bool) {
	words, p, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(words)
	n, perr := strconv.ParseUint(p, 16, 16)
	if !ok || err != nil || perr != nil || len(raw) != 4 && len(raw) != 16 {
		return "", 0, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(raw[i:], binary.NativeEndian.Uint32(raw[i:]))
	}
	addr, _ := netip.AddrFromSlice(raw)
	return addr.Unmap().String(), int(n), true
}
