package recorder

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/ring"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
)

// ringFlags are the flags of a recording that keeps the last hours.
type ringFlags struct {
	keep, before, after time.Duration
	size                cli.SizeFlag
	floor               float64 // percent of the disk
	pinOn               []string
}

func (r *ringFlags) add(f *pflag.FlagSet) {
	cli.Positive(f, &r.keep, "keep", 0, "keep the last `TIME` (24h) in a ring: older bundles are removed")
	f.Var(&r.size, "max-size", "keep at most `SIZE` (2GB) in a ring, the newest")
	f.Float64Var(&r.floor, "min-free", 100*ring.DefaultFloor, "remove the oldest of the ring while less than `PERCENT` of the disk is free; 0 never")
	f.StringArrayVar(&r.pinOn, "pin-on", nil, "note when a `CONDITION` is met, look closer, and keep what is around it where a ring removes the rest: "+conditions()+"; repeatable")
	cli.NotNegative(f, &r.before, "pin-before", ring.DefaultPinBefore, "how much before a pinned moment is kept")
	cli.NotNegative(f, &r.after, "pin-after", ring.DefaultPinAfter, "how much after it")
}

// conditions lists what --pin-on can look at.
func conditions() string {
	var names []string
	for _, s := range capture.Signals() {
		names = append(names, s[0])
	}
	return "clients>90%, refused>0, outbuf>64mb, latency>100ms; of " + strings.Join(names, ", ")
}

func (r *ringFlags) on() bool { return r.keep != 0 || r.size != 0 }

func (r *ringFlags) options(dir string, meta record.Meta) ring.Options {
	o := ring.Options{Dir: dir, Meta: meta, Keep: r.keep, MaxSize: int64(r.size), Floor: r.floor / 100, PinBefore: r.before, PinAfter: r.after}
	if r.floor == 0 {
		o.Floor = -1
	}
	return o
}

// triggers reads --pin-on, and says what belongs to a ring only.
func (r *ringFlags) triggers(flags *pflag.FlagSet) ([]capture.Trigger, error) {
	if !r.on() {
		for _, name := range [...]string{"pin-before", "pin-after", "min-free"} {
			if flags.Changed(name) {
				return nil, cli.Exitf(cli.StatusUsage, "--%s is of a ring, which --keep or --max-size asks for", name)
			}
		}
	}
	if r.floor < 0 || r.floor > 90 {
		return nil, cli.Exitf(cli.StatusUsage, "--min-free %v: want a percentage from 0 to 90", r.floor)
	}
	var all []capture.Trigger
	for _, text := range r.pinOn {
		t, err := capture.ParseTrigger(text)
		if err != nil {
			return nil, cli.Exitf(cli.StatusUsage, "--pin-on %w", err)
		}
		all = append(all, t)
	}
	return all, nil
}

// roomWords say what a ring keeps, for the line at its start.
func (r *ringFlags) roomWords() string {
	switch {
	case r.keep == 0:
		return "the last " + r.size.String()
	case r.size == 0:
		return "the last " + span(r.keep)
	}
	return fmt.Sprintf("the last %s, at most %s", span(r.keep), r.size.String())
}

// span words a duration without the parts that are zero: 24h, 90m is 1h30m.
func span(d time.Duration) string {
	s := d.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
