package capture

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// A Sink takes the records of a recording. It copies what it keeps: the record and all that
// it points to is used again for the next.
type Sink interface {
	Write(record.Record) error
}

// ListParser reads the text of CLIENT LIST into a record, over what the record held.
type ListParser func(text []byte, into *record.Clients)

// Options says what to record and how. The zero value of every field but Target is useful.
type Options struct {
	Target Target
	// How often each probe is asked: 0 = as in Probes, negative = never. At least 100 ms.
	Info, Clients, Slowlog, Config time.Duration
	State                          time.Duration // of the optional probes, all alike

	// Timeout is of a dial, and of a command the time after which its silence is recorded;
	// the answer is waited for all the same. 0 = 5 s.
	Timeout time.Duration
	// Connections is how many are held: with 2, INFO has its own, which a long CLIENT LIST
	// does not hold up, and either goes on for both where the other is lost. 0 = 2.
	Connections int
	Duration    time.Duration // end after this time; 0 = when the context ends
	Wait        bool          // when the first attempt fails, keep trying and record the refusals
	Budget      float64       // share of the server's main thread that all probes together may take; 0 = 0.001
	MaxReply    int           // bytes of one reply that are accepted; 0 = 64 MiB
	Name        string        // for CLIENT SETNAME; empty = "connbox"
	// Label is what people call the server; it, the server's cluster and its zone go into the
	// recording, by which recordings of many servers are joined. May be empty.
	Label, Cluster, Zone string
	// KeepSlowlogArgs keeps the arguments of slow commands, which may hold keys, values and
	// other people's data. Those of commands that take passwords are hidden all the same.
	KeepSlowlogArgs bool

	// Triggers are looked at with each INFO. One that is met is a mark, brings the next list
	// forward within the budget, and is told to OnPin; so is, where there are triggers, a
	// probe that fails.
	Triggers []Trigger
	// Notes are marks from outside; OnPin is told of those that ask for it. May be nil.
	Notes <-chan Note
	// Renew asks for new connections, with the password and the certificates of now, in place of
	// those that are held; where a new one is refused, the old one stays. May be nil.
	Renew <-chan struct{}
	// OnPin is told, in the recorder's goroutine, that the time around at is to be kept.
	OnPin func(at time.Time, why string)

	// ParseList reads CLIENT LIST; nil = reply.ClientParser.
	ParseList ListParser
	// OnConnect is told the client id of each connection before its first record, in the
	// recorder's goroutine: what a crash leaves must know which clients were the recorder's.
	OnConnect func(id int64)
	// OnSample is called after each record, in the recorder's goroutine; it must be quick.
	OnSample func(Progress)

	jitter func(n int64) int64         // tests: the backoff's dice
	clock  func(t time.Time) time.Time // tests: the wall clock, which is set while a recording runs
}

// A Note is a remark of a person or a program that belongs into a recording.
type Note struct {
	Text string // at most MaxNote bytes
	Pin  bool   // keep what is around it
}

// MaxNote is how long a note may be.
const MaxNote = 200

// Progress is how a recording goes.
type Progress struct {
	Connected  bool
	LastReply  time.Time // when the last reply came; zero = none did
	Share      float64   // of the server's main thread that the probes take, as far as known
	ClientID   int64     // of the recorder's own connection, the last it held; 0 = not known
	Records    int64
	Failures   int64  // records that are failures
	Failed     string // the words of the last failure
	FailedAs   record.FailureClass
	FailedAt   string // the command that failed, or "connect"
	Clients    int64  // connected_clients of the last INFO; -1 = not known
	MaxClients int64  // its maxclients; -1 = not printed
	Rejected   int64  // its rejected_connections; -1 = not printed
	accepted   int64  // its total_connections_received; -1 = not printed
}

// Stats is what a recording was.
type Stats struct {
	From, To   time.Time
	Sealed     string  // why it ended, in record.Meta's words: "signal", "duration"
	ClientIDs  []int64 // the client ids the recorder held; of a flapping connection the last 1000
	Connects   int
	Records    int64
	Failures   int64
	Bytes      int64 // received
	HiddenArgs int64 // arguments of slow commands replaced by their lengths and hashes
	Probes     []ProbeStats
}

// ProbeStats is what a recording did with one probe.
type ProbeStats struct {
	Name     string
	Every    time.Duration // asked for
	Interval time.Duration // in force at the end
	Asked    int64
	Failed   int64
	Bytes    int64
	MaxTook  time.Duration // longest round trip
	PerReply time.Duration // what the last reply cost the server's main thread; 0 = not known
}

// Defaults.
const (
	defaultTimeout  = 5 * time.Second
	defaultBudget   = 0.001
	defaultMaxReply = 64 << 20
	defaultName     = "connbox"
	defaultLanes    = 2
	leastInterval   = 100 * time.Millisecond
	maxIDs          = 1000
)

// Check tells whether the options can be used, before anything is dialled or written.
func (o *Options) Check() error {
	on := 0
	for _, p := range Probes() {
		every := o.every(p)
		if every >= 0 && every < leastInterval {
			return fmt.Errorf("%s every %v: at least %v, or negative for never", p.Name, every, leastInterval)
		}
		if every > 0 {
			on++
		}
	}
	switch {
	case on == 0:
		return errors.New("nothing to record: every probe is off")
	case o.Timeout < 0 || o.Duration < 0 || o.MaxReply < 0:
		return errors.New("a time-out, a duration and a size cannot be negative")
	case o.Connections < 0 || o.Connections > 2:
		return fmt.Errorf("%d connections: one, or two", o.Connections)
	case o.Budget < 0 || o.Budget > 1:
		return fmt.Errorf("budget %v: want a share of the server's time, between 0 and 1", o.Budget)
	case !nameOK(o.Name):
		return fmt.Errorf("name %q: the server takes visible ASCII characters without spaces", o.Name)
	}
	if o.Target.TLS != nil {
		if _, err := o.Target.tlsConfig(); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
	}
	return nil
}

// nameOK is the rule of CLIENT SETNAME, networking.c validateClientName.
func nameOK(s string) bool {
	for _, b := range []byte(s) {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

func (o *Options) every(p Probe) time.Duration {
	if d := p.asked(o); d != 0 {
		return d
	}
	return p.Every
}

func (o Options) withDefaults() Options {
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&o.Timeout, defaultTimeout)
	if o.Budget == 0 {
		o.Budget = defaultBudget
	}
	if o.MaxReply == 0 {
		o.MaxReply = defaultMaxReply
	}
	if o.Name == "" {
		o.Name = defaultName
	}
	if o.Connections == 0 {
		o.Connections = defaultLanes
	}
	if o.ParseList == nil {
		o.ParseList = new(reply.ClientParser).Parse
	}
	return o
}

// Redacted says in words what the options leave out of a recording.
func (o *Options) Redacted() []string {
	slow := record.HashedArgs
	if o.KeepSlowlogArgs {
		slow = "SLOWLOG: arguments of commands that take passwords, replaced by their lengths"
	}
	return []string{slow, "CONFIG: all parameters but those that bear on connections, which are asked for by name"}
}

// Meta is what a recording with these options says of itself. The ids of the recorder's
// connections come with Stats, at the end.
func (o Options) Meta(tool string) record.Meta {
	o = o.withDefaults()
	m := record.Meta{Tool: tool, Mode: "capture", Target: o.Target.Addr(), TLS: o.Target.TLS != nil, Label: o.Label, Cluster: o.Cluster, Zone: o.Zone, Observer: o.Name,
		Cadence: map[string]string{}, Redacted: o.Redacted()}
	for _, p := range Probes() {
		if every := o.every(p); every > 0 {
			m.Cadence[p.Name] = every.String()
		}
	}
	return m
}

// Run records until the context ends or opts.Duration is over, and then returns nil. The
// loop, in one goroutine, beside one for each command that is asked:
//
//  1. Connect. A first attempt that fails ends the recording with a *ConnectError before
//     anything was written, or, with opts.Wait, is a record like any other refusal.
//  2. Ask what is due on each connection that waits for no answer.
//  3. Wait for an answer, the next probe's time, or the context's end. Silence of
//     opts.Timeout is a record; the connection is held and the answer waited for.
//  4. Write the reply as a record; or a failure, with its class and exact words.
//  5. Learn from it: what the probe costs the server (less often, if too much), whether
//     connections move (a CLIENT LIST before its time, within the same budget).
//  6. Where a connection was closed by the other side, dial again after a pause.
//
// An error of the sink ends the recording at once and is returned, wrapped; what was
// written before stays with the sink. Stats are valid with every error.
func Run(ctx context.Context, opts Options, sink Sink) (Stats, error) {
	if err := opts.Check(); err != nil {
		return Stats{}, err
	}
	r, err := newRecorder(opts.withDefaults(), sink)
	if err != nil {
		return Stats{}, err
	}
	r.stats.From, r.stats.Sealed = opts.wall(time.Now()), "signal"
	rctx := ctx
	if opts.Duration > 0 {
		var cancel context.CancelFunc
		rctx, cancel = context.WithTimeout(ctx, opts.Duration)
		defer cancel()
	}
	err = r.run(rctx)
	r.end()
	if ctx.Err() == nil && rctx.Err() != nil {
		r.stats.Sealed = "duration"
	}
	r.stats.To = opts.wall(time.Now())
	for i := range r.tasks {
		t := &r.tasks[i]
		t.stats.Interval, t.stats.PerReply = t.interval, t.cost.perReply()
		r.stats.Probes = append(r.stats.Probes, t.stats)
	}
	return r.stats, err
}

// wall is a time as it is recorded: UTC, without the monotonic reading.
func (o *Options) wall(t time.Time) time.Time {
	t = t.UTC().Round(0)
	if o.clock != nil {
		t = o.clock(t)
	}
	return t
}

// A recorder is one Run.
type recorder struct {
	opts  Options
	sink  Sink
	dial  *dialer
	lanes []*lane // the first is INFO's
	timer *time.Timer
	tasks []task
	look  closeLook
	alarm alarm
	ids   census
	clock [2]time.Time // of the last sample, monotonic and by the wall, to see the wall clock being set
	wrote time.Time    // of the last record, with its monotonic reading

	answers chan outcome
	dials   chan dialled
	work    sync.WaitGroup // the goroutines that ask and dial

	stats    Stats
	progress Progress

	// Records, used again from sample to sample.
	info    record.Info
	clients record.Clients
	slow    record.Slowlog
	config  record.Config
	other   record.Other
	text    []byte // of other
	asked   int64  // total_connections_received when the last list was asked for
	listed  int    // bytes of the last list as it came
	beside  beside
	mac     hash.Hash

	identified bool // the server of this connection is known
	cluster    bool // its last INFO had cluster_enabled:1
}

func newRecorder(opts Options, sink Sink) (*recorder, error) {
	var conf *tls.Config
	if opts.Target.TLS != nil {
		var err error
		if conf, err = opts.Target.tlsConfig(); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
	}
	r := &recorder{opts: opts, sink: sink, timer: time.NewTimer(time.Hour), mac: newMAC()}
	r.progress = Progress{Clients: -1, MaxClients: -1, Rejected: -1, accepted: -1}
	r.alarm.triggers = slices.Clone(opts.Triggers)
	r.ids.forget()
	for i := range opts.Connections {
		l := &lane{lists: i > 0, pause: newBackoff()}
		if opts.jitter != nil {
			l.pause.jitter = opts.jitter
		}
		r.lanes = append(r.lanes, l)
	}
	// An answer of a connection that was given up may come as well as that of its successor.
	r.answers, r.dials = make(chan outcome, 1), make(chan dialled, 1)
	r.dial = &dialer{target: &r.opts.Target, tls: conf, name: opts.Name, timeout: opts.Timeout, max: opts.MaxReply}
	for _, p := range Probes() {
		if every := opts.every(p); every > 0 {
			r.tasks = append(r.tasks, task{Probe: p, every: every, interval: every,
				stats: ProbeStats{Name: p.Name, Every: every}})
		}
	}
	return r, nil
}

func (r *recorder) run(ctx context.Context) error {
	defer r.timer.Stop()
	if !r.opts.Wait {
		if err := r.first(ctx); err != nil || !r.up() {
			return err
		}
	}
	for ctx.Err() == nil {
		wake, err := r.start(ctx)
		if err != nil {
			return err
		}
		r.timer.Reset(time.Until(wake))
		select {
		case a := <-r.answers:
			err = r.answered(ctx, a)
		case d := <-r.dials:
			err = r.dialledLane(ctx, d)
		case n := <-r.opts.Notes:
			err = r.noted(n)
		case <-r.opts.Renew:
			r.renew(ctx)
		case <-r.timer.C:
		case <-ctx.Done():
			err = r.lastDials(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lastDials takes an attempt that the recording's end cut short, before its first record.
func (r *recorder) lastDials(ctx context.Context) error {
	if r.stats.Records > 0 || !r.lanes[0].dialing {
		return nil
	}
	return r.dialledLane(ctx, <-r.dials)
}

// end closes what is open and waits for the goroutines, which then have nothing to wait for.
func (r *recorder) end() {
	for _, l := range r.lanes {
		r.drop(l)
	}
	done := make(chan struct{})
	go func() { r.work.Wait(); close(done) }()
	for {
		select {
		case <-r.answers:
		case d := <-r.dials:
			if d.c != nil {
				d.c.close()
			}
		case <-done:
			return
		}
	}
}
