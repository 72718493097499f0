package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/connbox/connbox/fixtures/testserver"
)

// sentinel starts a Sentinel that watches a master, and gives its port.
func sentinel(t *testing.T, master *testserver.Server) int {
	t.Helper()
	p, dir := port(t), t.TempDir()
	conf := filepath.Join(dir, "sentinel.conf")
	write(t, conf, fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor m1 127.0.0.1 %d 1\nsentinel down-after-milliseconds m1 1000\nsentinel failover-timeout m1 5000\n",
		p, dir, master.Port))
	cmd := exec.Command("redis-server", conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return p
}

// bundlesOf gives the recordings in a folder by the port of their servers.
func bundlesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if part := strings.Split(strings.TrimSuffix(e.Name(), ".connbox"), "-"); len(part) > 1 {
			all[part[1]] = filepath.Join(dir, e.Name())
		}
	}
	return all
}

// TestSentinel records what a Sentinel knows, through the death of the master.
func TestSentinel(t *testing.T) {
	bin := program(t)
	master, replica := testserver.Start(t), testserver.Start(t)
	workDir(t)
	replica.Do("REPLICAOF", "127.0.0.1", strconv.Itoa(master.Port))
	until(t, "a replica", func() bool { return strings.Contains(master.Do("INFO", "replication"), "state=online") })
	sport := strconv.Itoa(sentinel(t, master))
	if r := want(t, 2, "capture", "--sentinel", "127.0.0.1:"+sport); !strings.Contains(r.err, "--master") {
		t.Error(r.err)
	}
	until(t, "a Sentinel", func() bool {
		return strings.Contains(invoke(t, "capture", "--sentinel", "127.0.0.1:"+sport, "--master", "no", "-o", "none").err, `no master "no"`)
	})
	listen := "127.0.0.1:" + strconv.Itoa(port(t))
	p := begin(t, bin, nil, "capture", "--sentinel", "127.0.0.1:1,127.0.0.1:"+sport, "--master", "m1", "--keep", "1h", "--listen", listen,
		"--info-every", "100ms", "--budget", "100", "-o", "all")
	ring := func(s *testserver.Server) string { return "all/127.0.0.1-" + strconv.Itoa(s.Port) }
	for _, s := range []*testserver.Server{master, replica} {
		until(t, "a recorder of each", func() bool { return invoke(t, "status", ring(s)).code == 0 })
	}
	get := func(path string) string {
		resp, err := http.Get("http://" + listen + path)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	metrics := get("/metrics")
	for _, s := range []*testserver.Server{master, replica} {
		if !strings.Contains(metrics, fmt.Sprintf(`connbox_up{target="127.0.0.1:%d"} 1`, s.Port)) {
			t.Errorf("%.3000s", metrics)
		}
	}
	if got := get("/healthz"); got != "ok\n" {
		t.Error(got)
	}
	master.Kill()
	until(t, "a new master", func() bool { return strings.Contains(replica.Try("INFO", "replication"), "role:master") })
	until(t, "both sides in the recordings", func() bool {
		return strings.Contains(want(t, 0, "export", ring(replica)).out, "role:master") && look(t, ring(master)).Failures != nil
	})
	if got := get("/healthz"); !strings.Contains(got, "127.0.0.1:"+strconv.Itoa(master.Port)+":") && !strings.HasPrefix(got, "ok") {
		t.Error(got)
	}
	finish(t, p)
	for _, s := range []*testserver.Server{master, replica} {
		want(t, 0, "inspect", "--verify", ring(s))
	}
	if !strings.Contains(p.err.String(), fmt.Sprintf("connbox: 127.0.0.1:%d: ", master.Port)) {
		t.Errorf("the log does not say that the master is gone: %s", p.err.String())
	}
}

// TestCluster records every node of a cluster, from one of them.
func TestCluster(t *testing.T) {
	bin := program(t)
	one, two := testserver.Start(t, testserver.Config("cluster-enabled yes")), testserver.Start(t, testserver.Config("cluster-enabled yes"))
	workDir(t)
	if r := invoke(t, "capture", "--cluster", "-p", strconv.Itoa(one.Port), "--duration", "1s"); r.code != 5 || !strings.Contains(r.err, "serves slots") {
		t.Errorf("a node by itself: %+v", r)
	}
	one.Do("CLUSTER", "ADDSLOTSRANGE", "0", "8191")
	two.Do("CLUSTER", "ADDSLOTSRANGE", "8192", "16383")
	one.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(two.Port))
	until(t, "a cluster", func() bool {
		return strings.Contains(one.Do("CLUSTER", "INFO"), "cluster_known_nodes:2") && strings.Contains(one.Do("CLUSTER", "INFO"), "state:ok")
	})
	p := begin(t, bin, nil, "capture", "--cluster", "-p", strconv.Itoa(one.Port), "--info-every", "100ms", "--budget", "100", "-o", "all")
	until(t, "ten records of each node", func() bool {
		all := bundlesOf(t, "all")
		for _, path := range all {
			if !recording(t, path, 10)() {
				return false
			}
		}
		return len(all) == 2
	})
	finish(t, p)
	for port, path := range bundlesOf(t, "all") {
		if j := look(t, path); j.Target != "127.0.0.1:"+port || j.Sealed != "signal" || count(j, "other") == 0 {
			t.Errorf("%+v", j)
		}
	}
}

// TestTargets follows the lines of a file.
func TestTargets(t *testing.T) {
	bin := program(t)
	var s []*testserver.Server
	for range 3 {
		s = append(s, testserver.Start(t))
	}
	workDir(t)
	line := func(i int) string { return fmt.Sprintf("127.0.0.1:%d # server %d\n", s[i].Port, i) }
	write(t, "bad.txt", line(0)+"redis://:pw@host:port\n")
	if r := want(t, 5, "capture", "--targets", "bad.txt", "-o", "none"); !strings.Contains(r.err, "bad.txt:2:") || strings.Contains(r.err, "pw@") {
		t.Error(r.err)
	}
	want(t, 2, "capture", "--targets", "bad.txt", "--cluster")
	want(t, 2, "capture", "--targets", "bad.txt", "-h", "host")
	write(t, "t.txt", "\n"+line(0)+fmt.Sprintf("redis://127.0.0.1:%d\n", s[1].Port)+line(0))
	p := begin(t, bin, nil, "capture", "--targets", "t.txt", "--info-every", "100ms", "--budget", "100", "-o", "all")
	until(t, "two recordings", func() bool { return len(bundlesOf(t, "all")) == 2 })
	write(t, "t.txt", line(1)+line(2))
	until(t, "the first is sealed and a third begins", func() bool {
		all := bundlesOf(t, "all")
		first := all[strconv.Itoa(s[0].Port)]
		return len(all) == 3 && !isDir(first)
	})
	os.Remove("t.txt") // nothing is known then, and the recordings go on
	third := bundlesOf(t, "all")[strconv.Itoa(s[2].Port)]
	until(t, "the third goes on", recording(t, third, 20))
	finish(t, p)
	for _, path := range bundlesOf(t, "all") {
		if j := look(t, path); j.Sealed != "signal" || j.Records < 5 {
			t.Errorf("%+v", j)
		}
	}
	if !strings.Contains(p.err.String(), "is no longer among the servers") {
		t.Error(p.err.String())
	}
}
