package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// binDir holds the program for tests that need a process of its own.
var binDir string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if binDir, err = os.MkdirTemp("", "connbox-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(binDir)
	os.Exit(code)
}

var buildOnce = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binDir, "connbox")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// program builds the program. It must be called before the test changes its folder.
func program(t *testing.T) string {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A result is what a run left.
type result struct {
	out, err string
	code     int
}

// cli runs the program within the test, with a locale of UTF-8 and nothing else from the
// environment.
func invoke(t *testing.T, args ...string) result {
	t.Helper()
	return invokeEnv(t, context.Background(), map[string]string{"LANG": "C.UTF-8"}, args...)
}

func invokeEnv(t *testing.T, ctx context.Context, env map[string]string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(ctx, args, cli.World{In: os.Stdin, Out: &out, Err: &errOut, Env: func(k string) (string, bool) {
		v, ok := env[k]
		return v, ok
	}})
	return result{out.String(), errOut.String(), code}
}

// want runs the program and checks the status.
func want(t *testing.T, code int, args ...string) result {
	t.Helper()
	r := invoke(t, args...)
	if r.code != code {
		t.Fatalf("connbox %s: status %d, want %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// write writes a file of the test.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dump is what an operator's loop printed: n samples, ten seconds apart, of a server with
// steady clients and, from the fifth sample on, three more of one host each time.
func dump(n int) string {
	var b strings.Builder
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	id, closed := 100, 20
	for i := range n {
		clients := 20
		if i >= 5 {
			clients += 3 * (i - 4)
		}
		fmt.Fprintf(&b, "%s\n", at.Add(time.Duration(i)*10*time.Second).Format(time.RFC3339))
		fmt.Fprintf(&b, "# Server\r\nredis_version:7.0.15\r\nrun_id:%040d\r\nuptime_in_seconds:%d\r\n\r\n# Clients\r\nconnected_clients:%d\r\nmaxclients:100\r\nblocked_clients:0\r\n\r\n", 7, 5000+10*i, clients+1)
		fmt.Fprintf(&b, "# Stats\r\ntotal_connections_received:%d\r\ntotal_commands_processed:%d\r\nrejected_connections:0\r\n\r\n# Replication\r\nrole:master\r\n\r\n", closed+clients+1+i, 1000*(i+1))
		for c := range clients {
			host, idle := fmt.Sprintf("10.0.0.%d", c%5), i%3
			if c >= 20 {
				host, idle = "10.0.9.1", (i-4-(c-20)/3)*10
			}
			fmt.Fprintf(&b, "id=%d addr=%s:%d fd=%d name=app age=%d idle=%d flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=get user=default\n",
				id+c, host, 40000+c, 8+c, 100+10*i, idle)
		}
		fmt.Fprintf(&b, "id=%d addr=127.0.0.1:%d fd=200 name= age=0 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 qbuf=26 qbuf-free=0 obl=0 oll=0 omem=0 events=r cmd=client user=default\n", 1000+i, 50000+i)
	}
	return b.String()
}

// golden holds a run against testdata/golden/NAME, which -update writes.
func golden(t *testing.T, root, name string, args []string, r result) {
	t.Helper()
	got := fmt.Sprintf("$ connbox %s\n--- stdout\n%s--- stderr\n%s--- status %d\n", strings.Join(args, " "), r.out, r.err, r.code)
	path := filepath.Join(root, "testdata", "golden", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, got)
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(text) {
		t.Errorf("%s (go test -run %s -update rewrites it)\ngot:\n%s\nwant:\n%s", path, t.Name(), got, text)
	}
}

func workDir(t *testing.T) (root string) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	return root
}

func TestHelpOfEveryCommand(t *testing.T) {
	root := workDir(t)
	a := &cli.App{}
	for _, c := range append(newRoot(a).Commands(), newRoot(a)) {
		args := []string{c.Name(), "--help"}
		if !c.HasParent() {
			args = args[1:]
		}
		r := invoke(t, args...)
		if r.code != 0 || r.err != "" {
			t.Errorf("%v: status %d, stderr %q", args, r.code, r.err)
		}
		golden(t, root, "help-"+c.Name(), args, r)
		for line := range strings.SplitSeq(r.out, "\n") {
			if len(line) > 100 {
				t.Errorf("%v: a line of %d characters: %s", args, len(line), line)
			}
		}
		if c.HasParent() {
			if by := invoke(t, "help", c.Name()); by.out != r.out {
				t.Errorf("help %s differs from %s --help", c.Name(), c.Name())
			}
		}
	}
}

// The examples of the help texts must be commands that exist, with flags that exist.
func TestExamplesAreTrue(t *testing.T) {
	root := newRoot(&cli.App{})
	flagOf := regexp.MustCompile(`^-{1,2}([a-z-]+)`)
	n := 0
	for _, c := range append(root.Commands(), root) {
		for line := range strings.SplitSeq(c.Example, "\n") {
			_, rest, ok := strings.Cut(line, "connbox ")
			if !ok {
				continue
			}
			words := strings.Fields(strings.TrimRight(rest, ")"))
			about := find(root, strings.Trim(words[0], `")`))
			if about == nil {
				t.Errorf("%s: example of an unknown command: %s", c.Name(), line)
				continue
			}
			n++
			for _, w := range words[1:] {
				if w == "--" {
					break // what follows is another program's
				}
				m := flagOf.FindStringSubmatch(w)
				if m == nil {
					continue
				}
				known := about.Flag(m[1]) != nil
				if len(m[1]) == 1 {
					known = about.Flags().ShorthandLookup(m[1]) != nil || about.InheritedFlags().ShorthandLookup(m[1]) != nil
				}
				if strings.HasPrefix(rest, "man |") {
					known = true // the flag is man's own
				}
				if !known {
					t.Errorf("%s has no flag %s: %s", about.Name(), w, line)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d examples found", n)
	}
}

func TestBadUse(t *testing.T) {
	root := workDir(t)
	write(t, "x.txt", dump(8))
	write(t, "file", "no folder")
	for name, args := range map[string][]string{
		"unknown-command":    {"anlyze", "x.txt"},
		"unknown-flag":       {"analyze", "--fial-on", "incident", "x.txt"},
		"no-input":           {"analyze"},
		"two-inputs":         {"analyze", "x.txt", "x.txt"},
		"two-stdouts":        {"analyze", "-o", "json", "-o", "text:-", "x.txt"},
		"same-file":          {"analyze", "-o", "json:out", "-o", "md:./out", "x.txt"},
		"none-file":          {"analyze", "-o", "none:x", "x.txt"},
		"none-and-text":      {"analyze", "-o", "none", "-o", "text", "x.txt"},
		"unknown-format":     {"report", "-o", "pdf:x.pdf", "x.txt"},
		"no-file-name":       {"analyze", "-o", "html:", "x.txt"},
		"output-no-folder":   {"report", "-o", "html:none/x.html", "x.txt"},
		"output-in-file":     {"report", "-o", "html:file/x.html", "x.txt"},
		"output-is-folder":   {"report", "-o", "html:.", "x.txt"},
		"output-is-input":    {"analyze", "-o", "text:x.txt", "x.txt"},
		"fail-on":            {"analyze", "--fail-on", "leak", "x.txt"},
		"fail-on-confidence": {"analyze", "--fail-on", "incident:2", "x.txt"},
		"tz":                 {"analyze", "--tz", "Mars/Olympus", "x.txt"},
		"color":              {"analyze", "--color", "green", "x.txt"},
		"explain-unknown":    {"explain", "connection-leek"},
		"explain-part":       {"explain", "storm"},
		"explain-far":        {"explain", "qqqqqqqq"},
		"help-unknown":       {"help", "rewind"},
		"later-command":      {"rewind", "x.connbox"},
		"completion":         {"completion", "tcsh"},
		"capture-h":          {"capture", "-h"},
		"capture-argument":   {"capture", "redis-1", "redis-2"},
		"capture-tls":        {"capture", "--cacert", "x.pem"},
		"capture-two-places": {"capture", "-u", "redis://h", "-p", "1"},
		"capture-port":       {"capture", "-p", "70000"},
		"capture-uri":        {"capture", "-u", "http://u:secret@h"},
		"capture-user":       {"capture", "--user", "ops"},
		"capture-nothing":    {"capture", "--info-every", "0", "--list-every", "0", "--slowlog-every", "1ms"},
		"capture-stdout":     {"capture", "-o", "-"},
		"capture-passfile":   {"capture", "--pass-file", "none"},
		"import-exists":      {"import", "-o", "file", "x.txt"},
		"export-what":        {"export", "--what", "keys", "x.txt"},
		"export-rows":        {"export", "--what", "slowlog", "--format", "csv", "x.txt"},
		"export-sample":      {"export", "--sample", "0", "x.txt"},
		"check-nothing":      {"check", "."},
		"check-missing":      {"check", "none.expect.json"},
	} {
		t.Run(name, func(t *testing.T) {
			r := invoke(t, args...)
			golden(t, root, "bad-use-"+name, args, r)
			if r.code != int(cli.StatusUsage) || r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.HasPrefix(r.err, "connbox: ") {
				t.Errorf("want status 2 and one line on stderr: %+v", r)
			}
			if strings.Contains(r.err, "secret") {
				t.Errorf("a password is repeated: %s", r.err)
			}
		})
	}
	left, _ := os.ReadDir(".")
	if len(left) != 2 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestStatuses(t *testing.T) {
	order := []cli.Status{cli.StatusInternal, cli.StatusUsage, cli.StatusInput, cli.StatusFinding, cli.StatusTooLittle, cli.StatusDone}
	for i, a := range order {
		for _, b := range order[i:] {
			if cli.Worse(a, b) != a || cli.Worse(b, a) != a {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, cli.Worse(a, b), a)
			}
		}
	}
	manual, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimRight(cli.ExitHelp(), "\n"), "\n") {
		if !strings.Contains(string(manual), "//\t"+strings.TrimPrefix(line, "  ")+"\n") {
			t.Errorf("doc.go lacks the status %q", line)
		}
	}
}

func TestInternalError(t *testing.T) {
	var errOut bytes.Buffer
	panics := cli.World{Out: &errOut, Err: &errOut, Env: func(string) (string, bool) { panic("boom\x1b[31m") }}
	code := run(context.Background(), []string{"analyze", filepath.Join("..", "..", "fixtures", "incidents", "leak-named.dump.zst")}, panics)
	if code != 70 || strings.Count(errOut.String(), "\n") != 1 || !strings.Contains(errOut.String(), `boom\x1b[31m; please report it`) {
		t.Errorf("status %d: %s", code, errOut.String())
	}
	errOut.Reset()
	code = run(context.Background(), []string{"--debug", "analyze", filepath.Join("..", "..", "fixtures", "incidents", "leak-named.dump.zst")}, panics)
	if code != 70 || !strings.Contains(errOut.String(), "main_test.go") {
		t.Errorf("--debug shows no stack: %s", errOut.String())
	}
}

func TestInterrupted(t *testing.T) {
	workDir(t)
	write(t, "x.txt", dump(8))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range [][]string{{"analyze", "x.txt"}, {"import", "x.txt"}, {"report", "x.txt"}, {"inspect", "x.txt"}, {"export", "x.txt", "-o", "y"}} {
		r := invokeEnv(t, ctx, nil, args...)
		if r.code != 130 || r.out != "" || r.err != "connbox: interrupted\n" {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if left, _ := os.ReadDir("."); len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestVersion(t *testing.T) {
	if a, b := want(t, 0, "version"), want(t, 0, "--version"); a != b || !strings.HasPrefix(a.out, "connbox "+cli.Version+" (") {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestManAndCompletion(t *testing.T) {
	page := want(t, 0, "man").out
	for _, s := range []string{".TH CONNBOX 1", ".SH EXIT STATUS", "connbox capture", `\-\-fail\-on`, "REDISCLI_AUTH"} {
		if !strings.Contains(page, s) {
			t.Errorf("the manual lacks %q", s)
		}
	}
	for _, sh := range shells {
		if r := want(t, 0, "completion", sh.name); !strings.Contains(r.out, "connbox") {
			t.Errorf("%s: %q", sh.name, r.out)
		}
	}
	if r := want(t, 0, "__complete", "explain", "retry"); !strings.Contains(r.out, "retry-storm\n") {
		t.Errorf("causes are not completed: %s", r.out)
	}
}

func Example() {
	world := cli.World{In: os.Stdin, Out: os.Stdout, Err: os.Stdout, Env: os.LookupEnv}
	fmt.Println(run(context.Background(), []string{"analyze", "nowhere.txt"}, world))
	// Output:
	// connbox: nowhere.txt: cannot be opened: no such file or directory
	// 3
}
