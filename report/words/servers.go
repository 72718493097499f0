package words

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
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
