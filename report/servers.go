package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// How many servers of one input are shown on a terminal, and elsewhere; and how many of a
// server's remarks, of those that are in its summary none.
const (
	textServers = 6
	fullServers = 40
	textSaid    = 4
)

// serverLine names a server with its outcome.
func serverLine(s *finding.ServerReport) string {
	line := headline(&s.Report)
	if s.Report.Verdict.Status == finding.Undetermined {
		line = "Undetermined"
	}
	if c := certainty(s.Report.Verdict); c != "" {
		line += " (" + c + ")"
	}
	return line
}

// serverSays gives the sentences about one server: its summary and the first remarks.
func serverSays(s *finding.ServerReport, most int) []string {
	out := sentences(&s.Report)
	for _, x := range s.Report.Snapshot.Remarks {
		if len(out) > most {
			break
		}
		if !strings.Contains(strings.Join(out, " "), x.Text) {
			out = append(out, x.Text)
		}
	}
	return out
}

// servers gives a short block for each server of the input.
func (t *text) servers() {
	list := t.r.Servers
	if len(list) == 0 {
		return
	}
	title := strings.ToUpper(plural(len(list), "server")) + " IN THE INPUT, each judged by itself"
	if onlyRuns(list) {
		title = fmt.Sprintf("%d SERVER PROCESSES IN THE INPUT: servers, or one restarted; each by itself", len(list))
	}
	t.title(title)
	most := textSaid
	if len(list) > 2 {
		most = 1
	}
	for i := range list[:min(textServers, len(list))] {
		s := &list[i]
		t.para("  ", short(s.Name, 60)+": "+serverLine(s))
		for _, says := range serverSays(s, most) {
			t.para("    ", says)
		}
	}
	t.more(len(list), textServers)
	if t.r.Name != "" {
		t.title("OF " + short(t.r.Name, 60) + ", the one in the most trouble")
	}
}

// onlyRuns tells servers that nothing but their run ids tells apart.
func onlyRuns(list []finding.ServerReport) bool {
	for i := range list {
		if !strings.HasPrefix(list[i].Name, "run id ") {
			return false
		}
	}
	return true
}

func (m *markdown) servers(b *bytes.Buffer) {
	for i := range m.r.Servers[:min(fullServers, len(m.r.Servers))] {
		s := &m.r.Servers[i]
		fmt.Fprintf(b, "- **%s:** %s. %s", mdText(s.Name, 80), mdText(serverLine(s), 160), mdText(strings.Join(serverSays(s, textSaid), " "), 900))
		if s.At != "" {
			mdPlaces(b, []string{s.At})
		}
		b.WriteString("\n")
	}
}

// A serverView is one of several servers on the page.
type serverView struct {
	Name, Line, At, Class string
	Says                  []string
	Main                  bool
}

func (v *page) servers(r *finding.Report) {
	for _, s := range bounded(v, r.Servers, fullServers, "servers") {
		v.Servers = append(v.Servers, serverView{Name: s.Name, Line: serverLine(&s), At: s.At, Class: string(s.Report.Verdict.Status),
			Says: serverSays(&s, textSaid), Main: s.Name == r.Name})
	}
}
