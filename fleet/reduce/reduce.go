package reduce

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fleet"
)

// A Reducer folds rows into a Summary. It keeps nothing of a row but texts. It is not safe for use
// by several goroutines.
type Reducer struct {
	counts    Counts
	from, to  time.Time
	runs      map[string]string // run id -> key of its server
	servers   map[string]bool   // by key
	incidents []incident
	services  map[serviceKey]*serviceSum
	pools     map[string]*poolSum
	next      top[Next]
	failed    top[Failure]
	partial   top[Failure]
	reasons   map[string]int
	causes    map[string]int
	tools     map[string]int
	values    [numAttributes]map[string]int // over all servers with a report
	texts     map[string]string             // each once
	before    *earlier
	told      tellings

	unplaced, unclocked, dropped, overlaps, unserved, unserviced int
}

// An incident is one row's root cause.
type incident struct {
	key, server, input string
	cause              string
	at, lo, hi         float64 // unix seconds; NaN: not known
	confidence         float64
	refused            int64
	clock              float64 // NaN: not known
	attributes         [numAttributes]string
	from, to           float64
	group              int
}

// The attributes that servers of a group may have in common.
const (
	attrService = iota
	attrLib
	attrCluster
	attrZone
	attrVersion
	attrTeam
	numAttributes
)

var attributeNames = [numAttributes]string{"service", "library", "cluster", "zone", "version", "team"}

// New begins a summary.
func New() *Reducer {
	r := &Reducer{runs: map[string]string{}, servers: map[string]bool{}, told: newTellings(), services: map[serviceKey]*serviceSum{}, pools: map[string]*poolSum{}, reasons: map[string]int{}, causes: map[string]int{}, tools: map[string]int{},
		texts: map[string]string{}}
	for i := range r.values {
		r.values[i] = map[string]int{}
	}
	r.next = newTop(func(a, b *Next) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Input, b.Input), cmp.Compare(a.Server, b.Server))
	})
	byInput := func(a, b *Failure) int { return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Error, b.Error)) }
	r.failed, r.partial = newTop(byInput), newTop(byInput)
	return r
}

// text gives one copy of a text for all rows.
func (r *Reducer) text(s string) string {
	if t, ok := r.texts[s]; ok {
		return t
	}
	if len(r.texts) < maxServers {
		r.texts[s] = s
	}
	return s
}

// Add takes a row that was placed.
func (r *Reducer) Add(row *fleet.Row) {
	r.counts.Recordings++
	if r.tools[row.Tool] > 0 || len(r.tools) < maxTools {
		r.tools[r.text(row.Tool)]++
	}
	if row.Reason != "" {
		r.reasons[row.Reason]++
	}
	if row.Status == fleet.Failed {
		r.counts.Failed++
		r.failed.add(Failure{row.Input, row.Reason, row.Error})
		return
	}
	if row.Partial {
		r.counts.Partial++
		r.partial.add(Failure{row.Input, row.Reason, row.Error})
	}
	key := r.key(row)
	switch row.Status {
	case "incident":
		r.incident(row, key)
	case "healthy":
		r.counts.Healthy++
	default:
		r.counts.Undetermined++
	}
	r.span(row)
	r.server(row, key)
	for i := range row.Causes {
		if id := r.text(row.Causes[i].ID); r.told.first("cause", id, "") {
			r.causes[id]++
		}
	}
	r.serviceRows(row)
	r.poolRows(row)
	r.nextFull(row)
	r.before.row(key)
}

// span widens the time of all.
func (r *Reducer) span(row *fleet.Row) {
	if row.From != nil && (r.from.IsZero() || row.From.Before(r.from)) {
		r.from = *row.From
	}
	if row.To != nil && row.To.After(r.to) {
		r.to = *row.To
	}
}

// key joins the rows of one server, as Row.Key does; and those of one process, of which one row may
// have an address, and another, of its text, none: that which came first counts.
func (r *Reducer) key(row *fleet.Row) string {
	key := r.text(row.Key())
	if row.RunID == "" {
		return key
	}
	if first, ok := r.runs[row.RunID]; ok {
		return first
	}
	if len(r.runs) < maxServers {
		r.runs[r.text(row.RunID)] = key
	}
	return key
}

// server counts a row's server once, and notes recordings of it that overlap.
func (r *Reducer) server(row *fleet.Row, key string) {
	switch {
	case r.servers[key]:
	case len(r.servers) >= maxServers:
		r.unserved++
	default:
		r.servers[key] = true
		for i, v := range attributesOf(row) {
			if v != "" && i != attrService && i != attrLib && (len(r.values[i]) < maxValues || r.values[i][v] > 0) {
				r.values[i][r.text(v)]++
			}
		}
	}
	if !r.told.begin(key, row.From, row.To) {
		r.overlaps++
	}
}

func attributesOf(row *fleet.Row) (a [numAttributes]string) {
	a[attrCluster], a[attrZone], a[attrVersion], a[attrTeam] = row.Cluster, row.Zone, row.Version, row.Team
	if len(row.Causes) > 0 && len(row.Causes[0].Sources) > 0 {
		a[attrService], a[attrLib] = row.Causes[0].Sources[0].Service, row.Causes[0].Sources[0].Lib
	}
	return a
}

func seconds(t *time.Time) float64 {
	if t == nil {
		return math.NaN()
	}
	return float64(t.UnixMicro()) / 1e6
}

func timeOf(s float64) time.Time { return time.UnixMicro(int64(math.Round(s * 1e6))).UTC() }

// incident keeps a row's root.
func (r *Reducer) incident(row *fleet.Row, key string) {
	if len(r.incidents) >= maxIncidents {
		r.dropped++
		return
	}
	i := incident{key: key, server: r.text(row.Server), input: row.Input, cause: r.text(row.Cause), at: math.NaN(), lo: math.NaN(), hi: math.NaN(),
		clock: math.NaN(), from: seconds(row.From), to: seconds(row.To), attributes: attributesOf(row)}
	for k := range i.attributes {
		i.attributes[k] = r.text(i.attributes[k])
	}
	if len(row.Causes) > 0 {
		c := &row.Causes[0]
		i.at, i.lo, i.hi = seconds(c.Onset), seconds(c.OnsetLo), seconds(c.OnsetHi)
	}
	if row.Confidence != nil {
		i.confidence = *row.Confidence
	}
	if row.Refused != nil {
		i.refused = *row.Refused
	}
	if row.ClockS != nil {
		i.clock = *row.ClockS
	}
	r.incidents = append(r.incidents, i)
}

// nextFull keeps the servers whose limit comes first.
func (r *Reducer) nextFull(row *fleet.Row) {
	if row.FullMin == nil || row.To == nil {
		return
	}
	after := func(m *float64) *time.Time {
		if m == nil || *m > 1e7 { // decades
			return nil
		}
		t := row.To.Add(time.Duration(*m * float64(time.Minute))).Truncate(time.Second)
		return &t
	}
	at := after(row.FullMin)
	if at == nil {
		return
	}
	if !r.told.first("next", "", "") {
		return
	}
	if *row.FullMin <= soon {
		r.counts.FullSoon++
	}
	r.next.add(Next{Server: row.Server, Input: row.Input, At: *at, Lo: after(row.FullLoMin), Hi: after(row.FullHiMin), Cause: row.Cause, Peak: row.Peak, Limit: row.Limit})
}

// soon is how many minutes ahead a server counts as nearly full.
const soon = 120

// Summary gives what the rows say together. More may be added afterwards.
func (r *Reducer) Summary(tool string) *Summary {
	incidents, twice := once(r.incidents)
	s := &Summary{Schema: Schema, Tool: tool, Counts: r.counts, Causes: []CauseCount{}, Reasons: []Reason{}, Groups: []Group{}, Onsets: []Onset{}, Missing: []string{}, Doubts: []string{}}
	if !r.from.IsZero() {
		from, to := r.from, r.to
		s.From, s.To = &from, &to
	}
	s.Counts.Servers, s.Counts.Incidents = len(r.servers), len(incidents)+r.dropped
	for i := range incidents {
		s.Counts.Refused += incidents[i].refused
	}
	r.groups(s, incidents)
	onsets(s, incidents)
	r.serviceTable(s)
	r.poolTable(s)
	s.Next, s.MoreNext = r.next.sorted()
	s.Failed, s.MoreFailed = r.failed.sorted()
	s.Partial, _ = r.partial.sorted()
	for id, n := range r.causes {
		s.Causes = append(s.Causes, CauseCount{id, n})
	}
	slices.SortFunc(s.Causes, func(a, b CauseCount) int { return cmp.Or(-cmp.Compare(a.N, b.N), cmp.Compare(a.Cause, b.Cause)) })
	for reason, n := range r.reasons {
		s.Reasons = append(s.Reasons, Reason{reason, n})
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int { return cmp.Or(-cmp.Compare(a.N, b.N), cmp.Compare(a.Reason, b.Reason)) })
	s.Since = r.before.since(incidents)
	r.doubts(s, twice)
	return s
}

// doubts says what was left out or must be taken with care.
func (r *Reducer) doubts(s *Summary, twice int) {
	// The verbs are in the past, where they are the same of one and of many.
	say := func(n int, what, format string, args ...any) {
		if n > 0 {
			s.Doubts = append(s.Doubts, finding.Count(n, what)+" "+fmt.Sprintf(format, args...))
		}
	}
	say(r.overlaps, "recording", "overlapped with another of the same server; %s that both told counted once", finding.Count(twice, "incident"))
	if r.overlaps == 0 {
		say(twice, "incident", "told by two recordings of one server counted once")
	}
	say(r.unclocked, "incident", "had no onset by a clock, or began before the recording: no group can hold such")
	say(r.unplaced, "incident", "began within an interval of over %d minutes: no group rests on such", int(widest/60))
	say(r.dropped, "incident", "lay beyond the first %d: counted, but no group was looked for among them", maxIncidents)
	say(r.unserved, "recording", "came of servers beyond the first %d, which are not told apart", maxServers)
	say(r.told.beyond, "fact", "of recordings lay beyond the first %d, and may count twice where recordings of a server overlap", maxTold)
	say(r.unserviced, "source", "lay beyond the first %d pairs of service and cause, and came into no table", maxServices)
	if len(r.tools) > 1 {
		var tools []string
		for _, tool := range slices.Sorted(maps.Keys(r.tools)) {
			tools = append(tools, fmt.Sprintf("%s (%d)", cmp.Or(tool, "unknown"), r.tools[tool]))
		}
		s.Doubts = append(s.Doubts, "rows are of several versions of connbox, whose verdicts may differ: "+strings.Join(tools, ", "))
	}
	var apart float64
	for i := range r.incidents {
		if c := math.Abs(r.incidents[i].clock); c > apart {
			apart = c
		}
	}
	if apart >= 30 {
		s.Doubts = append(s.Doubts, fmt.Sprintf("clocks of servers differ from their recorders' by up to %.0f s; onsets are by the recorders' clocks, and groups are looked for within %d minutes", apart, int(widest/60)))
	}
}

// onsets lists incidents by time.
func onsets(s *Summary, all []incident) {
	for i := range all {
		x := &all[i]
		if math.IsNaN(x.at) {
			continue
		}
		if len(s.Onsets) >= listedOnsets {
			s.MoreOnsets++
			continue
		}
		o := Onset{At: timeOf(x.at), Server: x.server, Input: x.input, Cause: x.cause, Group: x.group}
		if !math.IsNaN(x.lo) && !math.IsNaN(x.hi) {
			lo, hi := timeOf(x.lo), timeOf(x.hi)
			o.Lo, o.Hi = &lo, &hi
		}
		s.Onsets = append(s.Onsets, o)
	}
}
