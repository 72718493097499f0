package snapshot

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// Facts are what a snapshot says. Numbers that the input does not hold are NaN; shares are
// 0 to 1, times seconds, sizes bytes.
type Facts struct {
	// INFO, or, where it is missing, the rows of CLIENT LIST.
	Connected    float64 // connected_clients
	Occupied     float64 // slots taken: connected, replicas and cluster links
	Limit        float64 // maxclients
	Uptime       float64
	Refused      float64 // rejected_connections since the start
	Accepted     float64 // total_connections_received since the start
	Commands     float64 // total_commands_processed since the start
	Ops          float64 // instantaneous_ops_per_sec
	Blocked      float64 // blocked_clients
	Replicas     float64
	ClusterLinks float64
	PubSub       float64 // pubsub_clients
	Evicted      float64 // evicted_clients since the start
	OutCuts      float64 // client_output_buffer_limit_disconnections since the start
	QueryCuts    float64 // client_query_buffer_limit_disconnections since the start
	OutLongest   float64 // largest output buffer of the last seconds, in bytes (since 5.0)
	OutList      float64 // longest output list, in replies (before 5.0)
	QueryBiggest float64
	ClientMem    float64
	UsedMem      float64
	ResidentMem  float64
	PeakMem      float64
	ReplicaMem   float64 // buffers of replicas; Dragonfly's name for them is another
	AuthErrors   float64 // WRONGPASS, NOAUTH and denied logins since the start
	ForkMicros   float64
	FsyncDelays  float64
	SlowestCmd   float64 // microseconds a call of the slowest command that took a share of the time
	SlowestName  string
	HelloShare   float64 // calls of HELLO, AUTH, SELECT, CLIENT by all calls
	FullSyncs    float64

	// CLIENT LIST.
	Rows     float64 // connections of applications; NaN without a list
	Omitted  float64 // connections that the text says it leaves out of the list
	Internal float64 // replicas, primaries and Sentinels among all
	Monitors float64
	Masked   bool    // addresses are masked: hosts cannot be told apart
	Nowhere  string  // the address that all have, where it is none: ?:0, 0.0.0.0:0
	Ageless  bool    // no row tells its age and idle time: who holds how many is all there is
	Hosts    []Group // most connections first
	Names    []Group
	Users    []Group
	Libs     []Group
	Cmds     []Group
	Services []Service // most connections first; nil without a list or where masked

	OldestAge  float64
	NeverUsed  float64 // share whose idle time is their age
	Idle5m     float64
	Idle1h     float64
	Idle1d     float64
	Young5s    float64 // share not older
	Young60s   float64
	BlockedNow float64 // share with flag b
	PubSubNow  float64 // share that subscribes
	OutSum     float64 // omem
	OutMax     float64
	OutMaxHost string
	QuerySum   float64 // qbuf
	QueryMax   float64
	QueryFree  float64 // qbuf-free of the client with most of it
	QueryBig   float64 // clients with a query buffer of 1 MB and more
	QueryStuck float64 // the largest query buffer of a client that stopped sending, or has never finished a command
	MemSum     float64 // tot-mem

	InfoPos, ListPos string

	ages, idles []float64        // of application rows, youngest first: the order of a list's lines means nothing
	rows        []*record.Client // in the Shot
	shot        *Shot
}

// A Group is the connections that share a host, name, user, library or command.
type Group struct {
	Key       string
	Count     int
	NeverUsed float64 // share
	IdleP50   float64
	AgeLo     float64 // youngest
	AgeP50    float64
	AgeHi     float64 // oldest
	// Even tells how evenly its survivors were opened between the first and the last of
	// them: the largest distance between their arrival curve and a straight line, 0 (even)
	// to 1 (one burst).
	Even float64
	// LastUse is the share of its connections whose last use falls into the fullest tenth
	// of its idle times or 5 s.
	LastUse float64
	Blocked float64
	OutSum  float64
	Cmd     string
}

// FactsOf reads a snapshot, which the Facts go on using.
func FactsOf(s *Shot) *Facts {
	f := &Facts{shot: s}
	f.InfoPos, f.ListPos = s.InfoPos.String(), s.ListPos.String()
	f.ofInfo(s)
	f.ofList(s)
	if math.IsNaN(f.Connected) && s.HasList {
		f.Connected = float64(len(s.rows)) + float64(s.omitted)
		f.Occupied = f.Connected
	}
	if s.Full && !math.IsNaN(f.Limit) && !(f.Occupied >= f.Limit) {
		f.Occupied = f.Limit
	}
	return f
}

// Lives gives the ages and idle times of the connections in the list, in seconds, of at most
// so many of them: each so many-th.
func (f *Facts) Lives(most int) (ages, idles []float64) {
	every := max((len(f.ages)+most-1)/most, 1)
	for i := 0; i < len(f.ages); i += every {
		ages, idles = append(ages, f.ages[i]), append(idles, f.idles[i])
	}
	return ages, idles
}

// Nth tells which snapshot of the input this is, from 1.
func (f *Facts) Nth() int { return f.shot.nth }

// LimitFrom says where the limit was read.
func (f *Facts) LimitFrom() string {
	switch {
	case f.shot.byDocs:
		return "the service's documentation"
	case f.bySet():
		return "a line of configuration"
	case math.IsNaN(f.shot.num("maxclients", "max_clients")):
		return "CONFIG GET"
	}
	return "INFO"
}

// bySet tells a limit that only a line of a configuration file tells.
func (f *Facts) bySet() bool {
	return f.shot.bySet && math.IsNaN(f.shot.num("maxclients", "max_clients"))
}

func (f *Facts) ofInfo(s *Shot) {
	n := s.num
	f.Connected = n("connected_clients")
	f.Limit = cmp.Or(n("maxclients", "max_clients"), math.NaN()) // Dragonfly's is the second
	if !(f.Limit > 0) {
		f.Limit = s.limit
	}
	f.Uptime = n("uptime_in_seconds")
	f.Refused, f.Accepted = n("rejected_connections"), n("total_connections_received")
	f.Commands, f.Ops = n("total_commands_processed"), n("instantaneous_ops_per_sec")
	f.Blocked, f.Replicas, f.ClusterLinks = n("blocked_clients"), n("connected_slaves"), n("cluster_connections")
	f.PubSub, f.Evicted = n("pubsub_clients"), n("evicted_clients")
	f.OutCuts = n("client_output_buffer_limit_disconnections")
	f.QueryCuts = n("client_query_buffer_limit_disconnections")
	f.OutLongest, f.OutList = n("client_recent_max_output_buffer"), n("client_longest_output_list")
	f.QueryBiggest = n("client_recent_max_input_buffer", "client_biggest_input_buf")
	f.ClientMem, f.UsedMem = n("mem_clients_normal"), n("used_memory")
	f.ResidentMem, f.PeakMem = n("used_memory_rss"), n("used_memory_peak")
	f.ReplicaMem = n("psync_buffer_bytes", "mem_total_replication_buffers", "mem_clients_slaves")
	f.ForkMicros, f.FsyncDelays, f.FullSyncs = n("latest_fork_usec"), n("aof_delayed_fsync"), n("sync_full")
	f.Occupied = f.Connected
	if s.reserve > 0 && f.Limit > 0 {
		f.Limit = max(f.Limit-s.reserve, 1)
		if p := n(record.PriorityKeys[:]...); p > 0 {
			f.Occupied = max(f.Occupied-p, 0)
		}
	}
	if f.Replicas > 0 {
		f.Occupied += f.Replicas
	}
	if f.ClusterLinks > 0 {
		f.Occupied += f.ClusterLinks
	}
	f.AuthErrors, f.SlowestCmd, f.HelloShare = math.NaN(), math.NaN(), math.NaN()
	if s.info != nil {
		f.ofCommands(s)
	}
}

// handshake are the commands that a client sends when it connects.
var handshake = []string{"hello", "auth", "select", "client|setinfo", "client|setname", "client"}

// ofCommands reads commandstats and errorstats.
func (f *Facts) ofCommands(s *Shot) {
	var calls, usecs, greetings float64
	auth := s.num("acl_access_denied_auth")
	known := !math.IsNaN(auth)
	if !known {
		auth = 0
	}
	for key, value := range s.info {
		if name, ok := strings.CutPrefix(key, "errorstat_"); ok {
			known = true
			if name == "NOAUTH" || name == "WRONGPASS" {
				if c, ok := record.SubInt([]byte(value), "count"); ok && c > 0 {
					auth += float64(c)
				}
			}
		}
		name, ok := strings.CutPrefix(key, "cmdstat_")
		if !ok {
			continue
		}
		c, _ := record.SubInt([]byte(value), "calls")
		u, _ := record.SubInt([]byte(value), "usec")
		calls, usecs = calls+float64(max(c, 0)), usecs+float64(max(u, 0))
		if slices.Contains(handshake, name) {
			greetings += float64(max(c, 0))
		}
	}
	if known || calls > 0 {
		f.AuthErrors = auth
	}
	if calls == 0 {
		return
	}
	f.HelloShare = greetings / calls
	f.SlowestCmd = 0
	for key, value := range s.info {
		name, ok := strings.CutPrefix(key, "cmdstat_")
		if !ok || usecs == 0 {
			continue
		}
		c, _ := record.SubInt([]byte(value), "calls")
		u, _ := record.SubInt([]byte(value), "usec")
		per := float64(u) / max(float64(c), 1)
		if float64(u) > 0.2*usecs && (per > f.SlowestCmd || per == f.SlowestCmd && name < f.SlowestName) {
			f.SlowestCmd, f.SlowestName = per, name
		}
	}
}

func (f *Facts) ofList(s *Shot) {
	nan := math.NaN()
	f.Rows, f.Internal, f.Monitors = nan, nan, nan
	f.OldestAge, f.NeverUsed, f.Idle5m, f.Idle1h, f.Idle1d = nan, nan, nan, nan, nan
	f.Young5s, f.Young60s, f.BlockedNow, f.PubSubNow = nan, nan, nan, nan
	f.OutSum, f.OutMax, f.QuerySum, f.QueryMax, f.QueryBig, f.MemSum = nan, nan, nan, nan, nan, nan
	if !s.HasList {
		return
	}
	f.Internal, f.Monitors, f.Omitted = 0, 0, float64(s.omitted)
	masked := 0
	var bare []*record.Client // rows that tell no age: addresses alone, and what a paste cut off
	for i := range s.rows {
		c := &s.rows[i]
		switch {
		case strings.ContainsAny(c.Flags, "SM") || strings.HasPrefix(c.Name, "sentinel-") || c.Cmd == "replconf" || c.Cmd == "psync":
			f.Internal++
			continue
		case strings.ContainsRune(c.Flags, 'O'):
			f.Monitors++
		}
		if isMasked(c.Host()) {
			masked++
		}
		if c.Age < 0 || c.Idle < 0 || c.Age > mostSeconds || c.Idle > mostSeconds {
			continue
		}
		if c.Has.Has(record.FieldAge) && c.Has.Has(record.FieldIdle) {
			f.rows = append(f.rows, c)
		} else if c.Has.Has(record.FieldAddr) {
			bare = append(bare, c)
		}
		for _, bytes := range [...]*int64{&c.OMem, &c.QBuf, &c.TotMem} {
			if *bytes > mostTotal {
				*bytes = 0
			}
		}
	}
	f.Masked = masked > 0
	if f.Ageless = len(f.rows) == 0 && len(bare) > 0; f.Ageless {
		f.rows = bare
	}
	n := float64(len(f.rows))
	f.Rows = n
	if n == 0 {
		return
	}
	f.sums(n)
	if a := f.rows[0].Addr; (a == "?:0" || a == "0.0.0.0:0") && !slices.ContainsFunc(f.rows, func(c *record.Client) bool { return c.Addr != a }) {
		f.Nowhere, f.Masked = a, true
	}
	f.Hosts = f.groups((*record.Client).Host, record.FieldAddr)
	f.Services = f.services()
	f.Names = f.groups(func(c *record.Client) string { return c.Name }, record.FieldName)
	f.Users = f.groups(func(c *record.Client) string { return c.User }, record.FieldUser)
	f.Libs = f.groups(func(c *record.Client) string { return c.LibName }, record.FieldAddr) // Dragonfly leaves out what is empty
	f.Cmds = f.groups(func(c *record.Client) string { return c.Cmd }, record.FieldCmd)
}

// tells says whether any row has a field: of what none has, nothing is known.
func (f *Facts) tells(field record.Field) bool {
	return slices.ContainsFunc(f.rows, func(c *record.Client) bool { return c.Has.Has(field) })
}

// stuckAfter is how many seconds a client rests in the middle of a command that has stopped sending
// it: a large value arrives without a pause.
const stuckAfter = 5

// sums fills what is counted over all rows.
func (f *Facts) sums(n float64) {
	type life struct{ age, idle float64 }
	var lives []life
	var never, i5, i1, id, y5, y60, blocked, sub float64
	f.OutSum, f.OutMax, f.QuerySum, f.QueryMax, f.QueryBig, f.MemSum = 0, 0, 0, 0, 0, 0
	if !f.Ageless {
		f.OldestAge = 0
	}
	for i := range f.rows {
		c := f.rows[i]
		age, idle := float64(c.Age), float64(c.Idle)
		if !f.Ageless {
			lives = append(lives, life{age, idle})
			f.OldestAge = max(f.OldestAge, age)
		}
		never += one(unused(c))
		i5, i1, id = i5+one(idle > 300), i1+one(idle > 3600), id+one(idle > 86400)
		y5, y60 = y5+one(age <= 5), y60+one(age <= 60)
		blocked += one(strings.ContainsRune(c.Flags, 'b'))
		sub += one(subscribes(c))
		f.OutSum += float64(max(c.OMem, 0))
		if o := float64(c.OMem); o > f.OutMax {
			f.OutMax, f.OutMaxHost = o, c.Host()
		}
		q := float64(max(c.QBuf, 0))
		f.QueryFree = max(f.QueryFree, float64(c.QBufFree))
		f.QuerySum, f.QueryMax, f.QueryBig = f.QuerySum+q, max(f.QueryMax, q), f.QueryBig+one(q >= 1<<20)
		if idle >= stuckAfter || greeting(c.Cmd) {
			f.QueryStuck = max(f.QueryStuck, q)
		}
		f.MemSum += float64(max(c.TotMem, 0))
	}
	slices.SortFunc(lives, func(a, b life) int { return cmp.Or(cmp.Compare(a.age, b.age), cmp.Compare(a.idle, b.idle)) })
	for _, l := range lives {
		f.ages, f.idles = append(f.ages, l.age), append(f.idles, l.idle)
	}
	f.BlockedNow, f.PubSubNow = blocked/n, sub/n
	if !f.Ageless {
		f.NeverUsed, f.Idle5m, f.Idle1h, f.Idle1d = never/n, i5/n, i1/n, id/n
		f.Young5s, f.Young60s = y5/n, y60/n
	}
	f.untold()
}

// untold takes back the sums of fields that no row has.
func (f *Facts) untold() {
	nan := math.NaN()
	if !f.tells(record.FieldFlags) {
		f.BlockedNow = nan
		if !f.tells(record.FieldSub) {
			f.PubSubNow = nan
		}
	}
	if !f.tells(record.FieldOMem) {
		f.OutSum, f.OutMax = nan, nan
	}
	if !f.tells(record.FieldQBuf) {
		f.QuerySum, f.QueryMax, f.QueryBig = nan, nan, nan
	}
	if !f.tells(record.FieldTotMem) {
		f.MemSum = nan
	}
}

// unused tells a connection that was not used after its first moments: idle for all but a
// twentieth of its life, at least 5 s and at most firstMoments, and old enough for that to mean
// something.
func unused(c *record.Client) bool {
	return c.Age > 10 && c.Age-c.Idle <= min(max(5, c.Age/20), firstMoments)
}

// firstMoments is how many seconds of use are the first moments of a connection, however old it
// is: a client's greeting, and a first request with its retries.
const firstMoments = 120

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// isMasked tells an address that somebody replaced before pasting.
func isMasked(host string) bool {
	l := strings.ToLower(host)
	return strings.ContainsAny(l, "{}*<>") || strings.Contains(l, "redact") || strings.Contains(l, "mask") ||
		strings.Contains(l, "x.x") || strings.Contains(l, "xxx") || strings.Contains(l, "hidden")
}

// groups parts the rows that have a field by a key, most connections first, equal ones by key.
func (f *Facts) groups(key func(*record.Client) string, has record.Field) []Group {
	parts := map[string][]int{}
	for i := range f.rows {
		if !f.rows[i].Has.Has(has) {
			continue
		}
		k := key(f.rows[i])
		parts[k] = append(parts[k], i)
	}
	out := make([]Group, 0, len(parts))
	for k, rows := range parts {
		out = append(out, f.group(k, rows))
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Key, b.Key))
	})
	return out
}

func (f *Facts) group(key string, rows []int) Group {
	g := Group{Key: key, Count: len(rows)}
	ages, idles := make([]float64, len(rows)), make([]float64, len(rows))
	cmds := map[string]int{}
	for j, i := range rows {
		c := f.rows[i]
		ages[j], idles[j] = float64(c.Age), float64(c.Idle)
		g.NeverUsed += one(unused(c))
		g.Blocked += one(strings.ContainsRune(c.Flags, 'b'))
		g.OutSum += float64(max(c.OMem, 0))
		cmds[c.Cmd]++
	}
	n := float64(len(rows))
	g.NeverUsed, g.Blocked = g.NeverUsed/n, g.Blocked/n
	slices.Sort(ages)
	slices.Sort(idles)
	g.AgeLo, g.AgeP50, g.AgeHi, g.IdleP50 = ages[0], ages[len(ages)/2], ages[len(ages)-1], idles[len(idles)/2]
	g.Even = unevenness(ages)
	lo, hi := densest(idles, max(5, (idles[len(idles)-1]-idles[0])/10))
	g.LastUse = float64(hi-lo+1) / n
	if f.Ageless {
		nan := math.NaN()
		g.NeverUsed, g.AgeLo, g.AgeP50, g.AgeHi, g.IdleP50, g.Even, g.LastUse = nan, nan, nan, nan, nan, nan, nan
	}
	for c, k := range cmds {
		if k > cmds[g.Cmd] || k == cmds[g.Cmd] && c < g.Cmd {
			g.Cmd = c
		}
	}
	return g
}

// unevenness is the Kolmogorov-Smirnov distance of sorted values from the even spread
// between the first and the last of them; 1 where they are all the same, NaN for fewer
// than three.
func unevenness(sorted []float64) float64 {
	n := len(sorted)
	if n < 3 {
		return math.NaN()
	}
	lo, span := sorted[0], sorted[n-1]-sorted[0]
	if span <= 0 {
		return 1
	}
	d := 0.0
	for i, v := range sorted {
		u := (v - lo) / span
		d = max(d, math.Abs(float64(i+1)/float64(n)-u), math.Abs(float64(i)/float64(n)-u))
	}
	return d
}

// densest gives the places of the first and the last of the sorted values that lie in the
// fullest window of a width, the lowest of several.
func densest(sorted []float64, width float64) (lo, hi int) {
	l, best := 0, -1
	for h := range sorted {
		for sorted[h]-sorted[l] > width {
			l++
		}
		if h-l > best {
			best, lo, hi = h-l, l, h
		}
	}
	return lo, hi
}
