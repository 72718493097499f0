package fleetview_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/report/fleetview"
)

var writers = map[string]func(io.Writer, *reduce.Summary, fleetview.Options) error{
	"text": fleetview.WriteText, "md": fleetview.WriteMarkdown, "html": fleetview.WriteHTML,
}

// hostile is what strangers call clients and servers.
var hostile = []string{"<script>alert(1)</script>", "\x1b[31mred\x07", "a|b`c`*d*[x](javascript:1)", "\u202egnp", "\"'><img src=x onerror=alert(1)>", "=1+1", strings.Repeat("long-", 300), "line\nbreak", "\xff\xfe"}

// summaryOf has a row of everything with a name.
func summaryOf(name string) *reduce.Summary {
	at := time.Date(2026, 11, 21, 1, 36, 0, 0, time.UTC)
	later := at.Add(time.Hour)
	n := int64(420)
	s := &reduce.Summary{Schema: 1, Tool: name, From: &at, To: &later, FalseGroups: 0.01, Simulated: 200, MoreServices: 3,
		Counts:   reduce.Counts{Recordings: 9, Servers: 8, Incidents: 4, Shared: 3, Leaking: 1, FullSoon: 2, Failed: 1, Partial: 1, Refused: 1234},
		Groups:   []reduce.Group{{Cause: "connection-leak", Began: at, WithinS: 97, Chance: 1e-9, Of: "all", Possible: 1, ClockS: 42, Shares: []reduce.Share{{What: "service", Value: name, N: 3, Lift: 4.9}}}},
		Services: []reduce.Service{{Service: name, Cause: "connection-leak", Team: name, Servers: 3, Connections: 540, Since: &at, Worst: name, Input: name}},
		Next:     []reduce.Next{{Server: name, Input: name, At: later, Lo: &at, Cause: "connection-leak", Peak: &n, Limit: &n}},
		Pools:    []reduce.Pool{{Service: name, Servers: 2, Instances: 8, Size: 20, Needed: 6, Spare: 112, SpareLo: 90}},
		Since: &reduce.Since{New: []reduce.Change{{Server: name, Cause: "connection-leak", Service: name, Input: name}},
			Unknown: []reduce.Change{{Server: name}}},
		Failed: []reduce.Failure{{Input: name, Reason: "unreadable", Error: name}}, Partial: []reduce.Failure{{Input: name, Reason: "unreadable", Error: name}},
		Reasons: []reduce.Reason{{Reason: "unreadable", N: 2}}, Missing: []string{name}, Doubts: []string{name}}
	for i := range 3 {
		s.Groups[0].Servers = append(s.Groups[0].Servers, fmt.Sprintf("%s%d", name, i))
		s.Groups[0].Inputs = append(s.Groups[0].Inputs, name)
		s.Onsets = append(s.Onsets, reduce.Onset{At: at, Lo: &at, Hi: &later, Server: name, Input: name, Cause: "connection-leak", Group: i})
	}
	return s
}

// TestHostileNames: nothing that strangers wrote acts on a terminal or a page.
func TestHostileNames(t *testing.T) {
	tag := regexp.MustCompile(`(?i)<(script|img)`)
	for _, name := range hostile {
		for form, write := range writers {
			var b bytes.Buffer
			err := write(&b, summaryOf(name), fleetview.Options{Version: "1", Link: func(string) string { return "./reports/a%22b.html" }})
			if err != nil {
				t.Fatal(err)
			}
			out := b.String()
			if m := tag.FindString(out); m != "" && form != "text" {
				t.Errorf("%s of %q has %s", form, name, m)
			}
			if i := strings.IndexFunc(out, func(r rune) bool {
				return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar)
			}); i >= 0 {
				t.Errorf("%s of %q has %q", form, name, out[max(0, i-20):min(len(out), i+20)])
			}
			if form == "html" {
				wellFormed(t, out)
			}
		}
	}
}

// wellFormed reads a page as XML, which it is but for its first line.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	_, rest, _ := strings.Cut(page, "\n")
	d := xml.NewDecoder(strings.NewReader(rest))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v", err)
		}
	}
}

// TestSays: what a summary holds is told, in every form.
func TestSays(t *testing.T) {
	for form, write := range writers {
		var b bytes.Buffer
		if err := write(&b, summaryOf("cart"), fleetview.Options{Version: "1", Width: 200, Link: func(in string) string { return "./" + in + ".html" }}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		for _, want := range []string{"11-21 01:36", "97 s", "420", "112"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %s:\n%s", form, want, out)
			}
		}
		if form == "html" && strings.Count(out, `href="./cart.html"`) < 9 {
			t.Errorf("%d links", strings.Count(out, `href="./cart.html"`))
		}
	}
	for form, write := range writers {
		var b bytes.Buffer
		if err := write(&b, reduce.New().Summary("1"), fleetview.Options{}); err != nil || b.Len() == 0 {
			t.Errorf("%s of nothing: %v", form, err)
		}
	}
}

// A summary is written for a terminal.
func ExampleWriteText() {
	s := &reduce.Summary{Counts: reduce.Counts{Recordings: 2, Servers: 2, Healthy: 2}}
	if err := fleetview.WriteText(os.Stdout, s, fleetview.Options{Title: "Night"}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Night: 2 recordings of 2 servers
	//
	//          0  incidents
	//          0  seen by several servers (0 of the incidents)
	//          0  services that leak
	//          0  servers full within two hours of their recording's end
	//          0  connections refused
	//          2  healthy
	//          0  say too little
	//          0  not analysed
	//
	// THE SAME INCIDENT ON SEVERAL SERVERS
	//   No incident began on three servers and more closer together than chance at the hour's rate.
}
