package snapshot

import "math"

// When a snapshot names an incident. A recording shows what changed; a snapshot only what
// is, so it has to be in trouble, too: something refused, cut or evicted, or nearly full.
const (
	namedFrom   = 0.8  // probability of the first candidate: of a full server one list shows who is there, not who came first
	namedTwo    = 0.7  // the same of two snapshots
	namedAlone  = 0.95 // the same, where nothing is in trouble yet
	namedPair   = 0.9  // of two, between which it went on
	namedRows   = 10   // connections of applications, below which nothing is named without trouble
	fullFrom    = 0.8  // share of the limit in use that is trouble
	waitingFrom = 8e6  // bytes of output waiting for one client, the default soft limit of pubsub
	queryFrom   = 32e6 // bytes of a query buffer, of a client that sends nothing more: large values are read in a moment
	healthyTo   = 0.7  // share of the limit up to which a snapshot may be called healthy
	healthyFrom = 0.78 // probability from which on it is: what one snapshot shows to the full leaves 0.92
)

// Trouble tells what is wrong with the connections, whatever the cause, in words; empty
// where nothing is.
func Trouble(f *Facts, p *Pair) []string {
	var out []string
	add := func(is bool, what string) {
		if is {
			out = append(out, what)
		}
	}
	refused := f.Refused
	if p != nil && !math.IsNaN(p.Refused) {
		refused = p.Refused
	}
	add(share(f.Occupied, f.Limit) >= fullFrom, "nearly full")
	add(f.shot.Full, "a probe was refused")
	add(refused > 0, "connections were refused")
	add(f.Evicted > 0, "clients were evicted")
	add(f.OutCuts > 0, "clients were cut at the output-buffer limit")
	add(f.QueryCuts > 0, "clients were cut at the query-buffer limit")
	add(f.OutMax >= waitingFrom, "much output waits for a client")
	query := f.QueryStuck
	if f.Rows < many { // so few seldom have two large values on their way
		query = f.QueryMax
	}
	add(query >= queryFrom, "a query buffer is large")
	return out
}

// partFrom is the share of the connections that INFO counts from which on a list is whole:
// some come and go between the two replies.
const partFrom = 0.5

// Partial tells a list that holds far fewer connections than INFO counts, or than the text says
// there were: what was pasted is a part of it.
func (f *Facts) Partial() bool {
	return f.shot.HasList && (f.shot.HasInfo() || f.Omitted > 0) && f.Rows+f.Internal < partFrom*f.Connected
}

// Status gives the verdict that the candidates bear: "incident", "healthy" or "undetermined".
func Status(cands []Candidate, f *Facts, p *Pair) string {
	if len(cands) == 0 {
		return "undetermined"
	}
	trouble := Trouble(f, p)
	if f.Partial() {
		return "undetermined" // the rest of the list may be of another kind
	}
	first := cands[0]
	if p == nil && f.Newcomer() != nil && (first.ID == Healthy || first.ID == "connection-leak") {
		return "undetermined" // a leak of a minute is no leak yet, and what it is else is not known
	}
	if first.ID == "connection-churn" && f.Uptime < newServer*newWithin && len(trouble) == 0 {
		return "undetermined" // everybody has just connected, and its totals are of little else
	}
	alone, from := namedAlone, namedFrom
	if p != nil {
		alone, from = namedPair, namedTwo
	}
	switch {
	case first.ID != Healthy && (first.Probability >= alone && f.Rows >= namedRows || first.Probability >= from && len(trouble) > 0):
		return "incident"
	case first.ID == Healthy && first.Probability >= healthyFrom && len(trouble) == 0 && share(f.Occupied, f.Limit) <= healthyTo && f.shot.HasList && f.shot.HasInfo():
		return Healthy
	}
	return "undetermined"
}
