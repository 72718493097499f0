package page

import (
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// A serverView is one of several servers on the page.
type serverView struct {
	Name, Line, At, Class string
	Says                  []string
	Main                  bool
}

func (v *page) servers(r *finding.Report) {
	for _, s := range bounded(v, r.Servers, words.MostServers, "servers") {
		v.Servers = append(v.Servers, serverView{Name: s.Name, Line: words.ServerLine(&s), At: s.At, Class: string(s.Report.Verdict.Status),
			Says: words.ServerSays(&s, words.MostSaid), Main: s.Name == r.Name})
	}
}

// A remarkView is a topic with its sentences on the page.
type remarkView struct {
	Topic string
	Lines []remarkLine
}

type (
	remarkLine    struct{ Text, At string }
	candidateView struct{ Title, Probability, For, Against string }
)

// leastRanked is how many candidates are shown with their reasons, however unlikely they are.
const leastRanked = 3

// snapshot puts what a snapshot shows on the page.
func (v *page) snapshot(r *finding.Report) {
	if r.Snapshot.Taken == 0 {
		return
	}
	for _, x := range bounded(v, r.Snapshot.Remarks, maxList, "remarks") {
		if n := len(v.Remarks); n == 0 || v.Remarks[n-1].Topic != finding.UpperFirst(x.Topic) {
			v.Remarks = append(v.Remarks, remarkView{Topic: finding.UpperFirst(x.Topic)})
		}
		last := &v.Remarks[len(v.Remarks)-1]
		last.Lines = append(last.Lines, remarkLine{x.Text, words.Places(x.At, 3)})
	}
	ranked, none := words.Ranked(r)
	v.NoneRanked = none
	for i, c := range bounded(v, ranked, maxCauses, "candidates") {
		if i >= leastRanked && c.Probability < words.LeastCandidate {
			v.Unlikely = append(v.Unlikely, words.CandidateTitle(&c)+" "+units.Confidence(c.Probability))
			continue
		}
		v.Ranked = append(v.Ranked, candidateView{words.CandidateTitle(&c), units.Confidence(c.Probability), words.Reasons(c.For, 4), words.Reasons(c.Against, 4)})
	}
}
