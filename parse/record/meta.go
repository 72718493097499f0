package record

import (
	"cmp"
	"slices"
	"time"
)

// Meta is what a recording says of itself; a bundle's manifest carries it.
type Meta struct {
	Tool       string            `json:"tool"`                   // "connbox 0.1.0"
	Mode       string            `json:"mode"`                   // "capture", "import", "cut" or "redact"
	Target     string            `json:"target,omitempty"`       // address recorded, without secrets
	TLS        bool              `json:"tls,omitempty"`          // the target speaks TLS
	Label      string            `json:"label,omitempty"`        // what people call the server
	Cluster    string            `json:"cluster,omitempty"`      // that it belongs to
	Zone       string            `json:"zone,omitempty"`         // where it runs
	From       time.Time         `json:"from"`                   // first and last sample
	To         time.Time         `json:"to"`                     //
	Observer   string            `json:"observer,omitempty"`     // client name of the recorder's own connection
	ObserverID []int64           `json:"observer_ids,omitempty"` // client ids it held
	Cadence    map[string]string `json:"cadence,omitempty"`      // command -> interval asked for
	Redacted   []string          `json:"redacted,omitempty"`     // what was left out, in words
	Imported   []Imported        `json:"imported,omitempty"`     // the files an import read
	Sealed     string            `json:"sealed,omitempty"`       // why the recording ended: "signal", "duration", "ring", "recovered", or Mode where it is made of others
}

// Imported names one file that an import read.
type Imported struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Form   string `json:"form,omitempty"` // as Origin\'s
}

// Widen makes m speak for another recording too.
func (m *Meta) Widen(p *Meta) {
	if m.From.IsZero() || !p.From.IsZero() && p.From.Before(m.From) {
		m.From = p.From
	}
	if p.To.After(m.To) {
		m.To = p.To
	}
	m.Tool, m.Mode, m.Sealed = cmp.Or(m.Tool, p.Tool), cmp.Or(m.Mode, p.Mode), cmp.Or(m.Sealed, p.Sealed)
	m.Imported = append(slices.Clip(m.Imported), p.Imported...)
	m.Inherit(*p)
}

// Inherit takes over what another recording says of what was recorded. Where only one can
// be right, m keeps what it has: the recording named first decides.
func (m *Meta) Inherit(p Meta) {
	if m.Target == "" {
		m.Target, m.TLS = p.Target, p.TLS
	}
	m.Label, m.Cluster, m.Zone = cmp.Or(m.Label, p.Label), cmp.Or(m.Cluster, p.Cluster), cmp.Or(m.Zone, p.Zone)
	m.Observer = cmp.Or(m.Observer, p.Observer)
	m.ObserverID = union(m.ObserverID, p.ObserverID)
	m.Redacted = union(m.Redacted, p.Redacted)
	if m.Cadence == nil {
		m.Cadence = p.Cadence
	}
}

// Bound keeps no more than the last most elements of each list: a recorder that is refused
// every second has a new id each time.
func (m *Meta) Bound(most int) {
	m.ObserverID = m.ObserverID[max(0, len(m.ObserverID)-most):]
	m.Redacted = m.Redacted[max(0, len(m.Redacted)-most):]
	m.Imported = m.Imported[max(0, len(m.Imported)-most):]
}

// union gives a and what of b is not in it, in time linear in both.
func union[T comparable](a, b []T) []T {
	seen := make(map[T]bool, len(a))
	for _, v := range a {
		seen[v] = true
	}
	a = slices.Clip(a) // what is behind is not ours
	for _, v := range b {
		if !seen[v] {
			seen[v] = true
			a = append(a, v)
		}
	}
	return a
}
