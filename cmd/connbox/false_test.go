package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBare: the program alone says how to begin.
func TestBare(t *testing.T) {
	got := want(t, 0)
	if n := strings.Count(got.out, "\n"); n > 10 || !strings.Contains(got.out, "connbox analyze") || got.err != "" {
		t.Errorf("%d lines: %+v", n, got)
	}
}

// TestNoPlaceBeyondTheEnd: a line behind the last is no place.
func TestNoPlaceBeyondTheEnd(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	r := want(t, 3, "export", "i.txt", "--at", "99999999")
	if r.out != "" || !strings.Contains(r.err, "nothing stands at 99999999") {
		t.Errorf("%+v", r)
	}
	want(t, 0, "export", "i.txt", "--at", "25")
}

// TestReportKeepsWhatIsNotItsOwn: a file of the report's name that somebody else wrote stays.
func TestReportKeepsWhatIsNotItsOwn(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	write(t, "i.md", "my own notes\n")
	want(t, 2, "report", "i.txt")
	if b, _ := os.ReadFile("i.md"); string(b) != "my own notes\n" {
		t.Errorf("%s", b)
	}
	want(t, 0, "report", "--force", "i.txt")
	want(t, 0, "report", "i.txt")
}

// TestReplay: the list at a moment is the last one before it, and names are inert.
func TestReplay(t *testing.T) {
	workDir(t)
	write(t, "i.txt", strings.ReplaceAll(dump(12), "name=app", "name=a\x1b[31m\u202epp"))
	got := want(t, 0, "replay", "i.txt", "--at", "2026-03-01T12:01:05Z").out
	if !strings.Contains(got, "AT 2026-03-01 12:01:00 UTC") || !strings.Contains(got, " 25 ") || strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("%q", got)
	}
	if got := want(t, 0, "replay", "i.txt").out; strings.Count(got, "\n") != 12 {
		t.Errorf("%s", got)
	}
	want(t, 2, "replay", "i.txt", "--at", "soon")
}

// TestOutsideOfTheRecording: a time that is not of the recording is an error that says what it was
// taken for and what there is, for every command that takes one; nothing is written then.
func TestOutsideOfTheRecording(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(31)) // 12:00:00 to 12:05:00
	want(t, 0, "import", "i.txt")
	for _, in := range []string{"i.txt", "i.connbox"} {
		for at, says := range map[string]string{
			"2026-03-01T12:05:01Z": "--at 2026-03-01 12:05:01 UTC is after its end at 2026-03-01 12:05:00 UTC",
			"2027-01-01":           "--at 2027-01-01 00:00:00 UTC is after its end at",
			"+1h":                  "--at 2026-03-01 13:00:00 UTC is after its end at",
			"-1h":                  "--at 2026-03-01 11:05:00 UTC is before its beginning at 2026-03-01 12:00:00 UTC",
			"2026-03-01T11:59:59Z": "is before its beginning at",
			"11:00":                "--at 2026-03-01 11:00:00 UTC is before its beginning at",
			"12:30":                "--at 2026-02-28 12:30:00 UTC is before its beginning at",
		} {
			if r := want(t, 3, "replay", in, "--at", at); r.out != "" || !strings.Contains(r.err, says) {
				t.Errorf("%s at %s: %+v", in, at, r)
			}
		}
		if r := want(t, 0, "replay", in, "--at", "2026-03-01T12:05:00Z"); !strings.Contains(r.out, "AT 2026-03-01 12:05:00 UTC") {
			t.Errorf("the last moment: %+v", r)
		}
		for _, part := range [][]string{{"--from", "2026-03-01 13:00"}, {"--to", "2026-03-01 11:00"}, {"--from", "+1h"}, {"--to", "-1h"}, {"--from", "13:00", "--to", "13:30"}} {
			for _, command := range [][]string{{"replay"}, {"cut", "-o", "o.connbox"}, {"import", "-o", "o.connbox"}, {"export", "-o", "o.txt"}, {"export", "--format", "csv"},
				{"export", "--format", "openmetrics"}, {"export", "--format", "parquet", "-o", "o.txt"}, {"analyze"}, {"report", "-o", "md:o.md"}, {"minimize", "-o", "o.connbox"}} {
				r := want(t, 2, append(append(command, in), part...)...)
				if r.out != "" || !strings.Contains(r.err, "leave nothing of "+in+", which is from 2026-03-01 12:00:00 UTC to 2026-03-01 12:05:00 UTC") {
					t.Errorf("%q %q: %+v", command, part, r)
				}
			}
		}
	}
	for _, name := range []string{"o.connbox", "o.txt", "o.md"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// TestReversedTimesOfDay: an end before the beginning is that of the next day, which is said.
func TestReversedTimesOfDay(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(31)+strings.ReplaceAll(dump(31), "2026-03-01", "2026-03-02")) // noon of two days
	want(t, 0, "import", "i.txt")
	for _, in := range []string{"i.txt", "i.connbox"} {
		for _, from := range []string{"12:04", "2026-03-01 12:04"} {
			r := want(t, 0, "export", in, "--what", "clients", "--from", from, "--to", "12:01")
			if n := strings.Count(r.out, "id=100 "); n != 14 || !strings.Contains(r.err, "--to 12:01 is before --from "+from+": that of the next day is meant") {
				t.Errorf("%s: %d lists, %s", in, n, r.err)
			}
		}
		r := want(t, 0, "export", in, "--what", "clients", "--from", "2026-03-02 12:01", "--to", "12:02")
		if n := strings.Count(r.out, "id=100 "); n != 7 || r.err != "" {
			t.Errorf("%s: a time of day is not of the other end's day: %d lists, %s", in, n, r.err)
		}
	}
}

// TestNoTimeAtAll: a duration of nothing, or of less, is refused in words for people wherever one is
// taken and does not say what nothing means.
func TestNoTimeAtAll(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	for _, c := range [][]string{
		{"analyze", "i.txt", "--since"}, {"cut", "i.txt", "-o", "o.connbox", "--last"}, {"capture", "-h", "127.0.0.1", "--duration"}, {"capture", "-h", "127.0.0.1", "--timeout"},
		{"capture", "-h", "127.0.0.1", "--keep"}, {"record-test", "--limit"}, {"record-test", "--every"},
	} {
		for value, says := range map[string]string{"0": "is no time at all", "0s": "is no time at all", "-1m": "is a negative duration", "soon": "is no duration"} {
			if r := want(t, 2, append(c, value)...); !strings.Contains(r.err, c[len(c)-1]+` "`+value+`" `+says) {
				t.Errorf("%q %s: %s", c, value, r.err)
			}
		}
	}
	for _, c := range [][]string{{"capture", "-h", "127.0.0.1", "--info-every"}, {"capture", "-h", "127.0.0.1", "--list-every"}, {"capture", "-h", "127.0.0.1", "--slowlog-every"},
		{"capture", "-h", "127.0.0.1", "--pin-before"}, {"fleet", "i.txt", "--limit"}, {"record-test", "--settle"}} {
		if r := want(t, 2, append(c, "-1m")...); !strings.Contains(r.err, `"-1m" is a negative duration`) {
			t.Errorf("%q: %s", c, r.err)
		}
	}
	want(t, 2, "cut", "i.txt", "-o", "o.connbox", "--every", "-1")
}

// TestForeignFolder: text of the form of INFO is no INFO, and a folder of configuration files is
// no recording of years.
func TestForeignFolder(t *testing.T) {
	workDir(t)
	if err := os.Mkdir("etc", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "etc/debconf.conf", "# and some other dynamic data.\nConfig: configdb\n# Debconf will use this database.\nTemplates: templatedb\n\nName: config\nDriver: File\n")
	write(t, "etc/proxy", "# http.proxyPort=80\nhttp.nonProxyHosts=localhost|127.*|[::1]\n")
	for _, command := range []string{"analyze", "report"} {
		if r := want(t, 3, command, "etc"); r.out != "" || !strings.Contains(r.err, "etc") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	write(t, "etc/info.txt", dump(1))
	r := want(t, 0, "analyze", "etc")
	if !strings.Contains(r.out, " of the text not used") {
		t.Errorf("what was not used is not said:\n%s", r.out)
	}
}

// TestTwoServersOfOneImport: replies of two servers in one bundle are judged each.
func TestTwoServersOfOneImport(t *testing.T) {
	incidents := filepath.Join(workDir(t), "..", "..", "fixtures", "incidents")
	want(t, 0, "import", "-q", filepath.Join(incidents, "leak-named.dump.zst"), filepath.Join(incidents, "ok-steady.dump.zst"), "-o", "two.connbox")
	var r struct {
		Verdict struct{ Cause string }
		Servers []struct {
			Report struct {
				Verdict struct{ Status, Cause string }
			}
		}
	}
	if err := json.Unmarshal([]byte(want(t, 0, "analyze", "-o", "json", "two.connbox").out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Verdict.Cause != "connection-leak" || len(r.Servers) != 2 || r.Servers[0].Report.Verdict.Cause != "connection-leak" || r.Servers[1].Report.Verdict.Status != "healthy" {
		t.Errorf("%+v", r)
	}
}

// TestZipDates: what other tools refuse is a date with a month or a day of 0.
func TestZipDates(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	want(t, 0, "import", "i.txt")
	z, err := zip.OpenReader("i.connbox")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.ModifiedDate>>5&15 == 0 || f.ModifiedDate&31 == 0 {
			t.Errorf("%s is of %d-%02d-%02d", f.Name, 1980+f.ModifiedDate>>9, f.ModifiedDate>>5&15, f.ModifiedDate&31)
		}
	}
	if len(z.File) < 3 {
		t.Errorf("%d files", len(z.File))
	}
}

// TestNothingIsNegative: an interval that is not known is null, and no text shows a character that
// stands for a broken one.
func TestNothingIsNegative(t *testing.T) {
	incidents := filepath.Join(workDir(t), "..", "..", "fixtures", "incidents")
	write(t, "one.txt", dump(1))
	write(t, "untimed.txt", strings.Join(regexp.MustCompile(`(?m)^2026-.*\n`).Split(dump(2), -1), ""))
	for _, in := range []string{"one.txt", "untimed.txt", filepath.Join(incidents, "undetermined-three-samples.dump.zst")} {
		var r struct {
			Input struct {
				Interval *float64 `json:"interval_s"`
			}
		}
		if err := json.Unmarshal([]byte(want(t, 0, "analyze", "-o", "json", in).out), &r); err != nil || r.Input.Interval != nil && *r.Input.Interval < 0 {
			t.Errorf("%s: %v %v", in, err, r.Input.Interval)
		}
		for _, form := range []string{"text", "md", "html", "json", "brief", "svg"} {
			if out := want(t, 0, "analyze", "-o", form, in).out; strings.Contains(out, "\ufffd") {
				t.Errorf("%s as %s: a replacement character: %.80q", in, form, out[strings.Index(out, "\ufffd")-40:])
			}
		}
	}
}

// TestFlagsInPlainWords: an error of a flag says what the flag takes, and nothing of Go's parsers.
func TestFlagsInPlainWords(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	want(t, 0, "import", "i.txt")
	for _, c := range []struct {
		says string
		args []string
	}{
		{`--sample "x" is no whole number`, []string{"export", "i.txt", "--sample", "x"}},
		{`--since "abc" is no duration; write it as 30s`, []string{"analyze", "--since", "abc", "i.txt"}},
		{`--full "maybe" is neither true nor false`, []string{"analyze", "--full=maybe", "i.txt"}},
		{`--max-unpacked "x" is no size`, []string{"analyze", "--max-unpacked", "x", "i.txt"}},
		{`--follow "x" is no number`, []string{"replay", "i.txt", "--follow", "x"}},
	} {
		r := want(t, 2, c.args...)
		if !strings.Contains(r.err, c.says) || strings.Contains(r.err, "strconv") || strings.Contains(r.err, "invalid argument") {
			t.Errorf("%v: %s", c.args, r.err)
		}
	}
}

// TestRelativeTimes: times may count from an end of the recording.
func TestRelativeTimes(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(31)) // 12:00:00 to 12:05:00
	want(t, 0, "import", "i.txt")
	for _, in := range []string{"i.txt", "i.connbox"} {
		for _, c := range []struct {
			args    []string
			samples string
		}{
			{[]string{"--from", "-1m"}, "7 samples"}, {[]string{"--to", "+1m"}, "7 samples"}, {[]string{"--from", "+1m", "--to", "-3m30s"}, "4 samples"}, {[]string{"--since", "1m"}, "7 samples"},
		} {
			if r := want(t, 0, append([]string{"analyze", in}, c.args...)...); !strings.Contains(r.out, c.samples) {
				t.Errorf("%s %v: no %s in %s", in, c.args, c.samples, r.out)
			}
		}
		if r := want(t, 0, "replay", in, "--at", "-1m"); !strings.Contains(r.out, "AT 2026-03-01 12:04:00 UTC") {
			t.Errorf("%s", r.out)
		}
	}
	want(t, 2, "analyze", "-", "--from", "-1m")
}

// TestFollow: the lists one after the other, as tables, whatever stands in their names.
func TestFollow(t *testing.T) {
	workDir(t)
	write(t, "i.txt", strings.ReplaceAll(dump(6), "name=app", "name=a\x1b[31m\u202epp"))
	r := want(t, 0, "replay", "i.txt", "--follow", "100000")
	if strings.Count(r.out, "AT 2026-03-01 12:0") != 6 || strings.ContainsAny(r.out, "\x1b\u202e") {
		t.Errorf("%s", r.out)
	}
	for _, bad := range []string{"0", "-1", "NaN", "1e9"} {
		want(t, 2, "replay", "i.txt", "--follow", bad)
	}
	want(t, 2, "replay", "i.txt", "--follow", "2", "--at", "12:00")
	write(t, "info.txt", "# Clients\nconnected_clients:3\n")
	want(t, 3, "replay", "info.txt", "--follow", "2")
}
