package snapshot

import (
	"math"
	"slices"
	"strings"
)

// A Sign is one quantity of a snapshot on a ramp: nothing at None, all of it at Full.
type Sign struct {
	ID    string
	Name  string // with its unit, for people
	None  float64
	Full  float64
	Log   bool   // the ramp is even in the logarithm
	Why   string // why these ends
	Claim string // the sentence; %s is the value
	Unit  string // "%", "s", "bytes", "per second", "" for a count
	Value func(f *Facts, p *Pair) float64
	Pair  bool // needs two snapshots
	Info  bool // INFO holds it; the others are in CLIENT LIST
	Hosts bool // its addresses are enough
}

// on gives the place of a value on the ramp, 0 to 1; NaN for a NaN.
func (s *Sign) on(v float64) float64 {
	lo, hi := s.None, s.Full
	if s.Log {
		v, lo, hi = math.Log(max(v, 1e-9)), math.Log(lo), math.Log(hi)
	}
	return min(max((v-lo)/(hi-lo), 0), 1)
}

func share(a, b float64) float64 {
	if b > 0 {
		return a / b
	}
	return math.NaN()
}

// top gives a number of the largest host that has at least three connections.
func top(f *Facts, get func(g *Group) float64) float64 {
	if f.Masked || len(f.Hosts) == 0 || f.Hosts[0].Count < 3 {
		return math.NaN()
	}
	return get(&f.Hosts[0])
}

// worst gives the host with the most unused connections.
func worst(f *Facts) *Group {
	var best *Group
	most := 0.0
	for i := range f.Hosts {
		g := &f.Hosts[i]
		if n := g.NeverUsed * float64(g.Count); n > most && g.Count >= 3 {
			best, most = g, n
		}
	}
	return best
}

// staleHost gives the host whose connections have the longest idle times, with at least a
// tenth of the rows or three.
func staleHost(f *Facts) *Group {
	var best *Group
	for i := range f.Hosts {
		g := &f.Hosts[i]
		if float64(g.Count) >= max(3, f.Rows/20) && (best == nil || g.IdleP50 > best.IdleP50) {
			best = g
		}
	}
	return best
}

// signs are the rows of the model. A new sign needs its weights fitted: make calibrate.
var signs = []Sign{
	{ID: "used", Info: true, Name: "slots in use", None: 0.7, Full: 1, Unit: "%", Why: "below 70 % nothing presses; at 100 % the next client is refused",
		Claim: "%s of the slots are in use", Value: func(f *Facts, _ *Pair) float64 { return share(f.Occupied, f.Limit) }},
	{ID: "refused", Info: true, Name: "refused since the start", None: 1, Full: 1000, Log: true, Why: "a handful is a moment's burst, thousands are clients that come back",
		Claim: "%s connections were refused since the start", Value: func(f *Facts, _ *Pair) float64 { return f.Refused }},
	{ID: "refused_share", Info: true, Name: "refused of all attempts", None: 0.01, Full: 0.7, Log: true, Unit: "%", Why: "demand that outgrew the limit is refused a little; a storm is mostly refused",
		Claim: "%s of all attempts were refused", Value: func(f *Facts, _ *Pair) float64 { return share(f.Refused, f.Refused+f.Accepted) }},
	{ID: "refuse_rate", Info: true, Name: "refused per second since the start", None: 0.01, Full: 30, Log: true, Unit: "per second", Why: "who waits before the next attempt is refused seldom, who does not many times a second",
		Claim: "%s connections a second were refused since the start", Value: func(f *Facts, _ *Pair) float64 { return share(f.Refused, f.Uptime) }},
	{ID: "refused_slot", Info: true, Name: "refused by slots", None: 0.5, Full: 300, Log: true, Why: "growth and releases are refused about as often as they ask for slots, storms again and again",
		Claim: "%s connections were refused for each slot", Value: func(f *Facts, _ *Pair) float64 { return share(f.Refused, f.Limit) }},
	{ID: "accept_rate", Info: true, Name: "accepted per second since the start", None: 0.05, Full: 20, Log: true, Unit: "per second", Why: "pools open some connections an hour; one connection a request, many a second",
		Claim: "%s connections a second were accepted since the start", Value: func(f *Facts, _ *Pair) float64 { return share(f.Accepted, f.Uptime) }},
	{ID: "per_conn", Info: true, Name: "commands a connection", None: 1000, Full: 2, Log: true, Why: "a pool's connection runs thousands of commands, one a request a few",
		Claim: "%s commands were run per connection", Value: func(f *Facts, _ *Pair) float64 { return share(f.Commands, f.Accepted) }},
	{ID: "turnover", Info: true, Name: "accepted by connected", None: 1.2, Full: 50, Log: true, Why: "connections that stay were accepted once each",
		Claim: "%s times as many were accepted as are connected", Value: func(f *Facts, _ *Pair) float64 { return share(f.Accepted, f.Connected) }},
	{ID: "hello", Info: true, Name: "handshake commands of all calls", None: 0.01, Full: 0.5, Log: true, Unit: "%", Why: "clients that connect for one command greet as often as they ask",
		Claim: "%s of all calls are handshakes", Value: func(f *Facts, _ *Pair) float64 { return f.HelloShare }},
	{ID: "young5", Name: "connections at most 5 s old", None: 0.02, Full: 0.6, Unit: "%", Why: "pools keep connections; churn and storms leave young ones",
		Claim: "%s of the connections are at most 5 s old", Value: func(f *Facts, _ *Pair) float64 { return f.Young5s }},
	{ID: "young60", Name: "connections at most a minute old", None: 0.05, Full: 0.8, Unit: "%", Why: "as above, for slower turnover",
		Claim: "%s of the connections are at most a minute old", Value: func(f *Facts, _ *Pair) float64 { return f.Young60s }},
	{ID: "never", Name: "never used since the first command", None: 0.1, Full: 0.8, Unit: "%", Why: "idle pools use some of theirs, leaked ones never",
		Claim: "%s of the connections were never used after their first moments", Value: func(f *Facts, _ *Pair) float64 { return f.NeverUsed }},
	{ID: "idle5m", Name: "idle for over 5 min", None: 0.1, Full: 0.8, Unit: "%", Why: "pools in use touch most connections within minutes",
		Claim: "%s of the connections are idle for over 5 minutes", Value: func(f *Facts, _ *Pair) float64 { return f.Idle5m }},
	{ID: "idle1h", Name: "idle for over an hour", None: 0.02, Full: 0.5, Unit: "%", Why: "few live connections rest for an hour",
		Claim: "%s of the connections are idle for over an hour", Value: func(f *Facts, _ *Pair) float64 { return f.Idle1h }},
	{ID: "hosts", Hosts: true, Name: "hosts", None: 8, Full: 150, Log: true, Why: "a fleet of instances has tens of hosts, a serverless one hundreds",
		Claim: "the connections come from %s hosts", Value: func(f *Facts, _ *Pair) float64 { return hostCount(f) }},
	{ID: "per_host", Hosts: true, Name: "connections a host", None: 1.5, Full: 40, Log: true, Why: "short-lived instances hold one or two, pools tens",
		Claim: "%s connections a host", Value: func(f *Facts, _ *Pair) float64 { return share(f.Rows, hostCount(f)) }},
	{ID: "top_share", Hosts: true, Name: "largest host's share", None: 0.15, Full: 0.8, Unit: "%", Why: "fleets spread evenly",
		Claim: "the largest host holds %s of the connections", Value: func(f *Facts, _ *Pair) float64 {
			return top(f, func(g *Group) float64 { return share(float64(g.Count), f.Rows) })
		}},
	{ID: "excess", Hosts: true, Name: "largest host by the median host", None: 2, Full: 12, Log: true, Why: "instances of one pool size hold alike",
		Claim: "the largest host holds %s times the median host's", Value: excess},
	{ID: "equal", Hosts: true, Name: "hosts with the most common count", None: 0.25, Full: 0.8, Unit: "%", Why: "full pools of one size are equal",
		Claim: "%s of the hosts hold the same number of connections", Value: equalHosts},
	{ID: "unused_host", Name: "unused of the worst host", None: 0.4, Full: 0.9, Unit: "%", Why: "a leaking host's connections are mostly unused",
		Claim: "%s of the worst host's connections were never used again", Value: func(f *Facts, _ *Pair) float64 {
			if g := worst(f); g != nil {
				return g.NeverUsed
			}
			return ifList(f, 0)
		}},
	{ID: "unused_even", Name: "arrival curve of the worst host", None: 0.6, Full: 0.15, Why: "a leak opens evenly, a pool in one burst; 1 is one burst",
		Claim: "the worst host opened its connections evenly (distance %s)", Value: func(f *Facts, _ *Pair) float64 {
			if g := worst(f); g != nil && g.Count >= 5 {
				return g.Even
			}
			return math.NaN()
		}},
	{ID: "unused_share", Name: "worst host's unused among all", None: 0.05, Full: 0.6, Unit: "%", Why: "what leaks fills the server",
		Claim: "one host's unused connections are %s of all", Value: func(f *Facts, _ *Pair) float64 {
			if g := worst(f); g != nil {
				return g.NeverUsed * float64(g.Count) / f.Rows
			}
			return ifList(f, 0)
		}},
	{ID: "unused_hosts", Name: "hosts with mostly unused connections", None: 0.05, Full: 0.8, Unit: "%", Why: "a leak is one service's, an oversized pool every instance's",
		Claim: "on %s of the hosts most connections are unused", Value: unusedHosts},
	{ID: "even_all", Name: "arrival curve of all", None: 0.15, Full: 0.7, Why: "0 is even, 1 one burst",
		Claim: "the arrivals of the survivors are uneven (distance %s)", Value: func(f *Facts, _ *Pair) float64 {
			return unevenness(f.ages)
		}},
	{ID: "burst", Name: "opened in the fullest fiftieth of time", None: 0.1, Full: 0.7, Unit: "%", Why: "a release, a restart or a scale-out opens at once",
		Claim: "%s of the connections were opened in one burst", Value: burst},
	{ID: "burst_age", Name: "age of the burst", None: 3600, Full: 60, Log: true, Unit: "s", Why: "a wave is minutes old, a pool may be days old",
		Claim: "the burst is %s old", Value: burstAge},
	{ID: "burst_hosts", Name: "hosts in the burst", None: 0.1, Full: 0.9, Unit: "%", Why: "a reconnect wave has all hosts, a release some",
		Claim: "%s of the hosts opened in the burst", Value: burstHosts},
	{ID: "last_use", Name: "one common last use of a host", None: 0.3, Full: 0.95, Unit: "%", Why: "a host that died fell silent at once",
		Claim: "%s of one host's connections were last used at one time", Value: func(f *Facts, _ *Pair) float64 {
			if g := staleHost(f); g != nil && g.IdleP50 > 60 {
				return g.LastUse
			}
			return ifList(f, 0)
		}},
	{ID: "silent_host", Name: "silent host's connections of all", None: 0.02, Full: 0.4, Unit: "%", Why: "those that hold slots for nothing",
		Claim: "silent hosts hold %s of the connections", Value: silentShare},
	{ID: "blocked", Name: "blocked", None: 0.1, Full: 0.8, Unit: "%", Why: "workers are some, a pile is most",
		Claim: "%s of the connections wait in a blocking command", Value: func(f *Facts, _ *Pair) float64 {
			if b := share(f.Blocked, f.Connected); !math.IsNaN(b) {
				return b
			}
			return f.BlockedNow
		}},
	{ID: "pubsub", Name: "subscribers", None: 0.05, Full: 0.7, Unit: "%", Why: "fleets of subscribers are cut together",
		Claim: "%s of the connections subscribe", Value: func(f *Facts, _ *Pair) float64 { return f.PubSubNow }},
	{ID: "out_max", Name: "largest output waiting", None: 1 << 16, Full: 8 << 20, Log: true, Unit: "bytes", Why: "replies of ordinary size wait for moments; the pub/sub soft limit is 8 MB",
		Claim: "%s of output wait for one client", Value: func(f *Facts, _ *Pair) float64 { return f.OutMax }},
	{ID: "out_longest", Info: true, Name: "largest output buffer of INFO", None: 1 << 16, Full: 8 << 20, Log: true, Unit: "bytes", Why: "as above",
		Claim: "INFO counts an output buffer of %s", Value: func(f *Facts, _ *Pair) float64 { return f.OutLongest }},
	{ID: "out_cuts", Info: true, Name: "output-buffer disconnections", None: 0.5, Full: 20, Log: true, Why: "one may be a report, many are a loop",
		Claim: "%s clients were cut at client-output-buffer-limit", Value: func(f *Facts, _ *Pair) float64 { return f.OutCuts }},
	{ID: "query_max", Name: "largest query buffer", None: 1 << 18, Full: 32 << 20, Log: true, Unit: "bytes", Why: "commands are some kB; 1 GB is the limit",
		Claim: "a query buffer holds %s", Value: func(f *Facts, _ *Pair) float64 { return f.QueryMax }},
	{ID: "query_sum", Name: "all query buffers", None: 1 << 20, Full: 100 << 20, Log: true, Unit: "bytes", Why: "beside used memory of some GB 100 MB are felt",
		Claim: "the query buffers hold %s", Value: func(f *Facts, _ *Pair) float64 { return f.QuerySum }},
	{ID: "evicted", Info: true, Name: "evicted clients", None: 0.5, Full: 20, Log: true, Why: "maxmemory-clients evicts nobody without need",
		Claim: "%s clients were evicted", Value: func(f *Facts, _ *Pair) float64 { return f.Evicted }},
	{ID: "auth", Info: true, Name: "failed logins by accepted", None: 0.005, Full: 0.5, Log: true, Unit: "%", Why: "a typing error a day is no loop",
		Claim: "%s of the connections failed to log in", Value: func(f *Facts, _ *Pair) float64 { return share(f.AuthErrors, f.Accepted) }},
	{ID: "internal", Name: "replicas, Sentinels, bus links of the slots", None: 0.03, Full: 0.4, Unit: "%", Why: "some are the rule, a third is too many",
		Claim: "%s of the slots are internal", Value: func(f *Facts, _ *Pair) float64 {
			n, ok := f.Internal, !math.IsNaN(f.Internal)
			if f.ClusterLinks > 0 {
				n, ok = max(n, 0)+f.ClusterLinks, true
			}
			if !ok {
				n = f.Replicas
			}
			return share(n, f.Occupied)
		}},
	{ID: "slow", Info: true, Name: "slowest command a call", None: 300, Full: 50000, Log: true, Unit: "us", Why: "O(1) commands take microseconds; 10 ms stall the loop",
		Claim: "a call of the command that takes the time lasts %s", Value: func(f *Facts, _ *Pair) float64 { return f.SlowestCmd }},
	{ID: "fork", Info: true, Name: "latest fork", None: 20000, Full: 500000, Log: true, Unit: "us", Why: "10 ms a GB is usual; half a second stalls all",
		Claim: "the latest fork took %s", Value: func(f *Facts, _ *Pair) float64 { return f.ForkMicros }},
	{ID: "fsync", Info: true, Name: "delayed fsyncs", None: 0.5, Full: 20, Log: true, Why: "each one stalled writes for up to 2 s",
		Claim: "%s fsyncs were late", Value: func(f *Facts, _ *Pair) float64 { return f.FsyncDelays }},
	{ID: "odd_limit", Info: true, Name: "limit as descriptors leave it", None: 0.2, Full: 0.8, Why: "32 less than a round number of descriptors, which nobody configures",
		Claim: "the limit is what a descriptor limit leaves", Value: oddLimit},
	{ID: "fresh", Info: true, Name: "uptime", None: 3600, Full: 120, Log: true, Unit: "s", Why: "a wave follows a restart within minutes",
		Claim: "the server has been up for %s", Value: func(f *Facts, _ *Pair) float64 { return f.Uptime }},
	{ID: "uncounted", Info: true, Name: "commands a second by connection", None: 0.05, Full: 20, Log: true, Unit: "per second", Why: "idle pools run less than one in ten seconds",
		Claim: "%s commands a second are run per connection", Value: func(f *Facts, _ *Pair) float64 { return share(f.Ops, f.Connected) }},
	{ID: "halves", Name: "hosts in two generations", None: 0.1, Full: 0.9, Unit: "%", Why: "old and new instances of one service side by side",
		Claim: "the hosts fall into an older and a younger half (%s)", Value: generations},
	{ID: "cut_idle", Name: "longest idle by median age", None: 1, Full: 0.05, Log: true, Why: "where idle connections are cut nobody rests long",
		Claim: "the longest idle time is %s of the median age", Value: func(f *Facts, _ *Pair) float64 {
			a := f.ages
			if len(a) == 0 || a[len(a)/2] < 60 {
				return math.NaN()
			}
			i := slices.Sorted(slices.Values(f.idles))
			return share(max(i[len(i)-1-len(i)/50], 0.5), a[len(a)/2])
		}},
	{ID: "null_cmd", Name: "last command of a handshake or none", None: 0.05, Full: 0.6, Unit: "%", Why: "opened and never used, or not let in",
		Claim: "%s of the connections have sent a handshake at most", Value: greeted},
	{ID: "top_cmd", Name: "share of the most common last command", None: 0.3, Full: 0.95, Unit: "%", Why: "one code path leaves one command",
		Claim: "%s of the connections have the same last command", Value: func(f *Facts, _ *Pair) float64 {
			if len(f.Cmds) == 0 {
				return math.NaN()
			}
			return float64(f.Cmds[0].Count) / f.Rows
		}},

	{ID: "leaky", Name: "one host unused, evenly opened, above its peers", None: 0.05, Full: 0.8, Why: "the three together are a leak; each alone is common",
		Claim: "one host holds connections that were opened one after the other and never used (%s)", Value: leaky},
	{ID: "out_readers", Name: "clients with output waiting", None: 0.01, Full: 0.2, Unit: "%", Why: "readers that keep up have nothing waiting",
		Claim: "output waits for %s of the clients", Value: func(f *Facts, _ *Pair) float64 {
			n := 0.0
			for i := range f.rows {
				n += one(f.rows[i].OMem >= 1<<14)
			}
			return share(n, f.Rows)
		}},
	{ID: "out_mem", Name: "client memory by connection", None: 1 << 15, Full: 1 << 19, Log: true, Unit: "bytes", Why: "a connection takes some 20 kB; what is more is buffers",
		Claim: "clients take %s of memory each", Value: func(f *Facts, _ *Pair) float64 { return share(f.ClientMem, f.Connected) }},
	{ID: "slow_seen", Name: "clients last seen at a command of O(N)", None: 0.0001, Full: 0.02, Log: true, Unit: "%", Why: "KEYS and its kin have no place on a production path",
		Claim: "%s of the clients last ran a command of O(N) on the whole data", Value: slowSeen},
	{ID: "waiting", Name: "clients with commands waiting", None: 0.01, Full: 0.3, Unit: "%", Why: "a busy loop leaves queries unread",
		Claim: "%s of the clients have commands waiting to be read", Value: func(f *Facts, _ *Pair) float64 {
			n := 0.0
			for i := range f.rows {
				n += one(f.rows[i].QBuf > 0 && f.rows[i].Cmd != "client" && f.rows[i].Cmd != "client|list")
			}
			return share(n, f.Rows)
		}},

	{ID: "overlap", Name: "one service's hosts in two generations", None: 0.1, Full: 0.8, Unit: "%", Why: "old and new instances of one service side by side hold twice its slots",
		Claim: "the hosts of one service are of two generations (%s)", Value: overlap},
	{ID: "host_births", Name: "arrival curve of the largest service's hosts", None: 0.7, Full: 0.15, Why: "hosts that are added one by one are growth, at once a release or a restart",
		Claim: "the hosts of the largest service came one by one (distance %s)", Value: hostBirths},
	{ID: "young_hosts", Name: "young hosts of the largest service", None: 0.05, Full: 0.8, Unit: "%", Why: "a scaler and a release bring hosts that are younger than the rest",
		Claim: "%s of the largest service's hosts are less than half as old as its oldest", Value: youngHosts},
	{ID: "starved", Name: "connections of young hosts by those of old", None: 0.9, Full: 0.2, Why: "who comes to a full server gets few",
		Claim: "the youngest hosts hold %s times what the oldest do", Value: starved},
	{ID: "regrown", Name: "opened at once beside older ones", None: 0.05, Full: 0.6, Unit: "%", Why: "behind a stall every pool of a service grows in the same seconds",
		Claim: "%s of the connections were opened by all hosts of a service at once, beside older ones", Value: regrown},
	{ID: "regrowths", Name: "moments at which a service's pools grew together", None: 0.5, Full: 5, Log: true, Why: "one may be a rise of traffic, several are stalls",
		Claim: "%s times all hosts of a service opened more connections at once", Value: regrowths},
	{ID: "all_busy", Name: "connections of pools of one size without a spare one", None: 0.02, Full: 0.5, Unit: "%", Why: "of a pool that suffices some connections rest",
		Claim: "%s of the connections are of pools of one size, and none of them rests", Value: allBusy},
	{ID: "out_any", Name: "largest output waiting, from kilobytes on", None: 1 << 12, Full: 1 << 19, Log: true, Unit: "bytes", Why: "limits may be set far below the defaults",
		Claim: "%s of output wait for a client", Value: func(f *Facts, _ *Pair) float64 { return f.OutMax }},

	// Of two snapshots.
	{ID: "grew", Info: true, Pair: true, Name: "growth by the connections before", None: 0.02, Full: 0.5, Unit: "%", Why: "pools breathe by some per cent",
		Claim: "connections grew by %s between the two", Value: func(_ *Facts, p *Pair) float64 { return p.Share }},
	{ID: "shrank", Info: true, Pair: true, Name: "shrinkage", None: 0.02, Full: 0.5, Unit: "%", Why: "as above",
		Claim: "connections fell by %s between the two", Value: func(_ *Facts, p *Pair) float64 { return -p.Share }},
	{ID: "born", Pair: true, Name: "born by the connections there", None: 0.02, Full: 0.8, Unit: "%", Why: "a leak adds some per cent, a wave all",
		Claim: "%s of the connections are new", Value: func(f *Facts, p *Pair) float64 { return share(p.Born, f.Rows) }},
	{ID: "gone", Pair: true, Name: "gone by the connections there", None: 0.02, Full: 0.8, Unit: "%", Why: "leaked ones stay",
		Claim: "%s as many are gone", Value: func(f *Facts, p *Pair) float64 { return share(p.Gone, f.Rows) }},
	{ID: "churned", Pair: true, Name: "accepted by born", None: 1.2, Full: 30, Log: true, Why: "accepted but seen by neither list: short-lived",
		Claim: "%s connections were accepted for each new one in the list", Value: func(f *Facts, p *Pair) float64 { return share(p.strangers(), max(p.Born, 1)) }},
	{ID: "refusing", Info: true, Pair: true, Name: "refused per second", None: 0.01, Full: 20, Log: true, Unit: "per second", Why: "any refusal is felt, tens a second are a storm",
		Claim: "%s connections a second were refused between the two", Value: func(_ *Facts, p *Pair) float64 { return share(p.Refused, p.Seconds) }},
	{ID: "refusing_share", Info: true, Pair: true, Name: "refused of the attempts between", None: 0.01, Full: 0.9, Unit: "%", Why: "as above",
		Claim: "%s of the attempts between the two were refused", Value: func(_ *Facts, p *Pair) float64 { return share(p.Refused, p.Refused+p.strangers()) }},
	{ID: "accepting", Info: true, Pair: true, Name: "accepted per second", None: 0.05, Full: 20, Log: true, Unit: "per second", Why: "as since the start",
		Claim: "%s connections a second were accepted between the two", Value: func(_ *Facts, p *Pair) float64 { return share(p.strangers(), p.Seconds) }},
	{ID: "per_born", Info: true, Pair: true, Name: "commands by accepted", None: 1000, Full: 2, Log: true, Why: "as since the start",
		Claim: "%s commands were run for each connection accepted between", Value: func(_ *Facts, p *Pair) float64 { return share(p.Commands, p.strangers()) }},
	{ID: "cutting", Info: true, Pair: true, Name: "output-buffer cuts between", None: 0.5, Full: 5, Log: true, Why: "a loop cuts again and again",
		Claim: "%s clients were cut at the output-buffer limit between the two", Value: func(_ *Facts, p *Pair) float64 { return p.OutCuts }},
	{ID: "evicting", Info: true, Pair: true, Name: "evictions between", None: 0.5, Full: 5, Log: true, Why: "as above",
		Claim: "%s clients were evicted between the two", Value: func(_ *Facts, p *Pair) float64 { return p.Evicted }},
	{ID: "born_top", Pair: true, Name: "one host's share of the born, above its own", None: 0.1, Full: 0.7, Unit: "%", Why: "a leak or a storm is one service's",
		Claim: "one host opened %s more of the new ones than its share", Value: func(_ *Facts, p *Pair) float64 { return p.BornTop }},
	{ID: "born_hosts", Pair: true, Name: "born from new hosts", None: 0.05, Full: 0.8, Unit: "%", Why: "a release and a scaler bring hosts",
		Claim: "%s of the new ones come from hosts that were not there", Value: func(_ *Facts, p *Pair) float64 { return p.BornHosts }},
	{ID: "born_stale", Pair: true, Name: "born and not used", None: 0.2, Full: 0.9, Unit: "%", Why: "leaked connections rest from the start",
		Claim: "%s of the new ones were not used after their first moments", Value: func(_ *Facts, p *Pair) float64 { return p.StaleBorn }},
	{ID: "reborn", Pair: true, Name: "born in place of those gone", None: 0.1, Full: 0.9, Unit: "%", Why: "who is cut dials again from the same host; growth replaces nobody",
		Claim: "%s of the new ones take the place of others of the same host", Value: func(_ *Facts, p *Pair) float64 { return p.Reborn }},
	{ID: "moved", Pair: true, Name: "used between the two", None: 0.8, Full: 0.1, Unit: "%", Why: "pools in work use nearly all",
		Claim: "%s of those in both lists were used between", Value: func(_ *Facts, p *Pair) float64 { return p.Moved }},
	{ID: "more_blocked", Pair: true, Name: "more blocked by connected", None: 0.02, Full: 0.3, Unit: "%", Why: "workers are as many as before",
		Claim: "%s of the connections were blocked since", Value: func(f *Facts, p *Pair) float64 { return share(p.BlockedRis, f.Connected) }},
	{ID: "more_out", Pair: true, Name: "more output waiting", None: 1 << 16, Full: 16 << 20, Log: true, Unit: "bytes", Why: "readers that keep up have nothing waiting",
		Claim: "%s more output waits", Value: func(_ *Facts, p *Pair) float64 { return p.OutRise }},
}

func ifList(f *Facts, v float64) float64 {
	if math.IsNaN(f.Rows) {
		return math.NaN()
	}
	return v
}

func hostCount(f *Facts) float64 {
	if f.Masked || math.IsNaN(f.Rows) {
		return math.NaN()
	}
	return max(float64(len(f.Hosts)), 1)
}

func greeted(f *Facts, _ *Pair) float64 {
	n := 0.0
	for _, g := range f.Cmds {
		if greeting(g.Key) {
			n += float64(g.Count)
		}
	}
	return share(n, f.Rows)
}

// greeting tells whether a last command is a handshake's, or none.
func greeting(cmd string) bool {
	switch first, _, _ := strings.Cut(cmd, "|"); {
	case first == "hello", first == "auth", cmd == "", cmd == "NULL", cmd == "client|setinfo", cmd == "client|setname", cmd == "select", cmd == "ping":
		return true
	}
	return false
}
