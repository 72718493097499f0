package words

import (
	"cmp"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
)

// MostServers is how many servers of one input are shown where there is room.
const MostServers = 40

// MostSaid is how many remarks of a server are shown, of those that are in its summary none.
const MostSaid = 4

// ServerLine names a server with its outcome.
func ServerLine(s *finding.ServerReport) string {
	line := Headline(&s.Report)
	if s.Report.Verdict.Status == finding.Undetermined {
		line = "Undetermined"
	}
	if c := Certainty(s.Report.Verdict); c != "" {
		line += " (" + c + ")"
	}
	return line
}

// ServerSays gives the sentences about one server: its summary and the first remarks.
func ServerSays(s *finding.ServerReport, most int) []string {
	out := Sentences(&s.Report)
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

// OnlyRuns tells servers that nothing but their run ids tells apart.
func OnlyRuns(list []finding.ServerReport) bool {
	for i := range list {
		if !strings.HasPrefix(list[i].Name, "run id ") {
			return false
		}
	}
	return true
}

// ServerName names the server a report is of: by its address, or by what it says of itself;
// known tells whether anybody gave it a name.
func ServerName(r *finding.Report) (name string, known bool) {
	in := &r.Input
	if name := cmp.Or(in.Label, r.Name, in.Target); name != "" {
		if in.Target != "" && in.Target != name {
			name += " (" + in.Target + ")"
		}
		return inert.Short(name, 120), true
	}
	n := len(r.Input.Servers)
	if n == 0 || r.Input.Servers[n-1].Version == "" {
		return "unnamed server", false
	}
	s := r.Input.Servers[n-1]
	name = "unnamed server " + inert.Short(s.Version, 20)
	if s.Role != "" {
		name += ", " + inert.Short(s.Role, 20)
	}
	if s.RunID != "" {
		name += ", run id " + inert.Short(s.RunID, 8)
	}
	return name, false
}
