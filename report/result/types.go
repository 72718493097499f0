package result

// The types of the JSON report. The comment beside a field is its description in docs/schema:
// a field without one fails a test. Fields may be added, none is renamed or removed.
type (
	// Report is the whole result of an analysis.
	Report struct {
		Schema       int            `json:"schema"`            // version of this format
		Tool         Tool           `json:"tool"`              // who wrote it
		Input        Input          `json:"input"`             // what was analysed
		Verdict      Verdict        `json:"verdict"`           // the answer
		Causes       []Cause        `json:"causes"`            // what took part, most to blame first; the first is the verdict's; none where healthy
		Candidates   []Candidate    `json:"candidates"`        // every cause with some probability, and healthy; best first, summing to at most 1
		RuledOut     []RuledOut     `json:"ruled_out"`         // what the data rule out
		NotAssessed  []RuledOut     `json:"not_assessed"`      // what the data cannot speak to
		Unused       Unused         `json:"unused"`            // text of the input that was of no use
		Snapshot     *Snapshot      `json:"snapshot"`          // what one or two snapshots show; null where the recording has a course
		Timeline     []Event        `json:"timeline"`          // what happened, by time
		Impact       Impact         `json:"impact"`            // what it cost
		Actions      []Action       `json:"actions"`           // what to do now, safest first
		Alert        *Alert         `json:"alert"`             // the rule that would have warned first; null where none would have
		Instead      string         `json:"instead"`           // what to do where all three answers are no, with its number; else empty
		WhatIf       []WhatIf       `json:"what_if"`           // alternatives, computed from the recording
		DataQuality  []Doubt        `json:"data_quality"`      // weaknesses of the data
		Observations []string       `json:"observations"`      // remarks that are no findings
		Next         []Step         `json:"next"`              // undetermined: the observations that would settle it
		Answers      []Answer       `json:"answers"`           // raise maxclients, fix a leak, scale out
		Course       []Phase        `json:"course"`            // how the connections in use grew
		Holders      []Holder       `json:"holders"`           // who held the slots, most at the peak first
		Held         *Held          `json:"held"`              // the same through time; null where no list of clients told it
		Limit        Limit          `json:"limit"`             // the connection limit in force
		Config       []Config       `json:"config"`            // settings in force that matter
		ToLimit      *Forecast      `json:"time_to_limit"`     // when the limit is reached if nothing is done; null: not to tell
		Pools        []Pool         `json:"pools"`             // of applications whose use of connections could be counted, the most slots to give back first
		Servers      []ServerReport `json:"servers,omitempty"` // each server's own report, where the input holds several; the one in the most trouble is this
	}
	// ServerReport is the report of one of several servers.
	ServerReport struct {
		Name   string `json:"name"`   // of the server, as the input tells it apart
		At     string `json:"at"`     // where its replies begin
		Report Report `json:"report"` // has no servers itself
	}
	// Forecast is when the limit is reached.
	Forecast struct {
		Minutes  Number    `json:"minutes"`  // from the end of the recording; null: not in sight
		Interval [2]Number `json:"interval"` // 90 %; null: not in sight
	}
	// Pool is an application's pools of connections.
	Pool struct {
		Service   string    `json:"service"`   // the application, as service of a source
		Instances Number    `json:"instances"` // with a connection at the peak
		Size      Number    `json:"size"`      // connections that an instance holds, on average
		Needed    Number    `json:"needed"`    // that would do: from the 99 % quantile of those in use, and one to spare
		Interval  [2]Number `json:"interval"`  // of that: by the median in use, and by all that were used between two lists
		Spare     int       `json:"spare"`     // slots that all instances would give back
	}
	// Identity says which server it is.
	Identity struct {
		Address string `json:"address"` // that was recorded, host:port; empty: not told
		Label   string `json:"label"`   // what people call it, as whoever recorded it said
		Cluster string `json:"cluster"` // that it belongs to, in the same way
		Zone    string `json:"zone"`    // where it runs
	}
	// Tool is the program that wrote the result.
	Tool struct {
		Name    string `json:"name"`    // connbox
		Version string `json:"version"` // of the program
	}
	// Input is what was analysed.
	Input struct {
		Kind      string   `json:"kind" enum:"bundle|dump|"`   // a bundle, or text
		Form      string   `json:"form,omitempty"`             // of text: the program that printed it
		Name      string   `json:"name"`                       // of the file
		SHA256    string   `json:"sha256"`                     // of the whole input; empty where it was not hashed
		Server    Identity `json:"server"`                     // which server it is of
		From      Moment   `json:"from"`                       // first sample; null: no time is known
		To        Moment   `json:"to"`                         // last sample
		Samples   int      `json:"samples"`                    // sampling rounds
		IntervalS Number   `json:"interval_s"`                 // median distance of samples, in seconds
		Gaps      int      `json:"gaps"`                       // distances of over 2.5 intervals
		Failed    int      `json:"failed"`                     // probes without a usable reply
		LogLines  int64    `json:"log_lines,omitempty"`        // of the server's own log
		ClientLog int64    `json:"client_log_lines,omitempty"` // of clients' logs: what they were answered
		Servers   []Server `json:"servers"`                    // one per server process, in order
	}
	// Server is one server process.
	Server struct {
		RunID   string `json:"run_id"`  // as INFO has it
		Version string `json:"version"` // of the server
		Role    string `json:"role"`    // master or slave
	}
	// Verdict is the answer.
	Verdict struct {
		Status        string         `json:"status" enum:"incident|healthy|undetermined|"` // undetermined is an answer: see next
		Cause         string         `json:"cause"`                                        // id of the root cause; empty unless an incident
		Confidence    Probability    `json:"confidence"`                                   // probability that the verdict is right; undetermined: that the strongest candidate is
		Summary       string         `json:"summary"`                                      // one sentence
		RunnerUp      string         `json:"runner_up"`                                    // the rival that came closest, and what tells them apart
		Contributions []Contribution `json:"contributions"`                                // what the confidence is made of
	}
	// Contribution is a part of the confidence.
	Contribution struct {
		What  string `json:"what"`  // in words
		Value Number `json:"value"` // all of them sum to the confidence
	}
	// Cause is what took part.
	Cause struct {
		ID            string      `json:"id"`               // see connbox explain
		Role          string      `json:"role"`             // root, trigger, amplifier, modifier or consequence
		Confidence    Probability `json:"confidence"`       // probability that it took part
		Onset         Moment      `json:"onset"`            // null: before the recording, or unknown
		OnsetInterval *[2]Moment  `json:"onset_interval"`   // holds the onset nine times in ten
		End           Moment      `json:"end"`              // null: still on at the end
		Spells        []Phase     `json:"spells"`           // the stretches in which it went on, where it paused between
		Claim         string      `json:"claim"`            // one sentence
		Sources       []Source    `json:"sources"`          // who, worst first
		Evidence      []Evidence  `json:"evidence"`         // what it rests on
		Growth        *Growth     `json:"growth,omitempty"` // the shape in which its worst source grew
	}
	// Growth is the shape in which connections grew.
	Growth struct {
		Subject      string  `json:"subject"`          // whose connections
		Shape        string  `json:"shape"`            // the likeliest
		Weight       Number  `json:"weight"`           // how likely, of all shapes
		Runner       string  `json:"runner_up"`        // the second likeliest
		RunnerWeight Number  `json:"runner_up_weight"` // how likely that is
		Params       []Param `json:"params"`           // of the likeliest, the most telling first
		AtLimit      bool    `json:"at_limit"`         // the limit ended the growth; what was held after it is not fitted
	}
	// Param is a parameter of a shape.
	Param struct {
		Name     string    `json:"name"`     // of the parameter
		Unit     string    `json:"unit"`     // of its value
		Value    Number    `json:"value"`    // as fitted
		Interval [2]Number `json:"interval"` // 90 %
	}
	// Source is who is to blame. Its strings come from strangers.
	Source struct {
		Host        string `json:"host"`        // address without its port; empty for a whole application
		Name        string `json:"name"`        // as CLIENT SETNAME gave it
		User        string `json:"user"`        // of the ACL
		Lib         string `json:"lib"`         // client library
		Service     string `json:"service"`     // the key that joins it with others of its service, here and on other servers
		Connections int    `json:"connections"` // those that count for the cause
		Share       Number `json:"share"`       // of all that count for it, 0 to 1
	}
	// Evidence is a fact for or against a cause.
	Evidence struct {
		Ref      string     `json:"ref"`      // E1, E2 and so on, in the order of the report
		Claim    string     `json:"claim"`    // in words
		Value    Number     `json:"value"`    // the measured number
		Unit     string     `json:"unit"`     // of the value
		Interval *[2]Number `json:"interval"` // 90 %
		At       []string   `json:"at"`       // places in the input; connbox export --at PLACE prints what stands there
		For      bool       `json:"for"`      // false: it speaks against
	}
	// Phase is a stretch in which connections went on as a line.
	Phase struct {
		From     Moment    `json:"from"`     // its beginning
		To       Moment    `json:"to"`       // its end
		Begin    Number    `json:"begin"`    // connections at its beginning, by the line
		End      Number    `json:"end"`      // connections at its end
		PerMin   Number    `json:"per_min"`  // connections a minute
		Interval [2]Number `json:"interval"` // of that, 90 %
	}
	// Candidate is a cause, or healthy, and how probable it is.
	Candidate struct {
		ID          string      `json:"id"`          // a cause, or healthy
		Probability Probability `json:"probability"` // 0 to 1
		For         []string    `json:"for"`         // references of its evidence
		Against     []string    `json:"against"`     // references of what speaks against it
		Evidence    []Evidence  `json:"evidence"`    // what they refer to
	}
	// Unused is text of no use.
	Unused struct {
		Lines int64    `json:"lines"` // how much; of an export, values
		At    []string `json:"at"`    // the first places
		Text  []string `json:"text"`  // what stands there, cut short
	}
	// Snapshot is what one or two snapshots show.
	Snapshot struct {
		Taken   int      `json:"taken"`   // how many there are
		Remarks []Remark `json:"remarks"` // what they show
	}
	// Remark is a sentence about a snapshot.
	Remark struct {
		Topic string   `json:"topic"` // the question it answers
		Text  string   `json:"text"`  // the sentence
		At    []string `json:"at"`    // places in the input
	}
	// RuledOut is a cause that is not the answer.
	RuledOut struct {
		ID  string `json:"id"`  // of the cause
		Why string `json:"why"` // the reason, or what is missing
	}
	// Event is a line of the timeline.
	Event struct {
		At       Moment   `json:"at"`       // when
		What     string   `json:"what"`     // in words
		Evidence []string `json:"evidence"` // references
	}
	// Impact is what it cost. What is not known is null.
	Impact struct {
		Refused       *int64 `json:"refused"`               // connections refused
		PeakRefused   Number `json:"peak_refused_per_s"`    // at most, a second
		RefusedShare  Number `json:"refused_share"`         // of all attempts, 0 to 1
		TimeAtLimitS  Number `json:"time_at_limit_s"`       // seconds
		UnavailableS  Number `json:"unavailable_s"`         // without an answer to any probe, seconds, at least
		FirstSignal   Moment `json:"first_signal"`          // first sign of trouble
		LimitReached  Moment `json:"limit_reached"`         // when
		Recovered     Moment `json:"recovered"`             // null: not within the recording
		AppErrors     Number `json:"app_errors"`            // failed calls that applications counted (--app)
		PeakAppErrors Number `json:"peak_app_errors_per_s"` // at most, a second
	}
	// Action is a step to take. It is never run by connbox.
	Action struct {
		Risk    string `json:"risk"`     // safe, changes-config or disconnects
		ForGood bool   `json:"for_good"` // ends the cause for good; else a stop-gap for tonight, or a look
		Command string `json:"command"`  // to paste, or an instruction in words
		Effect  string `json:"effect"`   // what it does
		Check   string `json:"check"`    // how to see that it worked
	}
	// Alert is a Prometheus rule over redis_exporter's metrics.
	Alert struct {
		Name string `json:"name"`  // of the rule
		Expr string `json:"expr"`  // in PromQL
		ForS Number `json:"for_s"` // how long it must hold, in seconds
		At   Moment `json:"at"`    // when it would have fired
	}
	// WhatIf is a computed alternative.
	WhatIf struct {
		Question string     `json:"question"`    // what if
		Answer   string     `json:"answer"`      // in words
		Value    Number     `json:"value"`       // null: the answer is no number
		Interval *[2]Number `json:"interval"`    // 90 %
		Unit     string     `json:"unit"`        // of the value
		ID       string     `json:"id"`          // see docs/method.md
		Formula  string     `json:"formula"`     // docs/method.md has it whole
		At       []string   `json:"at"`          // places in the input that it rests on
		Enough   bool       `json:"enough_data"` // false: the recording does not hold the answer
	}
	// Doubt is a weakness of the data.
	Doubt struct {
		What   string `json:"what"`   // the weakness
		Effect string `json:"effect"` // what it did to the result
	}
	// Step is an observation to take.
	Step struct {
		Command string `json:"command"` // to paste, or an instruction in words
		Why     string `json:"why"`     // what it would tell
	}
	// Answer is one of the three questions, answered.
	Answer struct {
		Question string `json:"question"` // as people ask it
		Yes      bool   `json:"yes"`      // the answer
		Why      string `json:"why"`      // the reason
	}
	// Holder is a group of connections.
	Holder struct {
		Label        string `json:"label"`          // the name, else the host, else user and library
		Hosts        int    `json:"hosts"`          // with a connection at the peak
		Source       Source `json:"source"`         // who they are
		Base         int    `json:"base"`           // connections in the first list
		Peak         int    `json:"peak"`           // at the moment of most connections overall
		Last         int    `json:"last"`           // in the last list
		Births       int    `json:"births"`         // connections first seen after the first list
		Deaths       int    `json:"deaths"`         // connections gone before the last list
		GrowthPerMin Number `json:"growth_per_min"` // from where they began to rise
		IdleP50S     Number `json:"idle_p50_s"`     // median idle time at the peak, in seconds
		IdleP95S     Number `json:"idle_p95_s"`     // the 95th percentile of it
		Blocked      int    `json:"blocked"`        // in a blocking command at the peak
		PubSub       int    `json:"pubsub"`         // subscribed at the peak
		OMem         int64  `json:"omem_bytes"`     // output waiting for them at the peak
		TopCmd       string `json:"top_cmd"`        // most frequent last command at the peak
	}
	// Held is who held the slots through time, at most 60 moments.
	Held struct {
		At         []Moment    `json:"at"`           // when the lists of clients were taken
		Groups     []HeldGroup `json:"groups"`       // those to blame first, then by their most; the last may be all others
		IdleEdgesS []Number    `json:"idle_edges_s"` // where the bands of idle begin, in seconds; the first band lies below the first
		Idle       [][]Number  `json:"idle"`         // by band: connections unused for so long, one a moment
	}
	// HeldGroup is an application, or a host, through time.
	HeldGroup struct {
		Label       string   `json:"label"`       // as the holder's
		Others      bool     `json:"others"`      // all that are in no other group
		Connections []Number `json:"connections"` // one a moment
	}
	// Limit is the connection limit.
	Limit struct {
		Effective *int64 `json:"effective"` // slots for clients; null: not known
		From      string `json:"from"`      // where it was read
	}
	// Config is a setting in force.
	Config struct {
		Key   string `json:"key"`   // of CONFIG
		Value string `json:"value"` // as the server has it
	}
)
