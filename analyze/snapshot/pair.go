package snapshot

import (
	"math"
	"slices"

	"github.com/connbox/connbox/parse/record"
)

// A Pair is what two snapshots of one server process say together. Rates are per second,
// NaN where the distance in time is not known.
type Pair struct {
	Seconds  float64 // between the two; NaN unknown
	From     string  // what told the distance: "time", "uptime", "lines" (of a program that prints one each so often), "age"
	Same     bool    // the same server process
	Born     float64 // connections in the second list only
	Gone     float64 // in the first only
	Stayed   float64
	Moved    float64 // share of those that stayed which were used in between
	Accepted float64 // connections by the counters or, without INFO, by ids
	Refused  float64
	Commands float64
	OutCuts  float64
	Evicted  float64
	Before   float64 // connections in the first
	Growth   float64 // connections more than before
	Share    float64 // growth by the connections before
	// BornTop is the share of the born from one host, less that host's share of the first list.
	BornTop    float64
	BornHost   string
	BornHosts  float64 // share of the born from hosts that the first list lacks
	StaleBorn  float64 // share of the born that were not used after their first moments
	Reborn     float64 // share of the born for which another of the same host went
	BlockedRis float64
	OutRise    float64  // bytes waiting, more than before
	Memory     []string // what memory became, where it changed much
	own        float64  // replies between: a loop of redis-cli dials anew for each
}

// strangers is how many connections were accepted beside the observer's own.
func (p *Pair) strangers() float64 { return max(p.Accepted-p.own, 0) }

// PairOf compares two snapshots, the earlier first.
func PairOf(a, b *Facts) *Pair {
	nan := math.NaN()
	p := &Pair{Seconds: nan, Born: nan, Gone: nan, Stayed: nan, Moved: nan, BornTop: nan, BornHosts: nan, StaleBorn: nan, Reborn: nan}
	p.Same = sameRun(a.shot.info["run_id"], b.shot.info["run_id"])
	delta := func(x, y float64) float64 {
		if d := y - x; d >= 0 {
			return d
		}
		return nan
	}
	p.Accepted, p.Refused = delta(a.Accepted, b.Accepted), delta(a.Refused, b.Refused)
	p.Commands, p.OutCuts, p.Evicted = delta(a.Commands, b.Commands), delta(a.OutCuts, b.OutCuts), delta(a.Evicted, b.Evicted)
	p.own = float64(b.shot.replies - a.shot.replies)
	p.Before, p.Growth = a.Connected, b.Connected-a.Connected
	p.Share = p.Growth / max(a.Connected, 1)
	p.BlockedRis, p.OutRise = b.Blocked-a.Blocked, b.OutSum-a.OutSum
	for _, m := range [...]struct {
		what          string
		before, after float64
	}{{"memory used", a.UsedMem, b.UsedMem}, {"resident memory", a.ResidentMem, b.ResidentMem}, {"buffers of replicas", a.ReplicaMem, b.ReplicaMem}} {
		if d := math.Abs(m.after - m.before); d >= 1<<24 && d >= muchMemory*m.before {
			p.Memory = append(p.Memory, m.what+" went from "+size(m.before)+" to "+size(m.after))
		}
	}
	p.lists(a, b)
	p.distance(a, b)
	return p
}

// muchMemory is the share of what there was that memory must change by to be worth a word.
const muchMemory = 0.1

// sameRun tells whether two run ids are of one process; one that is not told may be.
func sameRun(a, b string) bool { return a == b || a == "" || b == "" }

// distance finds the time between the two: the input's own times, the server's uptime, or
// the ages of the connections in both.
func (p *Pair) distance(a, b *Facts) {
	if d := b.shot.At - a.shot.At; d > 0 {
		p.Seconds, p.From = d, "time"
		return
	}
	if d := b.Uptime - a.Uptime; d > 0 {
		p.Seconds, p.From = d, "uptime"
		return
	}
	if d := b.shot.num(record.AfterKey) - a.shot.num(record.AfterKey); d > 0 {
		p.Seconds, p.From = d, "lines"
		return
	}
	before := byID(a.rows)
	var d []float64
	for i := range b.rows {
		if c, ok := before[keyOf(b.rows[i])]; ok {
			d = append(d, float64(b.rows[i].Age-c.Age))
		}
	}
	if len(d) > 0 {
		slices.Sort(d)
		if m := d[len(d)/2]; m > 0 {
			p.Seconds, p.From = m, "age"
		}
	}
}

type rowKey struct {
	id   int64
	addr string
}

func keyOf(c *record.Client) rowKey {
	if c.Has.Has(record.FieldID) {
		return rowKey{id: c.ID}
	}
	return rowKey{id: -1, addr: c.Addr}
}

func byID(rows []*record.Client) map[rowKey]*record.Client {
	m := make(map[rowKey]*record.Client, len(rows))
	for _, c := range rows {
		m[keyOf(c)] = c
	}
	return m
}

// lists compares the two lists by id.
func (p *Pair) lists(a, b *Facts) {
	if !a.shot.HasList || !b.shot.HasList {
		return
	}
	before, after := byID(a.rows), byID(b.rows)
	p.Born, p.Gone, p.Stayed = 0, 0, 0
	moved, stale := 0.0, 0.0
	born := map[string]float64{}
	hosts, gone := map[string]float64{}, map[string]float64{}
	for i := range a.rows {
		hosts[a.rows[i].Host()]++
		if _, ok := after[keyOf(a.rows[i])]; !ok {
			p.Gone++
			gone[a.rows[i].Host()]++
		}
	}
	fresh := 0.0
	for i := range b.rows {
		c := b.rows[i]
		if old, ok := before[keyOf(c)]; ok {
			p.Stayed++
			moved += one(c.Idle < old.Idle || c.Idle-old.Idle+2 < c.Age-old.Age)
			continue
		}
		p.Born++
		born[c.Host()]++
		fresh += one(hosts[c.Host()] == 0)
		stale += one(c.Age-c.Idle <= max(2, c.Age/20))
	}
	if p.Stayed > 0 {
		p.Moved = moved / p.Stayed
	}
	if p.Born == 0 {
		return
	}
	p.BornHosts, p.StaleBorn = fresh/p.Born, stale/p.Born
	p.Reborn = 0
	for h, n := range born {
		p.Reborn += min(n, gone[h])
		share := n/p.Born - hosts[h]/max(float64(len(a.rows)), 1)
		if math.IsNaN(p.BornTop) || share > p.BornTop || share == p.BornTop && h < p.BornHost {
			p.BornTop, p.BornHost = share, h
		}
	}
	p.Reborn /= p.Born
}
