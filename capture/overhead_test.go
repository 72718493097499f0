package capture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// idleEnv makes the test binary a process that holds idle connections: "address count".
// They are held by another process so that the recorder's own memory can be measured.
const idleEnv = "CONNBOX_TEST_IDLE"

func TestMain(m *testing.M) {
	if spec := os.Getenv(idleEnv); spec != "" {
		if err := holdIdle(spec); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// holdIdle opens connections from 50 addresses, says "ready", and holds them until its
// standard input ends.
func holdIdle(spec string) error {
	addr, count, _ := strings.Cut(spec, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	conns := make([]net.Conn, 0, n)
	for i := range n {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%50))}}
		nc, err := d.Dial("tcp", addr)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		conns = append(conns, nc)
		if r, err := testserver.Command(nc, "CLIENT", "SETNAME", fmt.Sprintf("worker-%d", i%20)); err != nil || r != "+OK" {
			return fmt.Errorf("connection %d: %s %w", i, r, err)
		}
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	for _, nc := range conns {
		nc.Close()
	}
	return nil
}

// startIdle runs holdIdle in a process of its own until the benchmark ends.
func startIdle(b *testing.B, addr string, n int) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idleEnv, addr, n))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		b.Fatalf("idle connections: %q %v", line, err)
	}
}

type discardSink struct{}

func (discardSink) Write(record.Record) error { return nil }

// BenchmarkRun records 5,000 idle connections for 40 s at the default cadence and reports
// the recorder's share of one core, its memory, and its share of the server's main thread:
//
//	go test ./capture -run '^$' -bench Run -benchtime 1x
//
// Target: under 5 % of a core and 60 MB, writing included. Measured on two cores with Redis
// 7.0.15: 0.17 % and 26 MB with a sink that discards, 0.23 % and 37 MB with a bundle; 0.12 %
// of the server.
func BenchmarkRun(b *testing.B) {
	const conns, length = 5000, 40 * time.Second
	// Protected mode takes 127.0.0.2 for another host.
	s := testserver.Start(b, testserver.Config("maxclients 6000", "protected-mode no"))
	startIdle(b, s.Addr(), conns)
	sinks := []struct {
		name string
		open func(*testing.B, Options) (Sink, func())
	}{
		{"discard", func(*testing.B, Options) (Sink, func()) { return discardSink{}, func() {} }},
		{"bundle", func(b *testing.B, o Options) (Sink, func()) {
			w, err := bundle.CreateLive(filepath.Join(b.TempDir(), "x.connbox"), o.Meta("test"))
			if err != nil {
				b.Fatal(err)
			}
			return w, func() {
				if err := w.Close("duration"); err != nil {
					b.Error(err)
				}
			}
		}},
	}
	for _, sink := range sinks {
		b.Run(sink.name, func(b *testing.B) {
			for range b.N {
				debug.FreeOSMemory()
				opts := Options{Target: targetOf(s), Duration: length}
				w, finish := sink.open(b, opts)
				before := cpuTime(b)
				stats, err := Run(context.Background(), opts, w)
				used := cpuTime(b) - before
				if err != nil || stats.Failures > 0 {
					b.Fatalf("%+v, %v", stats, err)
				}
				b.ReportMetric(100*used.Seconds()/length.Seconds(), "%core")
				b.ReportMetric(residentMB(b), "MB-resident")
				b.ReportMetric(100*serverShare(stats, length), "%server")
				for _, p := range stats.Probes {
					b.Logf("%-12s asked %d, %d bytes, longest %v, %v a reply", p.Name, p.Asked, p.Bytes, p.MaxTook, p.PerReply)
				}
				finish()
			}
		})
	}
}

// serverShare is the share of the server's main thread that the probes took.
func serverShare(s Stats, length time.Duration) float64 {
	var sum time.Duration
	for _, p := range s.Probes {
		sum += time.Duration(p.Asked) * p.PerReply
	}
	return sum.Seconds() / length.Seconds()
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentMB is the memory of this process that is resident now, in 10^6 bytes.
func residentMB(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	f := strings.Fields(string(text))
	pages, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * float64(os.Getpagesize()) / 1e6
}
