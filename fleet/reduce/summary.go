// Package reduce makes one summary of the rows of a fleet: which incidents are one incident that
// several servers saw, whom to talk to, what is full next, where pools waste slots, what is new.
//
// A Reducer takes rows in any order and gives the same summary for any: ties are broken by names. Only
// of recordings of one server that overlap, numbers are those of the one that came first.
// Its memory is bounded whatever the number of rows; what does not fit is counted and said
// (Summary.Doubts).
package reduce

import "time"

// Schema is the version of the summary. Fields may be added within it, none is renamed or removed.
const Schema = 1

// The types of the summary. The comment beside a field is its description in docs/schema. Texts in
// it come from strangers. What is not known is null.
type (
	// Summary is what a fleet's recordings say together.
	Summary struct {
		Schema       int          `json:"schema"`               // version of this format
		Tool         string       `json:"tool"`                 // version of connbox
		From         *time.Time   `json:"from"`                 // first sample of all
		To           *time.Time   `json:"to"`                   // last sample of all
		Counts       Counts       `json:"counts"`               // the tiles of the page
		Causes       []CauseCount `json:"causes"`               // in how many recordings each took part, whatever its role; overlapping ones of a server count once
		Groups       []Group      `json:"groups"`               // one incident that several servers saw, the most servers first
		MoreGroups   int          `json:"more_groups"`          // left out of them
		FalseGroups  float64      `json:"false_groups"`         // how many of those chance alone gives, by simulation of as many incidents at each hour's rate
		Simulated    int          `json:"simulated"`            // how often that was simulated
		Onsets       []Onset      `json:"onsets"`               // incidents by time
		MoreOnsets   int          `json:"more_onsets"`          // left out of them
		Services     []Service    `json:"services"`             // whom to talk to: services and causes, refused connections first
		MoreServices int          `json:"more_services"`        // left out of them
		Next         []Next       `json:"next"`                 // what is full next
		MoreNext     int          `json:"more_next"`            // left out of them
		Pools        []Pool       `json:"pools"`                // oversized pools, the most slots to give back first
		Since        *Since       `json:"since"`                // what changed since an earlier run; null: not compared
		Failed       []Failure    `json:"failed"`               // not analysed and why
		MoreFailed   int          `json:"more_failed"`          // left out of them
		Reasons      []Reason     `json:"reasons"`              // how many of each
		Partial      []Failure    `json:"partial"`              // analysed in part
		Missing      []string     `json:"servers_not_recorded"` // labelled servers without a recording
		Doubts       []string     `json:"data_quality"`         // what to take with care
	}
	// Counts are the numbers of the page's head.
	Counts struct {
		Recordings   int   `json:"recordings"`   // rows
		Servers      int   `json:"servers"`      // with a report
		Incidents    int   `json:"incidents"`    // overlapping recordings of one server count once
		Shared       int   `json:"shared"`       // of them in groups
		Leaking      int   `json:"leaking"`      // services that leak
		FullSoon     int   `json:"full_soon"`    // servers whose limit is reached within two hours of their recording's end
		Healthy      int   `json:"healthy"`      // recordings without an incident
		Undetermined int   `json:"undetermined"` // recordings that say too little
		Failed       int   `json:"failed"`       // recordings without a report
		Partial      int   `json:"partial"`      // recordings of which a part could be read
		Refused      int64 `json:"refused"`      // connections refused, of all incidents
	}
	// Group is an incident that several servers saw: onsets of one cause that are closer than chance.
	Group struct {
		Cause    string    `json:"cause"`    // its id
		Began    time.Time `json:"began"`    // first onset
		WithinS  float64   `json:"within_s"` // seconds from the first onset to the last
		Servers  []string  `json:"servers"`  // in order of their onsets
		Inputs   []string  `json:"inputs"`   // their recordings, in the same order
		Refused  int64     `json:"refused"`  // connections refused by all of them
		Chance   float64   `json:"chance"`   // how many such groups the hour's rate alone gives in this run, times the places looked at
		Of       string    `json:"of"`       // "all", or what was looked at by itself: "service NAME", "cluster NAME"
		Shares   []Share   `json:"shares"`   // what they have in common
		Possible int       `json:"possible"` // further servers whose onset may lie in between, by its interval
		ClockS   float64   `json:"clock_s"`  // seconds by which their clocks differ, as far as known
	}
	// Share is a value that the servers of a group have in common.
	Share struct {
		What  string  `json:"what"`  // service, library, zone, cluster, version or team
		Value string  `json:"value"` // its value
		N     int     `json:"n"`     // servers of the group that have it
		Lift  float64 `json:"lift"`  // how many times as frequent as among all others
	}
	// Onset is an incident on a server.
	Onset struct {
		At     time.Time  `json:"at"`     // when it began
		Lo     *time.Time `json:"lo"`     // interval that holds it
		Hi     *time.Time `json:"hi"`     // its end
		Server string     `json:"server"` // whose
		Input  string     `json:"input"`  // recording
		Cause  string     `json:"cause"`  // root
		Group  int        `json:"group"`  // number of its group, from 1; 0: none
	}
	// Service is a service and a cause it took part in.
	Service struct {
		Service     string     `json:"service"`     // the key
		Cause       string     `json:"cause"`       // id
		Team        string     `json:"team"`        // of the servers, where one team has them all
		Servers     int        `json:"servers"`     // on which
		Connections int64      `json:"connections"` // that count for the cause
		Refused     int64      `json:"refused"`     // by those servers, whoever was refused
		Since       *time.Time `json:"since"`       // first onset
		Worst       string     `json:"worst"`       // the server with most of the connections
		Input       string     `json:"input"`       // its recording
	}
	// Next is a server whose limit comes near.
	Next struct {
		Server string     `json:"server"` // whose
		Input  string     `json:"input"`  // recording
		At     time.Time  `json:"at"`     // when it is full
		Lo     *time.Time `json:"lo"`     // 90 % interval
		Hi     *time.Time `json:"hi"`     // null: perhaps never
		Cause  string     `json:"cause"`  // that fills it; empty: none is named
		Peak   *int64     `json:"peak"`   // connections
		Limit  *int64     `json:"limit"`  // slots
	}
	// Pool is what a service's pools would give back on all servers.
	Pool struct {
		Service   string  `json:"service"`     // the key
		Servers   int     `json:"servers"`     // on which
		Instances float64 `json:"instances"`   // summed over servers
		Size      float64 `json:"size"`        // connections of an instance on a server, on average
		Needed    float64 `json:"needed"`      // that would do, on average
		Spare     int64   `json:"spare"`       // slots to give back
		SpareLo   int64   `json:"spare_least"` // the same, if all that is used between two lists is needed
	}
	// Since compares with an earlier run.
	Since struct {
		New      []Change `json:"new"`      // not there then
		Repeated []Change `json:"repeated"` // there then as well
		Gone     []Change `json:"gone"`     // there then, and recorded now without it
		Unknown  []Change `json:"unknown"`  // there then; the server was not recorded now
		More     int      `json:"more"`     // left out of the four lists
	}
	// Change is an incident of a server, by its root and who is most to blame.
	Change struct {
		Server  string `json:"server"`  // whose
		Cause   string `json:"cause"`   // root
		Service string `json:"service"` // most to blame; empty: none is named
		Input   string `json:"input"`   // recording
	}
	// Failure is a recording without a report, or of which a part could be read.
	Failure struct {
		Input  string `json:"input"`  // its path
		Reason string `json:"reason"` // a word
		Error  string `json:"error"`  // a sentence
	}
	// CauseCount is how often a cause took part.
	CauseCount struct {
		Cause string `json:"cause"` // its id
		N     int    `json:"n"`     // recordings
	}
	// Reason is how often something stood in the way.
	Reason struct {
		Reason string `json:"reason"` // a word
		N      int    `json:"n"`      // how often
	}
)

// Bounds of a summary and of what a Reducer holds.
const (
	maxIncidents = 300_000   // of which groups are looked for
	maxServers   = 200_000   // told apart
	maxTold      = 2_000_000 // facts of which is known whether an overlapping recording told them
	maxServices  = 100_000   // pairs of service and cause
	maxTools     = 10        // versions of connbox
	maxValues    = 20_000    // of zones, versions … each
	listed       = 200       // rows of a list
	listedOnsets = 5_000
)
