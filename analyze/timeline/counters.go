package timeline

import (
	"cmp"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// counters are the readings of one INFO that only mean something against the next.
type counters struct {
	ok      bool
	t       float64
	runID   string
	uptime  float64
	port    string // tcp_port
	reading [numCounters]float64
}

// authFailures reads failed authentications: acl_access_denied_auth from 7.2, else the
// error counters of 6.2, where NOAUTH counts commands before authentication.
func authFailures(i *record.Info) float64 {
	total, seen := 0.0, false
	for _, k := range [...]string{"errorstat_WRONGPASS", "errorstat_NOAUTH"} {
		if v, ok := i.Value(k); ok {
			if n, ok := record.SubInt(v, "count"); ok {
				total, seen = total+float64(n), true
			}
		}
	}
	if v := gauge(i, "acl_access_denied_auth"); v >= total {
		total, seen = v, true
	}
	if _, ok := i.Value("total_error_replies"); ok || seen {
		return total // a server with error counters prints only those above zero
	}
	return math.NaN()
}

// processorTime reads the seconds the main thread has worked: its own since 6.2, before
// that the process's, which does little else.
func processorTime(i *record.Info) float64 {
	t := gauge(i, "used_cpu_user_main_thread") + gauge(i, "used_cpu_sys_main_thread")
	if math.IsNaN(t) {
		t = gauge(i, "used_cpu_user") + gauge(i, "used_cpu_sys")
	}
	return t
}

// clientMemory reads what the buffers of all clients take, replicas among them where they
// have buffers of their own (before 7.0).
func clientMemory(i *record.Info) float64 {
	return gauge(i, "mem_clients_normal") + Known(gauge(i, "mem_clients_slaves"))
}

// info enters one INFO: gauges as they are, counters as differences within the process.
func (c *collector) info(i *record.Info) {
	now := counters{ok: true, uptime: gauge(i, "uptime_in_seconds")}
	now.runID, _ = i.String("run_id")
	now.port, _ = i.String("tcp_port")
	for k := range now.reading {
		now.reading[k] = gauge(i, columns[k].key)
	}
	now.reading[ctrAuth], now.reading[ctrBusy] = authFailures(i), processorTime(i)
	h := i.Head
	if h.At.IsZero() && !math.IsNaN(now.uptime) {
		c.beginAt(now.uptime)
		h.At = finding.UnixTime(now.uptime)
	} else if after := gauge(i, record.AfterKey); h.At.IsZero() && !math.IsNaN(after) {
		c.tl.Relative, c.tl.Paced, c.tl.PacedBy = true, true, "its lines"
		h.At = finding.UnixTime(after)
	}
	restarted := c.epoch(i, &now)
	if h.At.IsZero() && math.IsNaN(gauge(i, "connected_clients")) {
		if now.runID != "" {
			c.prev.runID = now.runID
		}
		return // a section or a line of an INFO: no moment of its own
	}
	if !i.At.IsZero() && c.prev.ok && !restarted {
		c.dateUptimes(&h, now.uptime)
		c.compare(&h, now.uptime)
	}
	s := c.at(&h, func(s *Sample) bool { return s.HasInfo })
	now.t = s.T
	c.settle(s.T, now.uptime, restarted || !c.prev.ok)
	s.Epoch = len(c.tl.Servers) - 1
	if math.IsNaN(c.tl.Booted[s.Epoch]) && !math.IsNaN(now.uptime) {
		c.tl.Booted[s.Epoch] = s.T - now.uptime
	}
	c.delta(s, &now, restarted)
	s.HasInfo, s.InfoPos = true, i.Pos
	if i.Took >= 0 && !(s.Took >= i.Took.Seconds()) {
		s.Took = i.Took.Seconds()
	}
	for _, k := range columns[numCounters:] {
		if k.key != "" {
			*k.of(s) = gauge(i, k.key)
		}
	}
	c.dialect.slotsOf(s, i, c.limit)
	c.reserve(s, i)
	s.ClientMem = clientMemory(i)
	s.Lag = gauge(i, "server_time_usec")/1e6 - s.T - c.clock.ahead
	c.prev = now
	c.tl.Totals = totalsOf(i, now.reading[ctrAccepted], now.reading[ctrRefused])
}

// beginAt counts times from the server's start; replies before the first that tells its uptime
// are of that moment.
func (c *collector) beginAt(uptime float64) {
	if !c.tl.Relative && !c.timed {
		for i := range c.tl.Samples {
			c.tl.Samples[i].T = uptime
		}
		if len(c.tl.Samples) > 0 {
			c.lastAt, c.prev.t = uptime, uptime
		}
	}
	c.tl.Relative = true
}

// epoch begins a new server process when the run id changes or, where there is none, when
// the uptime falls. It tells whether it did. A run id that is not told is that of before.
func (c *collector) epoch(i *record.Info, now *counters) bool {
	p := &c.prev
	known := now.runID != "" && p.runID != ""
	restart := p.ok && (known && now.runID != p.runID || !known && now.uptime < p.uptime-1)
	if n := len(c.tl.Servers); n > 0 && !restart {
		if now.runID == "" {
			now.runID = p.runID
		} else if p.runID == "" {
			c.tl.Servers[n-1] = c.server(i, now.runID)
		}
		return false
	}
	for _, s := range c.tl.Servers {
		if s.RunID == now.runID && now.runID != "" {
			c.tl.Mixed++
			break
		}
	}
	if restart && p.port != "" && now.port != "" && p.port != now.port {
		c.tl.Mixed++
	}
	if len(c.tl.Servers) >= 256 { // a loop of crashes: the rest share the last entry
		return restart
	}
	c.tl.Servers = append(c.tl.Servers, c.server(i, now.runID))
	c.tl.Booted = append(c.tl.Booted, math.NaN())
	return restart
}

// server takes whose INFO it is, and how that server means what it prints.
func (c *collector) server(i *record.Info, runID string) finding.Server {
	id := record.Identify(i)
	c.dialect.set(id)
	role, _ := i.String("role")
	return finding.Server{RunID: runID, Version: cmp.Or(id.Version, id.Redis), Role: role}
}

// failovers are as many as one recording is believed to have.
const failovers = 2

// delta writes what the counters did since the INFO before. After a restart, the reading
// itself is what happened since the process began: a lower bound of what the gap held.
// Of a process that is older than the gap, as after a failover, it stands for the gap, too: a
// replica meets hardly a client before. Where such come again and again, it does not.
// The lower bound holds after CONFIG RESETSTAT, too, when counters fall though the process lives on.
// What the observer's own redis-cli dialled is no client's.
func (c *collector) delta(s *Sample, now *counters, restarted bool) {
	own := c.asker.own(restarted)
	if !c.prev.ok {
		return
	}
	// It sets both to nought; one that falls while the other goes on is an error.
	reset := !restarted && now.reading[ctrCommands] < c.prev.reading[ctrCommands] && !(now.reading[ctrAccepted] >= max(c.prev.reading[ctrAccepted], 1))
	if reset {
		c.tl.Resets++
	}
	span := now.t - c.prev.t
	other := restarted && now.uptime > span+stepLeast // it was there before: another server's answer
	if other {
		c.tl.Others++
	}
	if restarted && !math.IsNaN(now.uptime) && now.uptime < span {
		span = max(now.uptime, 1)
	}
	add := NewSample(s.T, s.Epoch)
	add.Span = span
	for k := range now.reading {
		d := now.reading[k]
		switch {
		case other && c.tl.Others > failovers:
			d = math.NaN()
		case !restarted && (!reset || k == ctrBusy): // RESETSTAT leaves the processor's clock
			d = c.rise(k, d)
		default:
			c.rises[k] = unknownRise()
		}
		*columns[k].of(&add) = d
	}
	if own > 0 {
		add.Accepted = max(add.Accepted-own, 0)
	}
	s.merge(&add)
}

// A rise is what is needed to take back the last rise of a counter, or the last fall.
type rise struct {
	before float64 // reading before the last rise; NaN unknown
	by     float64
	slot   int     // sample that holds it
	top    float64 // reading before a fall, while the fall may be the error; NaN none
}

func unknownRise() rise { return rise{before: math.NaN(), top: math.NaN()} }

// rise gives by how much a counter rose to a reading. Counters only rise within a process, so
// one that fell by itself was wrong once: where it fell no lower than before its last rise, it
// was that rise, which is taken back; where it goes on from above the fall, it was the fall.
// What neither settles is not told.
func (c *collector) rise(k int, to float64) float64 {
	r, from := &c.rises[k], c.prev.reading[k]
	last := *r
	*r = rise{before: from, slot: len(c.tl.Samples) - 1, top: math.NaN()}
	switch {
	case to >= last.top:
		r.before = last.top
	case to < from:
		if k != ctrBusy { // the kernel may mend its own split of user and system time
			c.tl.Backwards++
		}
		if !(to >= last.before) {
			r.before, r.top = math.NaN(), from
			return math.NaN()
		}
		if d := columns[k].of(&c.tl.Samples[last.slot]); !math.IsNaN(*d) {
			*d -= last.by
		}
		r.before = last.before
	}
	r.by = to - r.before
	return r.by
}
