package timeline

import (
	"cmp"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// A Sample is one moment of the recording: the replies that were asked for together. A
// gauge that was not observed is NaN; a delta covers the time since the INFO before it in
// the same server process, so deltas sum to exact totals across gaps.
type Sample struct {
	T     float64 // unix seconds, sampler's clock (server's where the input has no other)
	Epoch int     // index of the server process, see Timeline.Servers

	HasInfo, HasList bool
	InfoPos, ListPos record.Pos
	FailPos          record.Pos // of the first probe without a usable reply
	List             int        // number of the last list folded in; 0 = none

	// Gauges of INFO, in connections unless said otherwise.
	Connected    float64 // connected_clients, which leaves replicas out
	Replicas     float64 // connected_slaves, where they take slots beside connected_clients
	ClusterLinks float64 // cluster_connections, where they take slots
	Priority     float64 // connections of priority sources, where slots are kept for these: ordinary ones meet Limit without them
	Limit        float64 // maxclients in effect, less the slots that are kept for priority sources
	Blocked      float64 // blocked_clients
	OutMax       float64 // client_recent_max_output_buffer, bytes
	InMax        float64 // client_recent_max_input_buffer, bytes
	Subscribed   float64 // pubsub_clients (7.4 and later)
	ClientMem    float64 // mem_clients_normal + mem_clients_slaves, bytes

	// Counters of INFO since the INFO before.
	Span      float64 // seconds the deltas cover; NaN for the first INFO
	Accepted  float64 // total_connections_received
	Refused   float64 // rejected_connections
	Commands  float64 // total_commands_processed
	ObufCuts  float64 // client_output_buffer_limit_disconnections (7.4 and later)
	QueryCuts float64 // client_query_buffer_limit_disconnections (7.4 and later)
	Evicted   float64 // evicted_clients (7.0 and later)
	AuthFail  float64 // errorstat_WRONGPASS + errorstat_NOAUTH, or acl_access_denied_auth
	Stalls    float64 // aof_delayed_fsync
	FullSyncs float64 // sync_full
	Busy      float64 // seconds of processor time of the main thread

	ForkUsec float64 // latest_fork_usec, µs
	Lag      float64 // s from the sampler's time to the server's when it answered INFO; NaN unknown
	Took     float64 // s from asking for INFO to the whole answer, the longest of the samples folded in; NaN unknown

	// From CLIENT LIST, the recorder's own connection left out.
	Listed  float64 // rows, its own included
	Active  float64 // rows used since the list before
	Births  float64 // ids not seen before
	Deaths  float64 // ids gone since the list before
	OutMem  float64 // sum of omem, bytes
	IdleP50 float64 // seconds
	// IdleBands counts the rows by how long they had not been used, see finding.IdleBand.
	IdleBands [len(finding.IdleEdges) + 1]int32

	Failed map[record.FailureClass]int // probes without a usable reply; nil when none
	Full   bool                        // a probe was refused for want of a slot: the server was at its limit

	TopN   float64    // the highest Occupancy of the samples folded into this one; 0 without
	TopPos record.Pos // and where it was read
}

// Highest gives the highest Occupancy of the samples that are folded into this one, its own
// included, and where it was read.
func (s *Sample) Highest() (float64, record.Pos) {
	o, at := s.Occupancy(), s.InfoPos
	if math.IsNaN(s.Connected) {
		at = s.ListPos
	}
	if s.TopN > o || math.IsNaN(o) && s.TopN > 0 {
		return s.TopN, s.TopPos
	}
	return o, at
}

// The counters of INFO that the ledger uses.
const (
	ctrAccepted = iota
	ctrRefused
	ctrCommands
	ctrObuf
	ctrQuery
	ctrEvicted
	ctrAuth
	ctrStall
	ctrBusy
	ctrSyncs
	numCounters
)

// A column is one number of a sample: where it stands, the name that INFO has for it where it
// is printed as it is, and whether it counts what happened since the sample before.
type column struct {
	of   func(*Sample) *float64
	key  string
	adds bool
}

// columns lists them all. The counters of INFO come first, in the order of ctr….
var columns = [...]column{
	ctrAccepted: {func(s *Sample) *float64 { return &s.Accepted }, "total_connections_received", true},
	ctrRefused:  {func(s *Sample) *float64 { return &s.Refused }, "rejected_connections", true}, // Dragonfly prints -1 whatever happens: not known
	ctrCommands: {func(s *Sample) *float64 { return &s.Commands }, "total_commands_processed", true},
	ctrObuf:     {func(s *Sample) *float64 { return &s.ObufCuts }, "client_output_buffer_limit_disconnections", true},
	ctrQuery:    {func(s *Sample) *float64 { return &s.QueryCuts }, "client_query_buffer_limit_disconnections", true},
	ctrEvicted:  {func(s *Sample) *float64 { return &s.Evicted }, "evicted_clients", true},
	ctrAuth:     {func(s *Sample) *float64 { return &s.AuthFail }, "", true},
	ctrStall:    {func(s *Sample) *float64 { return &s.Stalls }, "aof_delayed_fsync", true},
	ctrBusy:     {func(s *Sample) *float64 { return &s.Busy }, "", true},
	ctrSyncs:    {func(s *Sample) *float64 { return &s.FullSyncs }, "sync_full", true},
	numCounters: {func(s *Sample) *float64 { return &s.Span }, "", true},
	{func(s *Sample) *float64 { return &s.Births }, "", true},
	{func(s *Sample) *float64 { return &s.Deaths }, "", true},
	{func(s *Sample) *float64 { return &s.Connected }, "", false},
	{func(s *Sample) *float64 { return &s.Replicas }, "", false},
	{func(s *Sample) *float64 { return &s.ClusterLinks }, "", false},
	{func(s *Sample) *float64 { return &s.Priority }, "", false},
	{func(s *Sample) *float64 { return &s.Limit }, "", false},
	{func(s *Sample) *float64 { return &s.Blocked }, "blocked_clients", false},
	{func(s *Sample) *float64 { return &s.OutMax }, "client_recent_max_output_buffer", false},
	{func(s *Sample) *float64 { return &s.InMax }, "client_recent_max_input_buffer", false},
	{func(s *Sample) *float64 { return &s.Subscribed }, "pubsub_clients", false},
	{func(s *Sample) *float64 { return &s.ClientMem }, "", false},
	{func(s *Sample) *float64 { return &s.ForkUsec }, "latest_fork_usec", false},
	{func(s *Sample) *float64 { return &s.Listed }, "", false},
	{func(s *Sample) *float64 { return &s.Active }, "", false},
	{func(s *Sample) *float64 { return &s.OutMem }, "", false},
	{func(s *Sample) *float64 { return &s.IdleP50 }, "", false},
}

// NewSample gives a Sample with nothing observed.
func NewSample(t float64, epoch int) Sample {
	s := Sample{T: t, Epoch: epoch, Lag: math.NaN(), Took: math.NaN()}
	for i := range columns {
		*columns[i].of(&s) = math.NaN()
	}
	return s
}

// Pos is where the sample stands in the input: its INFO, else its CLIENT LIST, else its failure.
func (s *Sample) Pos() record.Pos { return cmp.Or(s.InfoPos, s.ListPos, s.FailPos) }

// Occupancy is what counts against the limit, by the server's record.SlotRule: on Redis
// connected_clients + connected_slaves + cluster_connections. Where no INFO was taken, the
// rows of CLIENT LIST stand for it.
func (s *Sample) Occupancy() float64 {
	o := s.Connected
	if math.IsNaN(o) {
		return s.Listed
	}
	if !math.IsNaN(s.Replicas) {
		o += s.Replicas
	}
	if !math.IsNaN(s.ClusterLinks) {
		o += s.ClusterLinks
	}
	if s.Priority > 0 {
		o = max(o-s.Priority, 0)
	}
	return o
}

// keep takes reserved slots off a sample's limit; without any, all connections count alike.
func (s *Sample) keep(reserved float64) {
	if reserved == 0 {
		s.Priority = math.NaN()
	} else if s.Limit > 0 {
		s.Limit = max(s.Limit-reserved, 1)
	}
}

// AtLimit tells whether new connections were being refused at this sample because no slot
// was free: occupancy within a slot or half a percent of the limit, or a probe that was
// refused for that reason and nothing else to go by.
func (s *Sample) AtLimit() bool {
	o := s.Occupancy()
	if math.IsNaN(o) || math.IsNaN(s.Limit) {
		return s.Full
	}
	return s.Limit > 0 && o >= s.Limit-max(1, 0.005*s.Limit)
}

// fold is merge of two samples, each of a round of its own: the highest occupancy is kept beside.
func (s *Sample) fold(b *Sample) {
	if n, at := s.Highest(); !math.IsNaN(n) {
		s.TopN, s.TopPos = n, at
	}
	if b.TopN > s.TopN {
		s.TopN, s.TopPos = b.TopN, b.TopPos
	}
	s.merge(b)
}

// merge folds the later sample b into s when the timeline is thinned out: gauges keep the
// later observation, deltas add up.
func (s *Sample) merge(b *Sample) {
	s.T, s.Epoch = b.T, b.Epoch
	if b.HasInfo {
		s.HasInfo, s.InfoPos = true, b.InfoPos
	}
	if b.HasList {
		s.HasList, s.ListPos, s.List, s.IdleBands = true, b.ListPos, b.List, b.IdleBands
	}
	for i := range columns {
		c := &columns[i]
		switch d, v := c.of(s), *c.of(b); {
		case math.IsNaN(v):
		case c.adds && !math.IsNaN(*d):
			*d += v
		default:
			*d = v
		}
	}
	if !(s.Lag >= b.Lag) && !math.IsNaN(b.Lag) {
		s.Lag = b.Lag
	}
	if !(s.Took >= b.Took) && !math.IsNaN(b.Took) {
		s.Took = b.Took
	}
	s.Full = s.Full || b.Full
	if b.FailPos != (record.Pos{}) {
		s.FailPos = b.FailPos
	}
	for c, n := range b.Failed {
		if s.Failed == nil {
			s.Failed = map[record.FailureClass]int{}
		}
		s.Failed[c] += n
	}
}
