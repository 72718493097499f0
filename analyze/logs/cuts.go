package logs

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// A class is what client-output-buffer-limit tells apart. defaults are the limits it has
// unless configured. Source: config.c clientBufferLimitsDefaults.
type class struct {
	name, who  string
	hard, soft int64 // bytes; 0 = none
	softFor    int   // seconds
}

var classes = [...]class{
	{"replica", "replica", 256 << 20, 64 << 20, 60},
	{"pubsub", "subscriber", 32 << 20, 8 << 20, 60},
	{"normal", "client", 0, 0, 0},
}

// classOf tells a client's class: before Redis 5.0 a subscriber has no flag of its own.
func classOf(c *record.Client) *class {
	for i := range len(c.Flags) {
		switch c.Flags[i] {
		case 'S':
			return &classes[0]
		case 'P':
			return &classes[1]
		}
	}
	if c.Sub > 0 || c.PSub > 0 || c.SSub > 0 {
		return &classes[1]
	}
	return &classes[2]
}

// limit tells which of the class's default limits n is over, in words; empty where it is
// at none of them.
func (cl *class) limit(n int64) string {
	near := func(limit int64) bool { return limit > 0 && n >= limit && float64(n) <= float64(limit)*(1+val("near")) }
	switch {
	case near(cl.hard):
		return fmt.Sprintf("the hard limit of class %s, %s unless configured", cl.name, mega(cl.hard))
	case near(cl.soft):
		return fmt.Sprintf("the soft limit of class %s, %s for %d s unless configured", cl.name, mega(cl.soft), cl.softFor)
	case cl.hard > 0 && n > cl.hard:
		return fmt.Sprintf("over the limit of class %s, %s unless configured", cl.name, mega(cl.hard))
	}
	return "the limit of class " + cl.name
}

func mega(n int64) string { return fmt.Sprintf("%d MB", n>>20) }

// of gives the cuts with an event's id.
func (r *Reading) of(id serverlog.ID) (cuts []cut) {
	for _, c := range r.cuts {
		if c.id == id {
			cuts = append(cuts, c)
		}
	}
	return cuts
}

// outputBuffers judges clients closed at client-output-buffer-limit: one is a slow reader,
// several are a loop, as those cut come back.
func (r *Reading) outputBuffers() Candidate {
	cuts := r.of(serverlog.OutputBufferCut)
	if len(cuts) == 0 {
		return Candidate{}
	}
	// The class with most cuts; a log with two has two stories, and this is the longer one.
	by := map[*class][]cut{}
	worst := classOf(&cuts[0].client)
	for i := range cuts {
		cl := classOf(&cuts[i].client)
		if by[cl] = append(by[cl], cuts[i]); len(by[cl]) > len(by[worst]) {
			worst = cl
		}
	}
	cuts = by[worst]
	n := r.times(serverlog.OutputBufferCut)
	if len(by) > 1 {
		n = int64(len(cuts))
	}
	c := r.cutCandidate("output-buffer-loop", cuts)
	var least, most int64
	for i := range cuts {
		v := cuts[i].client.OMem
		if i == 0 || v < least {
			least = v
		}
		most = max(most, v)
	}
	c.Score = val("one cut")
	if c.Settled = float64(n) >= val("cuts"); c.Settled {
		c.Score = min(val("loop")+0.02*(float64(n)-val("cuts")), 0.95)
	} else if n > 1 {
		c.Score += 0.1
	}
	waiting := fmt.Sprintf("%d bytes waiting", most)
	if least != most {
		waiting = fmt.Sprintf("%d to %d bytes waiting", least, most)
	}
	first := &cuts[0]
	whose := fmt.Sprintf("%s of %s (last command %s)", worst.who, first.client.Host(), first.client.Cmd)
	if len(cuts) > 1 {
		whose = many(n, worst.who) + whither(cuts)
	} else {
		whose = "1 " + whose
	}
	c.Claim = fmt.Sprintf("The server closed %s at the output-buffer limit, with %s: %s.", whose, waiting, r.limitOf(worst, least))
	if n == 1 {
		c.Claim += " It is too slow a reader; cut again after it comes back, it would be in a loop."
	}
	c.Facts = append(c.Facts,
		fact("clients closed for overcoming of output buffer limits", float64(n), "clients", places(cuts)...),
		fact("most output waiting for one of them (omem)", float64(most), "bytes", first.pos))
	if again := comeback(cuts); again > 0 {
		c.Facts = append(c.Facts, fact("cut again under a new id, from the same host and with the same last command", float64(again), "clients", places(cuts)...))
	}
	if n := r.times(serverlog.FullResync); n > 0 && worst == &classes[0] {
		t := r.tally[serverlog.FullResync]
		c.Facts = append(c.Facts, fact("full resynchronizations, which fill a replica's buffer again", float64(n), "times", t.pos, t.end))
	}
	return c
}

// whither tells over what time cuts came.
func whither(cuts []cut) string {
	first, last := cuts[0].at, cuts[len(cuts)-1].at
	if first.IsZero() || !last.After(first) {
		return ""
	}
	return " within " + span(last.Sub(first))
}

// comeback counts clients cut that had been cut before under another id.
func comeback(cuts []cut) (n int) {
	seen := map[string]int64{}
	for i := range cuts {
		c := &cuts[i].client
		key := c.Host() + " " + c.Name + " " + c.Cmd
		if id, ok := seen[key]; ok && id != c.ID {
			n++
		}
		seen[key] = c.ID
	}
	return n
}

// cutCandidate fills in who the clients cut were.
func (r *Reading) cutCandidate(cause string, cuts []cut) Candidate {
	c := Candidate{Cause: cause, From: cuts[0].at, To: cuts[len(cuts)-1].at}
	n := map[finding.Source]int{}
	for i := range cuts {
		cl := &cuts[i].client
		n[finding.Source{Host: cl.Host(), Name: cl.Name, User: cl.User}]++
	}
	for s, v := range n {
		s.Connections, s.Share = v, float64(v)/float64(len(cuts))
		c.Sources = append(c.Sources, s)
	}
	slices.SortFunc(c.Sources, func(a, b finding.Source) int {
		return cmp.Or(-cmp.Compare(a.Connections, b.Connections), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name), cmp.Compare(a.User, b.User))
	})
	c.Sources = c.Sources[:min(len(c.Sources), maxSources)]
	return c
}

func places(cuts []cut) (out []record.Pos) {
	for i := range cuts {
		out = append(out, cuts[i].pos)
	}
	return out
}

// queryBuffers judges clients closed at client-query-buffer-limit.
func (r *Reading) queryBuffers() Candidate {
	cuts := r.of(serverlog.QueryBufferCut)
	if len(cuts) == 0 {
		return Candidate{}
	}
	c := r.cutCandidate("query-buffer-growth", cuts)
	var most int64
	for i := range cuts {
		most = max(most, cuts[i].client.QBuf)
	}
	n := r.times(serverlog.QueryBufferCut)
	c.Settled = float64(n) >= val("cuts")
	c.Score = map[bool]float64{false: val("one cut"), true: val("loop")}[c.Settled]
	c.Claim = fmt.Sprintf("The server closed %s at client-query-buffer-limit, with up to %d bytes of a query received.", many(n, "client")+whither(cuts), most)
	c.Facts = []finding.Evidence{fact("clients closed for reaching the query buffer's limit", float64(n), "clients", places(cuts)...),
		fact("longest query buffer of one of them (qbuf)", float64(most), "bytes", cuts[0].pos)}
	return c
}

// evictions judges clients closed for maxmemory-clients.
func (r *Reading) evictions() Candidate {
	cuts := r.of(serverlog.ClientEvicted)
	if len(cuts) == 0 {
		return Candidate{}
	}
	c := r.cutCandidate("client-eviction", cuts)
	n := r.times(serverlog.ClientEvicted)
	c.Settled = float64(n) >= val("cuts")
	c.Score = map[bool]float64{false: val("one cut"), true: val("loop")}[c.Settled]
	var sum int64
	for i := range cuts {
		sum += cuts[i].client.TotMem
	}
	c.Claim = fmt.Sprintf("The server evicted %s to keep to maxmemory-clients; they held %d bytes.", many(n, "client")+whither(cuts), sum)
	c.Facts = []finding.Evidence{fact("clients evicted", float64(n), "clients", places(cuts)...), fact("memory they held (tot-mem)", float64(sum), "bytes", cuts[0].pos)}
	return c
}
