// Package fleet makes a row of each recording of many: what a report says of it, or why there is
// none. The rows are the same whatever engine runs the function (one process, shards of an array
// job, Apache Beam), so that they can be merged, kept and compared; package reduce makes one
// summary of them.
//
//	Find -> inputs -> Analyze, or Cache.Analyze -> Place (labels) -> rows -> reduce, Writer, Tables
//
// Nothing about one input ends the work on others: an error, a panic, a limit are rows with a
// Reason. Inputs come from strangers; texts in a row are cut and valid UTF-8, and may hold anything
// else.
package fleet

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Schema is the version of a row. Fields may be added within it, none is renamed or removed.
const Schema = 1

// The types of a row. The comment beside a field is its description in docs/schema and
// docs/fleet.md. What is not known is null, not zero. Times are UTC.
type (
	// Row is what one recording says of one server. An input that tells several servers apart
	// gives several rows.
	Row struct {
		Schema  int    `json:"schema"`                                              // version of this format
		Tool    string `json:"tool"`                                                // version of connbox that made it
		Input   string `json:"input"`                                               // path of the recording, as found
		Part    string `json:"part"`                                                // the server's name within it, where it holds several; else empty
		SHA256  string `json:"sha256"`                                              // of the recording; empty where it was not read to its end
		Status  string `json:"status" enum:"incident|healthy|undetermined|failed|"` // failed: there is no report; see reason
		Reason  string `json:"reason"`                                              // a word of docs/fleet.md: why it failed, or what was cut off; else empty
		Error   string `json:"error"`                                               // the same as a sentence with its place
		Partial bool   `json:"partial"`                                             // the report is of what could be read

		Server  string `json:"server"`  // key that joins recordings of one server: label, address, process or file
		Address string `json:"address"` // host:port, where a recorder asked it
		Label   string `json:"label"`   // what people call it
		Cluster string `json:"cluster"` // that it belongs to
		Zone    string `json:"zone"`    // where it runs
		Team    string `json:"team"`    // whose it is
		RunID   string `json:"run_id"`  // of its last process
		Version string `json:"version"` // of the server
		Role    string `json:"role"`    // master or slave

		From      *time.Time `json:"from"`        // first sample; null: no clock is known
		To        *time.Time `json:"to"`          // last sample
		Samples   int        `json:"samples"`     // sampling rounds
		IntervalS *float64   `json:"interval_s"`  // median distance of samples, seconds
		ClockS    *float64   `json:"clock_apart"` // seconds by which the server's clock is ahead of the recorder's; null: not to tell

		Cause      string   `json:"cause"`      // id of the root cause; empty unless an incident
		Confidence *float64 `json:"confidence"` // probability that the verdict is right
		Summary    string   `json:"summary"`    // one sentence

		Limit        *int64     `json:"limit"`           // slots for clients
		Peak         *int64     `json:"peak"`            // most connections seen
		Refused      *int64     `json:"refused"`         // connections refused
		AtLimitS     *float64   `json:"time_at_limit_s"` // seconds
		UnavailableS *float64   `json:"unavailable_s"`   // without an answer to any probe, seconds, at least
		FirstSignal  *time.Time `json:"first_signal"`    // of trouble
		LimitReached *time.Time `json:"limit_reached"`   // when
		FullMin      *float64   `json:"full_min"`        // minutes from the end to the limit; null: not in sight, or not to tell
		FullLoMin    *float64   `json:"full_lo_min"`     // 90 % interval of that
		FullHiMin    *float64   `json:"full_hi_min"`     // null: perhaps never

		Causes []Cause `json:"causes"` // what took part, most to blame first
		Pools  []Pool  `json:"pools"`  // of applications whose use of connections could be counted
	}
	// Cause is a cause that took part.
	Cause struct {
		ID         string     `json:"id"`         // see connbox explain
		Role       string     `json:"role"`       // root, trigger, amplifier, modifier or consequence
		Confidence *float64   `json:"confidence"` // probability that it took part
		Onset      *time.Time `json:"onset"`      // null: before the recording, or unknown
		OnsetLo    *time.Time `json:"onset_lo"`   // holds the onset nine times in ten
		OnsetHi    *time.Time `json:"onset_hi"`   // the end of that interval
		End        *time.Time `json:"end"`        // null: still on at the end
		Sources    []Source   `json:"sources"`    // who, worst first, at most ten
	}
	// Source is who is to blame. Its texts come from strangers.
	Source struct {
		Service     string   `json:"service"`     // key that joins it with others of its service on other servers
		Host        string   `json:"host"`        // address without its port; empty for a whole application
		Name        string   `json:"name"`        // as CLIENT SETNAME gave it
		User        string   `json:"user"`        // of the ACL
		Lib         string   `json:"lib"`         // client library
		Connections int      `json:"connections"` // those that count for the cause
		Share       *float64 `json:"share"`       // of all that count for it, 0 to 1
	}
	// Pool is an application's pools on one server.
	Pool struct {
		Service   string  `json:"service"`   // the application
		Instances float64 `json:"instances"` // with a connection at the peak
		Size      float64 `json:"size"`      // connections that an instance holds
		Needed    float64 `json:"needed"`    // that would do
		Lo        float64 `json:"needed_lo"` // interval of that
		Hi        float64 `json:"needed_hi"` // its upper end: all that were used between two lists
		Spare     int     `json:"spare"`     // slots that all instances would give back
	}
)

// The words of Row.Status beside those of finding.Status.
const Failed = "failed"

const (
	maxText    = 300 // runes of a text in a row: names may have any length
	maxSources = 10
)

// clean makes a stranger's text fit for a row: the same after it was written and read.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}

// asRow is a path as rows have it.
func asRow(path string) string { return strings.ToValidUTF8(path, "\uFFFD") }

// known gives nil for what is no number, or whose negative means "not known".
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return nil
	}
	v = math.Round(v*1e4) / 1e4
	return &v
}

// moment gives nil for no time; microseconds are kept, as in Parquet.
func moment(t time.Time) *time.Time {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// rowsOf makes the rows of a report.
func rowsOf(r *finding.Report) []Row {
	if len(r.Servers) == 0 {
		return []Row{rowOf(r)}
	}
	var out []Row
	for i := range r.Servers {
		row := rowOf(&r.Servers[i].Report)
		row.Part = clean(r.Servers[i].Name)
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b Row) int { return Compare(&a, &b) })
	return out
}

func rowOf(r *finding.Report) Row {
	in, v := &r.Input, &r.Verdict
	row := Row{SHA256: in.SHA256, Status: string(v.Status), Address: clean(in.Target), Label: clean(in.Label), Cluster: clean(in.Cluster), Zone: clean(in.Zone),
		Samples: in.Samples, IntervalS: known(in.Interval.Seconds()),
		Cause: v.Cause, Confidence: known(v.Confidence), Summary: clean(v.Summary),
		AtLimitS: known(r.Impact.TimeAtLimit.Seconds()), UnavailableS: known(r.Impact.Unavailable.Seconds()),
		Causes: []Cause{}, Pools: []Pool{}}
	if n := len(in.Servers); n > 0 {
		s := in.Servers[n-1]
		row.RunID, row.Version, row.Role = clean(s.RunID), clean(s.Version), clean(s.Role)
	}
	clocked := !in.Relative // seconds since a start join nothing
	if clocked {
		row.From, row.To = moment(in.From), moment(in.To)
		row.FirstSignal, row.LimitReached = moment(r.Impact.FirstSignal), moment(r.Impact.LimitReached)
	}
	if in.Apart != 0 {
		s := in.Apart.Round(time.Millisecond).Seconds()
		row.ClockS = &s
	}
	if r.Limit.Effective > 0 {
		row.Limit = &r.Limit.Effective
	}
	if r.Impact.Refused >= 0 {
		row.Refused = &r.Impact.Refused
	}
	row.Peak = peakOf(r)
	if f := r.ToLimit; f.Known {
		row.FullMin, row.FullLoMin, row.FullHiMin = known(f.Value), known(f.Lo), known(f.Hi)
	}
	for i := range r.Causes {
		row.Causes = append(row.Causes, causeOf(&r.Causes[i], clocked))
	}
	for _, p := range r.Pools {
		row.Pools = append(row.Pools, Pool{clean(p.Service), p.Instances, p.Size, p.Needed, p.Lo, p.Hi, p.Spare()})
	}
	return row
}

// peakOf gives the most connections of the report's series; nil where there is none.
func peakOf(r *finding.Report) *int64 {
	most := math.NaN()
	for _, s := range r.Signals {
		if s.ID != "connections" {
			continue
		}
		for _, v := range s.Value {
			if !(v <= most) && !math.IsNaN(v) {
				most = v
			}
		}
	}
	if math.IsNaN(most) || most < 0 {
		return nil
	}
	n := int64(most)
	return &n
}

func causeOf(f *finding.Finding, clocked bool) Cause {
	c := Cause{ID: f.ID, Role: string(f.Role), Confidence: known(f.Confidence), Sources: []Source{}}
	if clocked {
		c.Onset, c.OnsetLo, c.OnsetHi, c.End = moment(f.Onset), moment(f.OnsetLo), moment(f.OnsetHi), moment(f.End)
	}
	for _, s := range f.Sources[:min(len(f.Sources), maxSources)] {
		c.Sources = append(c.Sources, Source{clean(s.Service()), clean(s.Host), clean(s.Name), clean(s.User), clean(s.Lib), s.Connections, known(s.Share)})
	}
	return c
}

// Place completes a row with where its recording was found, and what labels say of its server.
func Place(row *Row, input, tool string, labels *Labels) {
	row.Schema, row.Tool, row.Input = Schema, tool, asRow(input)
	stem := stemOf(row.Input)
	labels.apply(row, stem)
	if row.Server = cmp.Or(row.Label, row.Address); row.Server != "" && row.Part != "" {
		row.Server += " " + row.Part
	}
	if row.Server != "" {
		return
	}
	row.Server = cmp.Or(row.Part, stem)
}

// stemOf is the name of a file without what tells its format.
func stemOf(path string) string {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	stem := base
	for range 2 {
		i := strings.LastIndexByte(stem, '.')
		if i <= 0 || !slices.Contains(endings[:], stem[i:]) {
			break
		}
		stem = stem[:i]
	}
	return cmp.Or(stem, base)
}

var endings = [...]string{".connbox", ".txt", ".log", ".dump", ".gz", ".zst"}

// Key joins the rows of one server: by its label or address, else by its process, else by its
// name in the input or the file's.
func (r *Row) Key() string {
	if r.Label == "" && r.Address == "" && r.RunID != "" {
		return "run " + r.RunID
	}
	return r.Server
}
