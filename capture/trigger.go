package capture

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A Trigger is a condition on INFO by which a recording notices that something is going on:
// "clients>90%", "refused>0", "outbuf>64mb", "latency>100ms".
type Trigger struct {
	Text   string // as it was given
	signal *signal
	below  bool
	bound  float64
	share  bool // bound is a share of the signal's limit
	fired  time.Time
}

// A signal is what a trigger can look at.
type signal struct {
	name, unit string // unit: "", "bytes" or "duration"
	key        string // of INFO
	limit      string // the key that a percentage is of; empty = none
	whole      bool   // it is a part of its limit: never more than all of it
	rise       bool   // by how much it rose since the INFO before
	what       string
}

// signals is the table of what triggers can look at.
var signals = []signal{
	{name: "clients", key: "connected_clients", limit: "maxclients", whole: true, what: "connections"},
	{name: "refused", key: "rejected_connections", rise: true, what: "connections refused since the INFO before"},
	{name: "accepted", key: "total_connections_received", rise: true, what: "connections accepted since the INFO before"},
	{name: "blocked", key: "blocked_clients", limit: "connected_clients", whole: true, what: "clients that wait in a blocking command"},
	{name: "outbuf", key: "client_recent_max_output_buffer", unit: "bytes", what: "the largest output buffer of late"},
	{name: "outbuf-cut", key: "client_output_buffer_limit_disconnections", rise: true, what: "clients cut for their output buffer since the INFO before"},
	{name: "querybuf", key: "client_recent_max_input_buffer", unit: "bytes", what: "the largest query buffer of late"},
	{name: "memory", key: "used_memory", limit: "maxmemory", unit: "bytes", what: "memory in use"},
	{name: "evicted", key: "evicted_clients", rise: true, what: "clients evicted since the INFO before"},
	{name: "latency", unit: "duration", what: "how long INFO took to answer"},
}

// Signals gives the names that a trigger can have, each with what it is, in the table's order.
func Signals() [][2]string {
	var all [][2]string
	for _, s := range signals {
		all = append(all, [2]string{s.name, s.what})
	}
	return all
}

// ParseTrigger reads NAME>VALUE or NAME<VALUE: a number, a share as 90%, bytes as 64mb, a time
// as 100ms.
func ParseTrigger(text string) (Trigger, error) {
	t := Trigger{Text: strings.ReplaceAll(text, " ", "")}
	i := strings.IndexAny(t.Text, "<>")
	if i < 0 {
		return t, fmt.Errorf("%q is no condition: want a name, > or <, and a value, as refused>0", text)
	}
	name, value := t.Text[:i], strings.ToLower(t.Text[i+1:])
	t.below = t.Text[i] == '<'
	var names []string
	for j := range signals {
		names = append(names, signals[j].name)
		if signals[j].name == name {
			t.signal = &signals[j]
		}
	}
	if t.signal == nil {
		return t, fmt.Errorf("%q: there is no %q to look at, only %s", text, name, strings.Join(names, ", "))
	}
	var err error
	if t.bound, t.share, err = t.signal.value(value); err == nil {
		err = t.sensible()
	}
	if err != nil {
		return t, fmt.Errorf("%q: %w", text, err)
	}
	return t, nil
}

// sensible refuses a condition that is never met, or always.
func (t *Trigger) sensible() error {
	whole := t.share && t.signal.whole
	switch {
	case t.below && t.bound == 0, whole && !t.below && t.bound >= 1:
		return errors.New("this is never met")
	case whole && t.below && t.bound > 1:
		return errors.New("this is always met")
	}
	return nil
}

// byteUnits are 1024-based, as in a server's own configuration: 64mb.
var byteUnits = []struct {
	suffix string
	factor float64
}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"b", 1}, {"", 1}}

// value reads a bound in the signal's unit; a duration is in seconds.
func (s *signal) value(text string) (v float64, share bool, err error) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		if s.limit == "" {
			return 0, false, errors.New("a share needs a limit that it is of, which " + s.name + " has not")
		}
		v, err = positive(number)
		return v / 100, true, err
	}
	switch s.unit {
	case "duration":
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return 0, false, errors.New("want a time, as 100ms")
		}
		return d.Seconds(), false, nil
	case "bytes":
		for _, u := range byteUnits {
			if number, ok := strings.CutSuffix(text, u.suffix); ok {
				v, err = positive(number)
				return v * u.factor, false, err
			}
		}
	}
	v, err = positive(text)
	return v, false, err
}

func positive(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, errors.New("want a number that is not negative")
	}
	return v, nil
}

// An alarm holds the triggers of a recording and what they compare with.
type alarm struct {
	triggers []Trigger
	before   map[string]float64 // of the INFO before
	run      string             // its run_id: another process counts anew
	reserved float64            // slots of maxclients that ordinary clients cannot have
}

// quietPin is how long a condition that goes on says nothing new.
const quietPin = time.Minute

// look gives the conditions that an INFO meets, each in words, but none within a minute of
// the last time. A value that the server does not print meets nothing.
func (w *alarm) look(info *record.Info, now time.Time) []string {
	if len(w.triggers) == 0 {
		return nil
	}
	values := map[string]float64{"": info.Took.Seconds()}
	run := w.run
	info.Each(func(_, key, value []byte) {
		if string(key) == "run_id" {
			run = string(value)
		}
		if n := number(value); n >= 0 {
			values[string(key)] = float64(n)
		}
	})
	if run != w.run {
		w.before = nil
	}
	if limit, ok := values["maxclients"]; ok && limit > w.reserved {
		values["maxclients"] = limit - w.reserved
	}
	var met []string
	for i := range w.triggers {
		t := &w.triggers[i]
		v, ok := t.measure(values, w.before)
		if !ok || t.below && v >= t.bound || !t.below && v <= t.bound || now.Sub(t.fired) < quietPin {
			continue
		}
		t.fired = now
		met = append(met, fmt.Sprintf("%s (%s)", t.Text, t.words(v)))
	}
	w.before, w.run = values, run
	return met
}

func (t *Trigger) measure(values, before map[string]float64) (float64, bool) {
	v, ok := values[t.signal.key]
	if t.signal.rise {
		was, known := before[t.signal.key]
		return v - was, ok && known
	}
	if t.share {
		limit := values[t.signal.limit]
		return v / limit, ok && limit > 0
	}
	return v, ok
}

// words gives a measured value as the trigger's bound is written.
func (t *Trigger) words(v float64) string {
	switch {
	case t.share:
		return fmt.Sprintf("%.1f %%", v*100)
	case t.signal.unit == "duration":
		return time.Duration(v * float64(time.Second)).Round(time.Microsecond).String()
	case t.signal.unit == "bytes":
		return fmt.Sprintf("%.1f mb", v/(1<<20))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
